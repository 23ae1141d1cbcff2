package api

import (
	"innkeeper/adapters/apiserver/api/chat"
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
)

func noCompletion(id string) *openai.Error {
	return openai.NotFound("completion_id", "completion_not_found", "Stored chat completion with id '"+id+"' not found.")
}

// findCompletion finds a stored completion and one of its texts; ok is false after an answer that it is not there.
func (a *app) findCompletion(c *call, text func(*store.FoundCompletion) ([]byte, bool, error)) (k store.FoundCompletion, found []byte, ok bool) {
	id := c.x.PathValue("id")
	k, ok, err := a.store.Completion(id)
	if err == nil && ok {
		found, ok, err = text(&k)
	}
	switch {
	case err != nil:
		c.refuse(a.storeFailed("completion not read", id, err))
		return k, nil, false
	case !ok:
		c.refuse(noCompletion(id))
	}
	return k, found, ok
}

func (a *app) replyCompletion(c *call, k *store.FoundCompletion, object []byte) {
	a.out = chat.AppendWithMetadata(a.out[:0], object, k.Metadata)
	c.replyOut()
}

// getCompletion is GET /v1/chat/completions/{id}.
func (a *app) getCompletion(c *call) {
	if k, object, ok := a.findCompletion(c, a.store.CompletionObject); ok {
		a.replyCompletion(c, &k, object)
	}
}

// updateCompletion is POST /v1/chat/completions/{id}: it replaces the metadata.
func (a *app) updateCompletion(c *call) {
	defer a.body.Release()
	root, ok := c.object()
	if !ok {
		return
	}
	metadata, fault := chat.DecodeUpdate(root)
	if fault != nil {
		c.refuse(fault)
		return
	}
	k, object, ok := a.findCompletion(c, a.store.CompletionObject)
	if !ok {
		return
	}
	object = append([]byte(nil), object...) // a view, which ends with the next call
	text, labels := metadataOf(metadata)
	switch found, err := a.store.SetMetadata(&k, text, labels); {
	case err != nil:
		c.refuse(a.storeFailed("metadata not stored", k.ID, err))
	case !found:
		c.refuse(noCompletion(k.ID))
	default:
		a.replyCompletion(c, &k, object)
	}
}

// deleteCompletion is DELETE /v1/chat/completions/{id}.
func (a *app) deleteCompletion(c *call) {
	id := c.x.PathValue("id")
	switch ok, err := a.store.RemoveCompletion(id); {
	case err != nil:
		c.refuse(a.storeFailed("completion not deleted", id, err))
	case !ok:
		c.refuse(noCompletion(id))
	default:
		a.out = append(a.out[:0], `{"object":"chat.completion.deleted","id":`...)
		a.out = jsontext.AppendString(a.out, id)
		a.out = append(a.out, `,"deleted":true}`...)
		c.replyOut()
	}
}

// listMessages is GET /v1/chat/completions/{id}/messages, in the order of the conversation unless the client says otherwise.
func (a *app) listMessages(c *call) {
	page, fault := ascendingPage(c)
	if fault != nil {
		c.refuse(fault)
		return
	}
	_, messages, ok := a.findCompletion(c, a.store.CompletionMessages)
	if !ok {
		return
	}
	c.replyPage(messages, page, noCompletion(c.x.PathValue("id")))
}

// ascendingPage is pageOf for the lists whose default is the oldest first.
func ascendingPage(c *call) (responses.Page, *openai.Error) {
	page, fault := pageOf(c)
	order, _ := c.x.QueryValue("order")
	page.Ascending = order != "desc"
	return page, fault
}
