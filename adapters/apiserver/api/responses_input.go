package api

import (
	"strconv"

	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/lib/openai"
)

// listInputItems is GET /v1/responses/{id}/input_items: what the request brought, without what it continued.
func (a *app) listInputItems(c *call) {
	id := c.x.PathValue("id")
	page, fault := pageOf(c)
	if fault != nil {
		c.refuse(fault)
		return
	}
	text, ok, err := a.inputOf(id)
	switch {
	case err != nil:
		c.refuse(a.storeFailed("input of a response not read", id, err))
	case !ok:
		c.refuse(noResponse(id))
	default:
		c.replyPage(text, page, noResponse(id))
	}
}

// replyPage answers with a part of a stored list. One that cannot be read counts as missing.
func (c *call) replyPage(list []byte, page responses.Page, missing *openai.Error) {
	a := c.app
	if a.item.Parse(list) != nil {
		c.refuse(missing)
		return
	}
	var fault *openai.Error
	if a.out, fault = responses.AppendPage(a.out[:0], a.item.Root(), page); fault != nil {
		c.refuse(fault)
		return
	}
	c.replyOut()
}

// inputOf is the list of a response's input items, which one that is being answered has in memory.
func (a *app) inputOf(id string) ([]byte, bool, error) {
	if p := a.responses[id]; p != nil {
		return p.input, true, nil
	}
	return a.store.Input(id)
}

// pageOf reads the part of a list that a query asks for.
func pageOf(c *call) (p responses.Page, fault *openai.Error) {
	p.Limit = responses.DefaultPage
	if text, ok := c.x.QueryValue("limit"); ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > responses.MaxPage {
			return p, openai.Invalid("limit", "Invalid 'limit': must be an integer between 1 and "+strconv.Itoa(responses.MaxPage)+".")
		}
		p.Limit = n
	}
	switch order, ok := c.x.QueryValue("order"); {
	case ok && order == "asc":
		p.Ascending = true
	case ok && order != "desc":
		return p, openai.Invalid("order", "Invalid value for 'order': supported are 'asc', 'desc'.")
	}
	p.After, _ = c.x.QueryValue("after")
	p.Before, _ = c.x.QueryValue("before")
	return p, nil
}
