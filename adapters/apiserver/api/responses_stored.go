package api

import (
	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

// The codes of the faults that a response is unknown, and that the one to be continued is.
const (
	codeNoResponse = "response_not_found"
	codeNoPrevious = "previous_response_not_found"
)

func noResponse(id string) *openai.Error {
	return openai.NotFound("response_id", codeNoResponse, "Response with id '"+id+"' not found.")
}

// stored finds the response that the path names in the database; false after an answer, or when the predecessor gives it.
func (c *call) stored() (r store.Record, ok bool) {
	id := c.x.PathValue("id")
	r, found, err := c.app.store.Response(id)
	switch {
	case err != nil:
		c.refuse(c.app.storeFailed("response not read", id, err))
	case !found:
		c.refuse(noResponse(id))
	case c.app.elsewhere(&r):
		c.passOn()
	default:
		return r, true
	}
	return r, false
}

// storedText is one of the texts of that response; otherwise as stored.
func (c *call) storedText(part store.Part) (r store.Record, text []byte, ok bool) {
	if r, ok = c.stored(); !ok {
		return r, nil, false
	}
	text, ok, err := c.app.store.ResponseText(&r, part)
	switch {
	case err != nil:
		c.refuse(c.app.storeFailed("response not read", r.ID, err))
	case !ok:
		c.refuse(noResponse(r.ID))
	}
	return r, text, ok && err == nil
}

// getResponse is GET /v1/responses/{id}. One that is still being answered is shown as it is now.
func (a *app) getResponse(c *call) {
	if stream, ok := c.x.QueryValue("stream"); ok && stream == "true" {
		from, fault := startingAfter(c)
		if fault != nil {
			c.refuse(fault)
			return
		}
		a.streamResponse(c, from)
		return
	}
	if p := a.responses[c.x.PathValue("id")]; p != nil {
		p.show(c)
		return
	}
	if _, text, ok := c.storedText(store.Object); ok {
		c.reply(text)
	}
}

// deleteResponse is DELETE /v1/responses/{id}. One that a client waits for goes on, and is not stored; one in the background
// is cancelled.
func (a *app) deleteResponse(c *call) {
	id := c.x.PathValue("id")
	p := a.responses[id]
	if p == nil {
		if _, ok := c.stored(); !ok {
			return
		}
	}
	delete(a.responses, id)
	if p != nil && p.background() {
		p.cancel()
	}
	if p == nil || p.background() {
		if _, err := a.store.RemoveResponse(id); err != nil {
			c.refuse(a.storeFailed("response not deleted", id, err))
			return
		}
	}
	a.out = append(a.out[:0], `{"id":`...)
	a.out = jsontext.AppendString(a.out, id)
	a.out = append(a.out, `,"object":"response","deleted":true}`...)
	c.replyOut()
}

// resolve finds the item that an item_reference names: its id leads to its response.
func (a *app) resolve(item string) (jsontext.Value, bool) {
	id, ok := ids.ResponseOf(item)
	if !ok {
		return jsontext.Value{}, false
	}
	r, found, err := a.store.Response(id)
	if err != nil || !found {
		return jsontext.Value{}, false
	}
	if found, ok := a.findItem(&r, store.Object, item); ok {
		return found, true
	}
	return a.findItem(&r, store.Input, item)
}

// findItem looks for an item in a stored text: the output of a response, or a list of input items.
func (a *app) findItem(r *store.Record, part store.Part, item string) (jsontext.Value, bool) {
	text, ok, err := a.store.ResponseText(r, part)
	if err != nil || !ok || a.item.Parse(text) != nil {
		return jsontext.Value{}, false
	}
	list := a.item.Root()
	if list.Kind() == jsontext.Object {
		list = list.Get("output")
	}
	for it := list.Items(); it.Next(); {
		if it.Value.Get("id").Is(item) {
			return it.Value, true
		}
	}
	return jsontext.Value{}, false
}
