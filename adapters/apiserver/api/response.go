package api

import (
	"time"

	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/run"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// response is one run of the agent for a Response object: turn, answer, events, and what is kept of them. It does not know
// what carries its events, nor who asked for it.
//
// A transport makes it with newResponse, sets the asker, lets its reader subscribe if the client wants a stream, and calls
// start. If that succeeds, the asker hears of the end exactly once, unless it is the transport that ends it: with abandon,
// or by a reader that is gone.
type response struct {
	app       *app
	id        string
	requestID string // for the log
	turn      *sdk.Turn
	answer    *responses.Answer
	asker     asker // nil in the background
	told      bool  // somebody knows of the response, so it cannot be refused any more

	readers run.Readers
	events  responses.Events
	log     responses.Log // of a response in the background

	store        bool
	conversation string
	input        []byte // the input items, as they are kept
	context      []byte // the conversation up to the answer
	held         int    // the part of app.held that is this response's

	watched watched
}

var _ handler = (*response)(nil)

func (p *response) watch() *watched { return &p.watched }

// asker is who asked for a response and waits for it. One in the background has none.
type asker interface {
	// refused ends a response that came to nothing before anybody was told of it. It is not kept.
	refused(*openai.Error)
	// ended comes after the end: completed, incomplete or failed. It is kept by then, and its readers know.
	ended(*response)
}

// newResponse makes the response to a request. The request is not needed any more once start has returned.
func (a *app) newResponse(r *responses.Request, requestID string) *response {
	p := &response{app: a, id: a.ids.New(ids.Response), requestID: requestID, store: r.Store, conversation: r.Conversation}
	p.answer = responses.NewAnswer(p.id, time.Now().Unix(), r.AppendEcho(nil, a.modelShown(r.Model)), nil)
	p.answer.Custom, p.answer.Summarize = r.CustomTools(), r.Summarize()
	return p
}

// start asks the agent. The conversation is everything that it is to know beside the instructions; the response takes it
// over. The error says why the agent was not asked: the response has come to nothing, and its asker is not told.
func (p *response) start(r *responses.Request, conversation []byte) (err *openai.Error) {
	a := p.app
	a.turn = r.AppendTurn(a.turn[:0], a.modelAsked(r.Model), conversation)
	if p.turn, err = a.startTurn(p, a.turn); err != nil {
		return err
	}
	p.remember(r, conversation)
	return nil
}

// remember takes from the request what is to be stored with the answer.
func (p *response) remember(r *responses.Request, conversation []byte) {
	if !p.store {
		return
	}
	p.context = conversation
	p.input = r.AppendInputItems(nil, p.id)
	p.held = len(p.context) + len(p.input) + len(p.answer.Echo)
	p.app.held += p.held
	p.app.live[p.id] = p
}

// background tells whether the response goes on whoever leaves.
func (p *response) background() bool { return p.answer.Log != nil }

// running tells whether the agent still works at it.
func (p *response) running() bool {
	return p.app.jobs.has(p)
}

// Text implements sdk.TurnHandler.
func (p *response) Text(text []byte) { p.step(func() { p.answer.Text(text) }) }

// Reasoning implements sdk.TurnHandler.
func (p *response) Reasoning(text []byte) { p.step(func() { p.answer.Reasoning(text) }) }

// Refusal implements sdk.TurnHandler.
func (p *response) Refusal(text []byte) { p.step(func() { p.answer.Refusal(text) }) }

// ToolCall implements sdk.TurnHandler.
func (p *response) ToolCall(c sdk.ToolCall) {
	p.step(func() { p.answer.ToolCall(c.Index, c.ID, c.Name, c.Arguments, p.app.newCallID) })
}

// Done implements sdk.TurnHandler.
func (p *response) Done(result []byte) {
	done := openai.ParseDone(&p.app.item, result)
	p.close(func() { p.answer.Finish(done, time.Now().Unix()) })
}

// Failed implements sdk.TurnHandler.
func (p *response) Failed(failure *sdk.AgentError) {
	err := agentError(failure)
	err.Param = responses.Param(err.Param)
	if !p.told {
		p.refuse(err)
		return
	}
	p.close(func() { p.answer.Fail(err) })
}

// interrupt implements job.
func (p *response) interrupt() {
	p.turn.Cancel()
	if !p.told && !p.answer.Spoken() {
		p.refuse(openai.Unavailable("The server is restarting. Please try again.", retryAfterDrain))
		return
	}
	p.close(func() { p.answer.Interrupt(responses.ReasonShutdown) })
}

// abandon ends a response whose asker has left. What was said is kept. One that has ended before is left as it is.
func (p *response) abandon() {
	if !p.running() {
		return
	}
	p.turn.Cancel()
	p.answer.Events = nil
	p.answer.Interrupt(responses.ReasonClientGone)
	if p.told || p.answer.Spoken() || p.conversation != "" {
		p.leave()
		p.keep()
	} else {
		p.drop()
	}
}

// cancel ends a response in the background at the client's wish.
func (p *response) cancel() {
	if p.running() {
		p.turn.Cancel()
		p.close(p.answer.Cancel)
	}
}

// close ends the response: it is stored first, then everybody is told, so that what a client knows of is there.
func (p *response) close(end func()) {
	a := p.app
	a.out = a.out[:0]
	end()
	p.leave()
	p.keep()
	p.readers.End(a.out)
	if p.asker != nil {
		p.asker.ended(p)
	}
	a.shrink()
}

// refuse ends a response that nobody was told of with an error.
func (p *response) refuse(err *openai.Error) {
	p.drop()
	p.asker.refused(err)
}

// keep stores the response as it is now. A store that fails costs the client the continuation, not the answer. One in the
// background then stays in memory, as it has no other place to be asked for.
func (p *response) keep() {
	a := p.app
	if !p.store || a.live[p.id] != p { // the second: deleted meanwhile
		return
	}
	err := p.put(false)
	if err == nil || !p.background() {
		delete(a.live, p.id)
	}
	if err == nil {
		return
	}
	a.log.Error("response not stored", "id", p.id, "request_id", p.requestID, "error", err)
	if store.Damaged(err) {
		a.loop.Exit(err)
	}
}

// put writes the response to the store.
func (p *response) put(pending bool) error {
	a := p.app
	a.scratch = p.answer.AppendJSON(a.scratch[:0])
	defer func() {
		if cap(a.scratch) > keepBytes {
			a.scratch = nil
		}
	}()
	e := store.Entry{ID: p.id, Response: a.scratch, Input: p.input, Context: p.context, Pending: pending}
	if !pending { // until then the conversation's newest response is the one before
		e.Conversation, e.Context = p.conversation, p.answer.AppendMessages(p.context)
	}
	if !p.background() {
		return a.store.Put(e)
	}
	e.Log = p.log.Bytes()
	return a.store.Replace(e)
}

// leave forgets the job.
func (p *response) leave() {
	p.app.held -= p.held
	p.held = 0
	p.app.jobs.remove(p)
}

// drop forgets a response that nobody was told of.
func (p *response) drop() {
	p.leave()
	delete(p.app.live, p.id)
}
