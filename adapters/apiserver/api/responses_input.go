package api

import (
	"strconv"

	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// listInputItems is GET /v1/responses/{id}/input_items: what the request brought, without what it continued.
func (a *app) listInputItems(x *sdk.Exchange) {
	id := x.PathValue("id")
	page, fault := pageOf(x)
	if fault != nil {
		a.refuse(x, fault)
		return
	}
	text, ok, err := a.inputOf(id)
	switch {
	case err != nil:
		a.broken(x, err)
		return
	case !ok, a.item.Parse(text) != nil:
		a.refuse(x, noResponse(id))
		return
	}
	if a.out, fault = responses.AppendPage(a.out[:0], a.item.Root(), page); fault != nil {
		a.refuse(x, fault)
		return
	}
	a.reply(x, 200, a.out)
	a.shrink()
}

// inputOf is the list of a response's input items, which one that is being answered has in memory.
func (a *app) inputOf(id string) ([]byte, bool, error) {
	if p := a.live[id]; p != nil {
		return p.input, true, nil
	}
	return a.store.Input(id)
}

// pageOf reads the part of a list that a query asks for.
func pageOf(x *sdk.Exchange) (p responses.Page, fault *openai.Error) {
	p.Limit = responses.DefaultPage
	if text, ok := x.QueryValue("limit"); ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > responses.MaxPage {
			return p, openai.Invalid("limit", "Invalid 'limit': must be an integer between 1 and "+strconv.Itoa(responses.MaxPage)+".")
		}
		p.Limit = n
	}
	switch order, ok := x.QueryValue("order"); {
	case ok && order == "asc":
		p.Ascending = true
	case ok && order != "desc":
		return p, openai.Invalid("order", "Invalid value for 'order': supported are 'asc', 'desc'.")
	}
	p.After, _ = x.QueryValue("after")
	p.Before, _ = x.QueryValue("before")
	return p, nil
}
