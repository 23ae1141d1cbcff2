package api

import (
	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

func noResponse(id string) *openai.Error {
	return openai.NotFound("response_id", "response_not_found", "Response with id '"+id+"' not found.")
}

// getResponse is GET /v1/responses/{id}. One that is still being answered is shown as it is now.
func (a *app) getResponse(x *sdk.Exchange) {
	id := x.PathValue("id")
	if stream, ok := x.QueryValue("stream"); ok && stream == "true" {
		from, fault := startingAfter(x)
		if fault != nil {
			a.refuse(x, fault)
			return
		}
		a.streamResponse(x, id, from)
		return
	}
	if p := a.live[id]; p != nil {
		a.replyResponse(x, p)
		return
	}
	text, ok, err := a.store.Response(id)
	switch {
	case err != nil:
		a.broken(x, err)
	case !ok:
		a.refuse(x, noResponse(id))
	default:
		a.reply(x, 200, text)
	}
}

// deleteResponse is DELETE /v1/responses/{id}. One that a client waits for goes on, and is not stored; one in the background
// is cancelled.
func (a *app) deleteResponse(x *sdk.Exchange) {
	id := x.PathValue("id")
	p := a.live[id]
	delete(a.live, id)
	ok := p != nil
	if ok && p.background() {
		p.cancel()
	}
	if !ok || p.background() {
		stored, err := a.store.Delete(id)
		if err != nil {
			a.broken(x, err)
			return
		}
		ok = ok || stored
	}
	if !ok {
		a.refuse(x, noResponse(id))
		return
	}
	a.out = append(a.out[:0], `{"id":`...)
	a.out = jsontext.AppendString(a.out, id)
	a.out = append(a.out, `,"object":"response","deleted":true}`...)
	a.reply(x, 200, a.out)
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
