package api

import (
	"innkeeper/adapters/apiserver/api/chat"
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/work"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

func noCompletion(id string) *openai.Error {
	return openai.NotFound("completion_id", "completion_not_found", "Stored chat completion with id '"+id+"' not found.")
}

// findCompletion finds a stored completion and one of its texts; ok is false after an answer that it is not there.
func (a *app) findCompletion(x *sdk.Exchange, text func(*work.Kept) ([]byte, bool, error)) (k work.Kept, found []byte, ok bool) {
	id := x.PathValue("id")
	k, ok, err := a.work.Completion(id)
	if err == nil && ok {
		found, ok, err = text(&k)
	}
	switch {
	case err != nil:
		a.workBroken(x, err)
		return k, nil, false
	case !ok:
		a.refuse(x, noCompletion(id))
	}
	return k, found, ok
}

func (a *app) replyCompletion(x *sdk.Exchange, k *work.Kept, object []byte) {
	a.out = chat.AppendWithMetadata(a.out[:0], object, k.Metadata)
	a.reply(x, 200, a.out)
	a.shrink()
}

// getCompletion is GET /v1/chat/completions/{id}.
func (a *app) getCompletion(x *sdk.Exchange) {
	if k, object, ok := a.findCompletion(x, a.work.CompletionObject); ok {
		a.replyCompletion(x, &k, object)
	}
}

// updateCompletion is POST /v1/chat/completions/{id}: it replaces the metadata.
func (a *app) updateCompletion(x *sdk.Exchange) {
	body, ok := a.bodyOf(x)
	if !ok {
		return
	}
	defer a.body.Release()
	root, fault := openai.ParseBody(&a.body, body)
	var metadata jsontext.Value
	if fault == nil {
		metadata, fault = chat.DecodeUpdate(root)
	}
	if fault != nil {
		a.refuse(x, fault)
		return
	}
	k, object, ok := a.findCompletion(x, a.work.CompletionObject)
	if !ok {
		return
	}
	object = append([]byte(nil), object...) // a view, which ends with the next call
	text, labels := metadataOf(metadata)
	if err := a.work.SetMetadata(&k, text, labels); err != nil {
		a.workBroken(x, err)
		return
	}
	a.replyCompletion(x, &k, object)
}

// deleteCompletion is DELETE /v1/chat/completions/{id}.
func (a *app) deleteCompletion(x *sdk.Exchange) {
	id := x.PathValue("id")
	switch ok, err := a.work.RemoveCompletion(id); {
	case err != nil:
		a.workBroken(x, err)
	case !ok:
		a.refuse(x, noCompletion(id))
	default:
		a.out = append(a.out[:0], `{"object":"chat.completion.deleted","id":`...)
		a.out = jsontext.AppendString(a.out, id)
		a.out = append(a.out, `,"deleted":true}`...)
		a.reply(x, 200, a.out)
	}
}

// listMessages is GET /v1/chat/completions/{id}/messages, in the order of the conversation unless the client says otherwise.
func (a *app) listMessages(x *sdk.Exchange) {
	page, fault := ascendingPage(x)
	if fault != nil {
		a.refuse(x, fault)
		return
	}
	_, messages, ok := a.findCompletion(x, a.work.CompletionMessages)
	if !ok {
		return
	}
	if a.item.Parse(messages) != nil {
		a.refuse(x, noCompletion(x.PathValue("id")))
		return
	}
	if a.out, fault = responses.AppendPage(a.out[:0], a.item.Root(), page); fault != nil {
		a.refuse(x, fault)
		return
	}
	a.reply(x, 200, a.out)
	a.shrink()
}

// ascendingPage is pageOf for the lists whose default is the oldest first.
func ascendingPage(x *sdk.Exchange) (responses.Page, *openai.Error) {
	page, fault := pageOf(x)
	order, _ := x.QueryValue("order")
	page.Ascending = order != "desc"
	return page, fault
}
