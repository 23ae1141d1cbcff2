package api

import (
	"strconv"

	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/openai"
)

// listInputItems is GET /v1/responses/{id}/input_items: what the request brought, without what it continued.
func (a *app) listInputItems(c *call) {
	page, fault := pageOf(c)
	if fault != nil {
		c.refuse(fault)
		return
	}
	id := c.x.PathValue("id")
	if p := a.responses[id]; p != nil {
		c.replyPage(p.input, page, noResponse(id))
	} else if _, text, ok := c.storedText(store.Input); ok {
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
