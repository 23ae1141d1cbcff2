package api

import (
	"time"

	"innkeeper/adapters/apiserver/api/chat"
	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// completion is one request for a chat completion that waits for the agent.
type completion struct {
	app     *app
	wait    waiter
	to      responder
	stream  bool
	begun   bool       // a stream whose headers are sent
	silence *sdk.Timer // begins the stream of an agent that says nothing
	answer  chat.Answer
	chunks  chat.Chunks
	record  *completionRecord // nil unless it will be stored
}

var _ handler = (*completion)(nil)

func (p *completion) waits() *waiter { return &p.wait }

// createCompletion is POST /v1/chat/completions.
func (a *app) createCompletion(c *call, r chat.Request) *openai.Error {
	p := &completion{app: a, to: c.to, stream: r.Stream}
	p.answer = chat.Answer{ID: a.ids.New(ids.Chat), Created: time.Now().Unix(), Model: a.modelShown(r.Model)}
	text := r.Raw()
	if r.Rewrite(a.alias) {
		a.turn = r.AppendTurn(a.turn[:0], a.alias)
		text = a.turn
	}
	if fault := a.ask(p, text); fault != nil {
		return fault
	}
	p.record = a.recordOf(&r, &p.answer, c.x.RequestID)
	c.to.watch(nil, p.leave)
	if p.stream {
		p.chunks = chat.NewChunks(&p.answer, r.IncludeUsage)
		p.silence = a.loop.After(a.settings.keepalive, p.begin)
	}
	return nil
}

// gathers reports whether the whole answer is needed at the end.
func (p *completion) gathers() bool { return !p.stream || p.record != nil }

// begin starts the stream with the frame that has the role.
func (p *completion) begin() {
	if !p.begun {
		p.open()
		p.send()
	}
}

// open makes room for the frames of this callback, after the first one if that was not sent yet.
func (p *completion) open() []byte {
	a := p.app
	a.out = a.out[:0]
	if !p.begun {
		p.begun = true
		p.silence.Stop()
		p.to.begin()
		a.out = p.chunks.Role(a.out)
	}
	return a.out
}

// send hands over the frames of this callback. A client that has left ends the work.
func (p *completion) send() {
	ok := p.to.send(p.app.out)
	if reuse(&p.app.out); !ok {
		p.to.abort()
		p.leave()
	}
}

// Text implements sdk.TurnHandler.
func (p *completion) Text(text []byte) {
	if p.gathers() {
		p.answer.Text = append(p.answer.Text, text...)
	}
	if p.stream {
		p.app.out = p.chunks.Text(p.open(), text)
		p.send()
	}
}

// Reasoning implements sdk.TurnHandler.
func (p *completion) Reasoning(text []byte) {
	if p.gathers() {
		p.answer.Reasoning = append(p.answer.Reasoning, text...)
	}
	if p.stream {
		p.app.out = p.chunks.Reasoning(p.open(), text)
		p.send()
	}
}

// Refusal implements sdk.TurnHandler.
func (p *completion) Refusal(text []byte) {
	if p.gathers() {
		p.answer.Refusal = append(p.answer.Refusal, text...)
	}
	if p.stream {
		p.app.out = p.chunks.Refusal(p.open(), text)
		p.send()
	}
}

// ToolCall implements sdk.TurnHandler.
func (p *completion) ToolCall(piece sdk.ToolCall) {
	call, at, fresh := p.answer.AddCall(piece.Index, piece.ID, piece.Name, p.app.newCallID)
	if p.gathers() {
		call.Arguments = append(call.Arguments, piece.Arguments...)
	}
	if p.stream {
		p.app.out = p.chunks.ToolCall(p.open(), call, at, fresh, piece.Arguments)
		p.send()
	}
}

func (a *app) newCallID() string { return a.ids.New(ids.Call) }

// Done implements sdk.TurnHandler.
func (p *completion) Done(result *sdk.AgentDone) {
	a := p.app
	done := openai.DoneOf(result)
	p.keep(done)
	p.leave()
	if !p.stream {
		a.out = p.answer.AppendCompletion(a.out[:0], done)
		p.to.respond(200, jsonHeader, a.out)
		reuse(&a.out)
		return
	}
	a.out = p.chunks.Finish(p.open(), done.FinishReason)
	a.out = p.chunks.Usage(a.out, done.Usage)
	a.out = append(a.out, openai.StreamEnd...)
	p.finish(false)
}

// finish sends the last frames, which are in app.out.
func (p *completion) finish(failed bool) {
	p.to.send(p.app.out)
	reuse(&p.app.out)
	p.to.end(failed)
}

// Failed implements sdk.TurnHandler.
func (p *completion) Failed(failure *sdk.AgentError) { p.fail(agentError(failure)) }

// fail ends the request with an error: as an answer if nothing was sent, else as the stream's last words.
func (p *completion) fail(fault *openai.Error) {
	p.leave()
	if !p.begun {
		p.app.refuse(p.to, fault)
		return
	}
	p.app.out = openai.AppendErrorChunk(p.app.out[:0], fault)
	p.finish(true)
}

// interrupt implements handler.
func (p *completion) interrupt() { p.fail(restarting()) }

// leave ends the wait for the agent, which is not asked any further.
func (p *completion) leave() {
	p.silence.Stop()
	if p.record != nil {
		p.record.memory.Release()
	}
	p.wait.stop()
}
