package api

import (
	"time"

	"innkeeper/adapters/apiserver/api/chat"
	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// createCompletion is POST /v1/chat/completions.
func (a *app) createCompletion(x *sdk.Exchange) {
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
	var r chat.Request
	if fault == nil {
		r, fault = chat.Decode(root)
	}
	if fault != nil {
		a.refuse(x, fault)
		return
	}
	c := &completion{request: request{app: a, x: x}, stream: r.Stream}
	c.answer = chat.Answer{ID: a.ids.New(ids.Chat), Created: time.Now().Unix(), Model: a.modelShown(r.Model)}
	text := r.Raw()
	if r.Rewrite(a.alias) {
		a.turn = r.AppendTurn(a.turn[:0], a.alias)
		text = a.turn
	}
	if !a.ask(&c.request, c, text) {
		return
	}
	c.kept = a.keepsakeOf(&r, &c.answer, x.RequestID)
	x.OnGone(c.gone)
	if c.stream {
		c.chunks = chat.NewChunks(&c.answer, r.IncludeUsage)
		c.silent = a.loop.After(a.settings.keepalive, c.begin)
	}
}

// completion is one request for a chat completion that waits for the agent.
type completion struct {
	request
	stream bool
	answer chat.Answer
	chunks chat.Chunks
	kept   *keepsake // nil unless it will be stored
}

// gathers tells whether the whole answer is needed at the end.
func (c *completion) gathers() bool { return !c.stream || c.kept != nil }

var (
	_ sdk.TurnHandler = (*completion)(nil)
	_ job             = (*completion)(nil)
)

// begin starts the stream with the frame that has the role.
func (c *completion) begin() {
	if c.begun {
		return
	}
	c.beginStream()
	c.app.out = c.chunks.Role(c.app.out[:0])
	c.send()
}

// send hands over the frames of this callback.
func (c *completion) send() {
	if !c.flush() {
		c.gone()
	}
}

// open makes room for the frames of this callback, after the first one if that was not sent yet.
func (c *completion) open() []byte {
	c.app.out = c.app.out[:0]
	if !c.begun {
		c.beginStream()
		c.app.out = c.chunks.Role(c.app.out)
	}
	return c.app.out
}

// Text implements sdk.TurnHandler.
func (c *completion) Text(text []byte) {
	if c.gathers() {
		c.answer.Text = append(c.answer.Text, text...)
	}
	if !c.stream {
		return
	}
	c.app.out = c.chunks.Text(c.open(), text)
	c.send()
}

// Reasoning implements sdk.TurnHandler.
func (c *completion) Reasoning(text []byte) {
	if c.gathers() {
		c.answer.Reasoning = append(c.answer.Reasoning, text...)
	}
	if !c.stream {
		return
	}
	c.app.out = c.chunks.Reasoning(c.open(), text)
	c.send()
}

// Refusal implements sdk.TurnHandler.
func (c *completion) Refusal(text []byte) {
	if c.gathers() {
		c.answer.Refusal = append(c.answer.Refusal, text...)
	}
	if !c.stream {
		return
	}
	c.app.out = c.chunks.Refusal(c.open(), text)
	c.send()
}

// ToolCall implements sdk.TurnHandler.
func (c *completion) ToolCall(piece sdk.ToolCall) {
	call, at, fresh := c.answer.AddCall(piece.Index, piece.ID, piece.Name, c.app.newCallID)
	if c.gathers() {
		call.Arguments = append(call.Arguments, piece.Arguments...)
	}
	if !c.stream {
		return
	}
	c.app.out = c.chunks.ToolCall(c.open(), call, at, fresh, piece.Arguments)
	c.send()
}

func (a *app) newCallID() string { return a.ids.New(ids.Call) }

// Done implements sdk.TurnHandler.
func (c *completion) Done(result []byte) {
	a := c.app
	done := openai.ParseDone(&a.item, result)
	c.keep(done)
	c.leave()
	if !c.stream {
		a.out = c.answer.AppendCompletion(a.out[:0], done)
		a.reply(c.x, 200, a.out)
		a.shrink()
		return
	}
	a.out = c.chunks.Finish(c.open(), done.FinishReason)
	a.out = c.chunks.Usage(a.out, done.Usage)
	a.out = append(a.out, openai.StreamEnd...)
	c.flush()
	c.end()
}

// Failed implements sdk.TurnHandler.
func (c *completion) Failed(failure *sdk.AgentError) { c.fail(agentError(failure)) }

// fail ends the request with an error: as an answer if nothing was sent, else as the stream's last words.
func (c *completion) fail(err *openai.Error) {
	c.leave()
	if !c.begun {
		c.app.refuse(c.x, err)
		return
	}
	if t := c.app.recording(c.x); t != nil {
		t.failed = true
	}
	c.app.out = openai.AppendErrorChunk(c.app.out[:0], err)
	c.flush()
	c.end()
}

// interrupt implements job.
func (c *completion) interrupt() {
	c.turn.Cancel()
	c.fail(openai.Unavailable("The server is restarting. Please try again.", retryAfterDrain))
}

// gone ends the request of a client that has left.
func (c *completion) gone() {
	c.turn.Cancel()
	c.leave()
	c.x.Abort()
}

// leave forgets the job.
func (c *completion) leave() {
	c.silent.Stop()
	if c.kept != nil {
		c.app.held -= c.kept.held
	}
	c.app.jobs.remove(c)
}
