package responses

import (
	"slices"

	"innkeeper/adapters/apiserver/api/ids"
	"innkeeper/adapters/lib/openai"
)

// Status is how far a response has come.
type Status string

// The states of a response. https://platform.openai.com/docs/api-reference/responses/object
const (
	Queued     Status = "queued"
	InProgress Status = "in_progress"
	Completed  Status = "completed"
	Incomplete Status = "incomplete"
	Failed     Status = "failed"
	Cancelled  Status = "cancelled"
)

// Why a response is incomplete. The first two are OpenAI's.
const (
	ReasonMaxTokens     = "max_output_tokens"
	ReasonContentFilter = "content_filter"
	ReasonClientGone    = "client_disconnected"
	ReasonShutdown      = "shutdown"
)

// Answer puts a response together from the pieces that the agent sends, and tells Events of each step. It ends with
// exactly one call of Finish, Fail, Interrupt or Cancel; what comes afterwards is ignored.
type Answer struct {
	ID        string
	CreatedAt int64  // Unix seconds
	Echo      []byte // of Request.AppendEcho
	// Custom are the names of the tools whose calls become items of the type custom_tool_call.
	Custom []string
	// Summarize makes summaries of the agent's reasoning, as it is, in place of reasoning text.
	Summarize bool
	// Events gets the stream's events; nil if nobody reads along.
	Events *Events
	// Log gets what the answer is told; nil if nobody will want the events again.
	Log *Log

	status      Status
	completedAt int64
	reason      string // of an incomplete response
	failure     *openai.Error
	usage       openai.Usage
	items       []item
	open        int // the index of the message or reasoning that still grows, -1 for none
	begun       bool
}

// NewAnswer starts a response.
func NewAnswer(id string, created int64, echo []byte, events *Events) *Answer {
	return &Answer{ID: id, CreatedAt: created, Echo: echo, Events: events, status: InProgress, open: -1}
}

// Queue makes it a response that nobody works at yet, until the agent's first sign. It is called before anything else.
func (a *Answer) Queue() { a.status = Queued }

// Status is how far the response has come.
func (a *Answer) Status() Status { return a.status }

// CutShort reports whether the response ended without a word of the agent's on its end.
func (a *Answer) CutShort() bool {
	return a.status == Failed || a.status == Incomplete && a.reason == ReasonShutdown
}

// Begin sends the first events, unless that was done before: at the latest before the first piece.
func (a *Answer) Begin() {
	if a.begun {
		return
	}
	a.begun = true
	a.Events.object("response.created", a)
	if a.status == Queued {
		a.Events.object("response.queued", a)
	} else {
		a.Events.object("response.in_progress", a)
	}
}

// start is Begin with the agent's first sign.
func (a *Answer) start() {
	a.Begin()
	if a.status == Queued {
		a.status = InProgress
		a.Events.object("response.in_progress", a)
	}
}

// Spoken reports whether the agent has said anything yet.
func (a *Answer) Spoken() bool { return len(a.items) > 0 }

// Ended reports whether the response has come to its end.
func (a *Answer) Ended() bool { return a.status != InProgress && a.status != Queued }

// Text takes a piece of the answer.
func (a *Answer) Text(text []byte) { a.piece(message, textPart, text) }

// Refusal takes a piece of a refusal.
func (a *Answer) Refusal(text []byte) { a.piece(message, refusalPart, text) }

// Reasoning takes a piece of the model's reasoning.
func (a *Answer) Reasoning(text []byte) {
	if a.Summarize {
		a.piece(reasoning, summaryPart, text)
	} else {
		a.piece(reasoning, reasoningPart, text)
	}
}

// piece adds to the item and part that grow now, after closing what is of another kind.
func (a *Answer) piece(kind itemKind, in partKind, text []byte) {
	if a.Ended() || len(text) == 0 {
		return
	}
	a.Log.piece(in, text)
	a.start()
	if a.open < 0 || a.items[a.open].kind != kind {
		a.closeOpen(Completed)
		a.open = a.add(item{kind: kind})
	}
	it := &a.items[a.open]
	if len(it.parts) == 0 || it.parts[len(it.parts)-1].kind != in {
		a.closePart(a.open)
		it.parts = append(it.parts, part{kind: in})
		a.Events.partAdded(a, a.open)
	}
	p := &it.parts[len(it.parts)-1]
	p.text = append(p.text, text...)
	a.Events.delta(a, a.open, text)
}

