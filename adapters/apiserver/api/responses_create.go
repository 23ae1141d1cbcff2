package api

import (
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/run"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// createResponse is POST /v1/responses.
func (a *app) createResponse(x *sdk.Exchange) {
	if err := a.admit(); err != nil {
		a.refuse(x, err)
		return
	}
	body, ok := a.bodyOf(x)
	if !ok {
		return
	}
	defer a.body.Release()
	root, fault := openai.ParseBody(&a.body, body)
	var r responses.Request
	if fault == nil {
		r, fault = responses.Decode(root)
	}
	if fault != nil {
		a.refuse(x, fault)
		return
	}
	conversation, fault, err := a.conversation(&r)
	switch {
	case err != nil:
		a.broken(x, err)
	case fault != nil:
		a.refuse(x, fault)
	case r.Background:
		a.startBackground(x, &r, conversation)
	default:
		a.startForeground(x, &r, conversation)
	}
}

// exchangeAsker is a client over HTTP that waits for its response, as a stream or in one piece.
type exchangeAsker struct {
	exchangeReader
	p      *response
	stream bool
}

var _ asker = (*exchangeAsker)(nil)

// startForeground asks the agent for a response that lives as long as its client stays.
func (a *app) startForeground(x *sdk.Exchange, r *responses.Request, conversation []byte) {
	q := &exchangeAsker{exchangeReader{request{app: a, x: x}}, a.newResponse(r, x.RequestID), r.Stream}
	q.p.asker = q
	if q.stream {
		q.p.subscribe(q)
	}
	if fault := q.p.start(r, conversation); fault != nil {
		a.refuse(x, fault)
		return
	}
	x.OnGone(q.gone)
	if q.stream {
		q.silent = a.loop.After(a.settings.keepalive, q.p.begin)
	}
}

// End implements run.Sink. What has failed may be tried again under its Idempotency-Key.
func (q *exchangeAsker) End(last run.Batch) {
	if t := q.app.recording(q.x); t != nil && q.p.answer.CutShort() {
		t.failed = true
	}
	q.exchangeReader.End(last)
}

// refused implements asker.
func (q *exchangeAsker) refused(err *openai.Error) {
	q.silent.Stop()
	q.app.refuse(q.x, err)
}

// ended implements asker. A reader was told already.
func (q *exchangeAsker) ended(p *response) {
	if q.stream {
		return
	}
	a := q.app
	a.out = p.answer.AppendJSON(a.out[:0])
	a.reply(q.x, 200, a.out)
}

// gone is the end of a client that has left.
func (q *exchangeAsker) gone() {
	q.silent.Stop()
	q.x.Abort()
	q.p.abandon()
}

// conversation is everything that the agent is to know beside the instructions: what the request continues, and its input,
// as chat messages in memory of its own.
func (a *app) conversation(r *responses.Request) (messages []byte, fault *openai.Error, err error) {
	messages, fault, err = a.history(r)
	if fault == nil && err == nil {
		messages, fault = r.AppendMessages(messages, a.resolve)
	}
	return messages, fault, err
}

// history is the conversation that the request continues; empty if it continues none.
func (a *app) history(r *responses.Request) (messages []byte, fault *openai.Error, err error) {
	id := r.PreviousID
	if r.Conversation != "" {
		known := false
		if id, known, err = a.store.Conversation(r.Conversation); err != nil || !known {
			return nil, nil, err
		}
	}
	if id == "" {
		return nil, nil, nil
	}
	if p := a.live[id]; p != nil && p.running() {
		return nil, openai.Invalid("previous_response_id", "The response '"+id+"' is still in progress."), nil
	}
	stored, ok, err := a.store.Context(id)
	if err != nil {
		return nil, nil, err
	}
	if !ok && r.PreviousID != "" {
		return nil, openai.NotFound("previous_response_id", "previous_response_not_found", "Previous response with id '"+id+"' not found."), nil
	}
	return append(make([]byte, 0, len(stored)+1024), stored...), nil, nil
}
