package api

import (
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/openai"
)

// createResponse is POST /v1/responses.
func (a *app) createResponse(c *call, r responses.Request) *openai.Error {
	conversation, fault := a.conversation(&r)
	switch {
	case fault != nil:
		return fault
	case r.Background:
		return a.startBackground(c, &r, conversation)
	}
	return a.startForeground(c, &r, conversation)
}

// foreground is a client over HTTP that waits for its response, as a stream or in one piece.
type foreground struct {
	eventStream
	streamed bool
}

var _ asker = (*foreground)(nil)

// startForeground asks the agent for a response that lives as long as its client stays.
func (a *app) startForeground(c *call, r *responses.Request, conversation []byte) *openai.Error {
	p := a.newResponse(r)
	q := &foreground{eventStream{app: a, to: c.to, end: openai.StreamEnd}, r.Stream}
	p.asker = q
	if !q.streamed {
		if fault := p.start(r, conversation); fault != nil {
			return fault
		}
		c.to.watch(nil, p.abandon)
		return nil
	}
	q.failed = p.answer.CutShort
	p.log.Slack = sendLimit
	p.makeEvents()
	reader := p.log.Read(q, 0)
	if fault := p.start(r, conversation); fault != nil {
		return fault
	}
	c.to.watch(reader.Resume, func() {
		q.silence.Stop()
		reader.Leave()
	})
	q.silence = a.loop.After(a.settings.keepalive, p.begin)
	return nil
}

// refused implements asker.
func (q *foreground) refused(fault *openai.Error) {
	q.silence.Stop()
	q.app.refuse(q.to, fault)
}

// ended implements asker. A reader was told already.
func (q *foreground) ended(p *response) {
	if q.streamed {
		return
	}
	a := q.app
	a.out = p.answer.AppendJSON(a.out[:0])
	q.to.respond(200, jsonHeader, a.out)
	reuse(&a.out)
}

// conversation is everything that the agent is to know beside the instructions: what the request continues, and its input,
// as chat messages in memory of its own.
func (a *app) conversation(r *responses.Request) (messages []byte, fault *openai.Error) {
	messages, fault = a.history(r)
	if fault == nil {
		messages, fault = r.AppendMessages(messages, a.resolve)
	}
	return messages, fault
}

// history is the conversation that the request continues; empty if it continues none.
func (a *app) history(r *responses.Request) (messages []byte, fault *openai.Error) {
	id := r.PreviousID
	if r.Conversation != "" {
		newest, known, err := a.store.Conversation(r.Conversation)
		if err != nil {
			return nil, a.storeFailed("conversation not read", r.Conversation, err)
		}
		if !known {
			return nil, nil
		}
		id = newest
	}
	if id == "" {
		return nil, nil
	}
	if p := a.responses[id]; p != nil && p.wait.running() {
		return nil, inProgress(id)
	}
	var text []byte
	stored, found, err := a.store.Response(id)
	switch {
	case err == nil && found && stored.Generation != 0:
		return nil, inProgress(id)
	case err == nil && found:
		text, found, err = a.store.ResponseText(&stored, store.Context)
	}
	if err != nil {
		return nil, a.storeFailed("conversation not read", id, err)
	}
	if !found && r.PreviousID != "" {
		return nil, openai.NotFound("previous_response_id", codeNoPrevious, "Previous response with id '"+id+"' not found.")
	}
	return append(make([]byte, 0, len(text)+1024), text...), nil
}

func inProgress(id string) *openai.Error {
	return openai.Invalid("previous_response_id", "The response '"+id+"' is still in progress.")
}
