package api

import (
	"time"

	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/lib/replay"
	"innkeeper/adapters/sdk"
)

// response is one run of the agent for a Response object: turn, answer, events, and what is kept of them. It does not know
// what carries its events, nor who asked for it.
//
// A transport makes it with newResponse, sets the asker, reads its events if the client wants a stream, and calls start. If
// that succeeds, the asker hears of the end exactly once, unless it is the transport that ends it: with abandon, or by a
// reader that is gone.
type response struct {
	app    *app
	wait   waiter
	id     string
	answer *responses.Answer
	asker  asker // nil in the background
	told   bool  // somebody knows of the response, so it cannot be refused any more

	log    replay.Log       // the events, for those who read along
	events responses.Events // what makes them
	steps  responses.Log    // what the agent said, of a response in the background

	store        bool
	record       store.Record // of a response in the background
	conversation string
	input        []byte // the input items, as they are kept
	context      []byte // the conversation up to the answer
	memory       reservation
}

var _ handler = (*response)(nil)

func (p *response) waits() *waiter { return &p.wait }

// asker is who asked for a response and waits for it. One in the background has none.
type asker interface {
	// refused ends a response that came to nothing before anybody was told of it. It is not kept.
	refused(*openai.Error)
	// ended comes after the end: completed, incomplete or failed. It is kept by then, and its readers know.
	ended(*response)
}

// newResponse makes the response to a request. The request is not needed any more once start has returned.
func (a *app) newResponse(r *responses.Request) *response {
	p := &response{app: a, id: a.ids.New(ids.Response), store: r.Store, conversation: r.Conversation}
	p.answer = responses.NewAnswer(p.id, time.Now().Unix(), r.AppendEcho(nil, a.modelShown(r.Model)), nil)
	p.answer.Custom, p.answer.Summarize = r.CustomTools(), r.Summarize()
	return p
}

// start asks the agent. The conversation is everything that it is to know beside the instructions; the response takes it
// over. The error says why the agent was not asked: the response has come to nothing, and its asker is not told.
func (p *response) start(r *responses.Request, conversation []byte) *openai.Error {
	a := p.app
	a.turn = r.AppendTurn(a.turn[:0], a.modelAsked(r.Model), conversation)
	if fault := a.ask(p, a.turn); fault != nil {
		return fault
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
	p.memory = p.app.memory.reserve(len(p.context) + len(p.input) + len(p.answer.Echo))
	p.app.responses[p.id] = p
}

// background reports whether the response goes on whoever leaves.
func (p *response) background() bool { return p.answer.Log != nil }

// Done implements sdk.TurnHandler.
func (p *response) Done(result *sdk.AgentDone) {
	done := openai.DoneOf(result)
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

// interrupt implements handler.
func (p *response) interrupt() {
	if !p.told && !p.answer.Spoken() {
		p.refuse(restarting())
		return
	}
	p.close(func() { p.answer.Interrupt(responses.ReasonShutdown) })
}

// abandon ends a response whose asker has left. What was said is kept. One that has ended before is left as it is.
func (p *response) abandon() {
	if !p.wait.running() {
		return
	}
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
	if p.wait.running() {
		p.close(p.answer.Cancel)
	}
}

// close ends the response: it is stored first, then everybody is told, so that what a client knows of is there.
func (p *response) close(end func()) {
	p.makeOrCount()
	end()
	p.leave()
	p.keep()
	p.skip()
	p.log.End()
	if p.asker != nil {
		p.asker.ended(p)
	}
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
	if !p.store || a.responses[p.id] != p { // the second: deleted meanwhile
		return
	}
	err := p.put()
	if err == nil || !p.background() {
		delete(a.responses, p.id)
	}
	if err != nil {
		a.storeFailed("response not stored", p.id, err)
	}
}

// put writes the end of the response to the store.
func (p *response) put() error {
	a := p.app
	defer reuse(&a.scratch)
	e := p.entry()
	e.Conversation, e.Context = p.conversation, p.answer.AppendMessages(p.context)
	if !p.background() {
		return a.store.AddResponse(e)
	}
	_, err := a.store.EndResponse(p.record, e)
	return err
}

// putBeginning writes a response in the background to the store, so that it is not forgotten by an instance that ends badly.
func (p *response) putBeginning() (err error) {
	defer reuse(&p.app.scratch)
	p.record, err = p.app.store.BeginResponse(p.entry())
	return err
}

// entry is what is stored of the response as it is now. The object is in app.scratch.
func (p *response) entry() store.Response {
	a := p.app
	a.scratch = p.answer.AppendJSON(a.scratch[:0])
	e := store.Response{ID: p.id, Object: a.scratch, Input: p.input, Context: p.context}
	if p.background() {
		e.Log = p.steps.Bytes()
	}
	return e
}

// leave ends the wait for the agent.
func (p *response) leave() {
	p.memory.Release()
	p.wait.stop()
}

// drop forgets a response that nobody was told of.
func (p *response) drop() {
	p.leave()
	delete(p.app.responses, p.id)
}
