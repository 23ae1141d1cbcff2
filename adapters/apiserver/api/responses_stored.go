package api

import (
	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

func noResponse(id string) *openai.Error {
	return openai.NotFound("response_id", "response_not_found", "Response with id '"+id+"' not found.")
}

// getResponse is GET /v1/responses/{id}. One that is still being answered is shown as it is now.
func (a *app) getResponse(c *call) {
	id := c.x.PathValue("id")
	if stream, ok := c.x.QueryValue("stream"); ok && stream == "true" {
		from, fault := startingAfter(c)
		if fault != nil {
			c.refuse(fault)
			return
		}
		a.streamResponse(c, id, from)
		return
	}
	if p := a.responses[id]; p != nil {
		p.show(c)
		return
	}
	text, ok, err := a.store.Response(id)
	switch {
	case err != nil:
		c.refuse(a.storeFailed("response not read", id, err))
	case !ok:
		c.refuse(noResponse(id))
	default:
		c.reply(text)
	}
}

// deleteResponse is DELETE /v1/responses/{id}. One that a client waits for goes on, and is not stored; one in the background
// is cancelled.
func (a *app) deleteResponse(c *call) {
	id := c.x.PathValue("id")
	p := a.responses[id]
	delete(a.responses, id)
	ok := p != nil
	if ok && p.background() {
		p.cancel()
	}
	if !ok || p.background() {
		stored, err := a.store.Delete(id)
		if err != nil {
			c.refuse(a.storeFailed("response not deleted", id, err))
			return
		}
		ok = ok || stored
	}
	if !ok {
		c.refuse(noResponse(id))
		return
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
	if found, ok := a.find(a.store.Response, id, item); ok {
		return found, true
	}
	return a.find(a.store.Input, id, item)
}

// find looks for an item in a stored text: the output of a response, or a list of input items.
func (a *app) find(read func(string) ([]byte, bool, error), id, item string) (jsontext.Value, bool) {
	text, ok, err := read(id)
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