// ToolCall takes a piece of a call; index is the agent's number for the call. newID makes an id for a call that the agent
// gave none. Calls stay open until the end, because their pieces may come interleaved.
func (a *Answer) ToolCall(index int, id, name, arguments []byte, newID func() string) {
	if a.Ended() {
		return
	}
	at := a.call(index)
	if at >= 0 {
		a.Log.arguments(index, arguments)
		a.arguments(at, arguments)
		return
	}
	it := item{kind: functionCall, callIndex: index, callID: string(id), name: string(name)}
	if slices.Contains(a.Custom, it.name) {
		it.kind = customCall
	}
	if it.callID == "" {
		it.callID = newID()
	}
	a.newCall(it, arguments)
}

// newCall adds a call.
func (a *Answer) newCall(it item, arguments []byte) {
	a.Log.call(&it, arguments)
	a.start()
	a.closeOpen(Completed)
	a.arguments(a.add(it), arguments)
}

// arguments adds to the arguments of a call. Those of a custom tool are not its input before they are complete.
func (a *Answer) arguments(at int, arguments []byte) {
	if len(arguments) == 0 {
		return
	}
	it := &a.items[at]
	it.arguments = append(it.arguments, arguments...)
	if it.kind == functionCall {
		a.Events.argumentsDelta(a, at, arguments)
	}
}

func (a *Answer) call(index int) int {
	for i := range a.items {
		if a.items[i].isCall() && a.items[i].callIndex == index {
			return i
		}
	}
	return -1
}

// add appends an item in progress and announces it.
func (a *Answer) add(it item) int {
	at := len(a.items)
	it.id, it.status = ids.Item(it.kind.prefix(), a.ID, at), InProgress
	a.items = append(a.items, it)
	a.Events.item("response.output_item.added", a, at)
	return at
}

// closeOpen ends the message or reasoning that grows.
func (a *Answer) closeOpen(status Status) {
	if a.open >= 0 {
		a.closeItem(a.open, status)
		a.open = -1
	}
}

func (a *Answer) closeItem(at int, status Status) {
	it := &a.items[at]
	if it.status != InProgress {
		return
	}
	it.status = status
	switch it.kind {
	case functionCall:
		a.Events.argumentsDone(a, at)
	case customCall:
		it.input = customInput(it.arguments)
		a.Events.customInput(a, at)
	default:
		a.closePart(at)
	}
	a.Events.item("response.output_item.done", a, at)
}

// closePart ends the last part of an item.
func (a *Answer) closePart(at int) {
	if len(a.items[at].parts) > 0 {
		a.Events.partDone(a, at)
	}
}

// closeAll ends every item. Those that the end came upon are incomplete if the answer is.
func (a *Answer) closeAll(status Status) {
	a.open = -1
	for at := range a.items {
		a.closeItem(at, status)
	}
}

// Finish ends the response as the agent says. now is in Unix seconds.
func (a *Answer) Finish(done openai.Done, now int64) {
	if a.Ended() {
		return
	}
	a.Log.finish(done, now)
	a.start()
	a.usage = done.Usage
	switch done.FinishReason {
	case "length":
		a.incomplete(ReasonMaxTokens)
	case "content_filter":
		a.incomplete(ReasonContentFilter)
	default:
		if len(a.items) == 0 {
			a.emptyMessage()
		}
		a.closeAll(Completed)
		a.status, a.completedAt = Completed, now
		a.Events.object("response.completed", a)
	}
}

// emptyMessage makes an answer of no words a message all the same: clients take the first item for granted.
func (a *Answer) emptyMessage() {
	at := a.add(item{kind: message})
	a.items[at].parts = append(a.items[at].parts, part{kind: textPart})
	a.Events.partAdded(a, at)
}

// Interrupt ends the response before the agent was through.
func (a *Answer) Interrupt(reason string) {
	if a.Ended() {
		return
	}
	a.Log.interrupt(reason)
	a.Begin()
	a.incomplete(reason)
}

func (a *Answer) incomplete(reason string) {
	a.closeAll(Incomplete)
	a.status, a.reason = Incomplete, reason
	a.Events.object("response.incomplete", a)
}

// Fail ends the response with an error.
func (a *Answer) Fail(err *openai.Error) {
	if a.Ended() {
		return
	}
	a.Log.fail(err)
	a.Begin()
	a.closeAll(Incomplete)
	a.status, a.failure = Failed, err
	a.Events.object("response.failed", a)
}

// Cancel ends a background response at the client's wish. There is no event of that name, and the strictest readers stop
// at one that they do not know: those who read along get response.incomplete with a response whose status is cancelled.
func (a *Answer) Cancel() {
	if a.Ended() {
		return
	}
	a.Log.cancel()
	a.Begin()
	a.closeAll(Incomplete)
	a.status = Cancelled
	a.Events.object("response.incomplete", a)
}
