package sdk

import (
	"bytes"
	"context"
	"iter"
)

// TurnEvent is one step of an answer, for goroutines. One field is set, and the reader owns its bytes.
type TurnEvent struct {
	// Text, Reasoning and Refusal are pieces of what the model says.
	Text, Reasoning, Refusal []byte
	// ToolCall is a piece of a function call.
	ToolCall *ToolCall
	// Done is how the turn ended.
	Done *AgentDone
}

// Ask is StartTurn for goroutines: it yields the events of the turn as they come, the last being its Done. A turn that fails
// yields an *[AgentError] as its last error; a turn that could not be started, the errno; an ended context, its cause; an ended
// loop, [ErrLoopEnded], also if setup failed. Leaving the iteration early cancels the turn.
func (l *Loop) Ask(ctx context.Context, request []byte) iter.Seq2[TurnEvent, error] {
	return func(yield func(TurnEvent, error) bool) {
		box := &inbox{ready: make(chan struct{}, 1)}
		turn, err := l.ask(request, box)
		if err != nil {
			yield(TurnEvent{}, err)
			return
		}
		defer l.OnLoop(turn.Cancel)
		box.deliver(ctx, l, yield)
	}
}

func (l *Loop) ask(request []byte, box *inbox) (turn *Turn, err error) {
	if err := context.Cause(l.ctx); err != nil {
		return nil, err
	}
	l.OnLoop(func() { turn, err = l.StartTurn(request, box) })
	return turn, err
}

// inbox keeps the events of one turn until their goroutine fetches them. All of it is under the loop's lock.
type inbox struct {
	events []TurnEvent
	failed *AgentError
	over   bool
	ready  chan struct{}
}

var _ TurnHandler = (*inbox)(nil)

// deliver yields what comes, until the turn, the context, the loop or the reader ends it.
func (b *inbox) deliver(ctx context.Context, l *Loop, yield func(TurnEvent, error) bool) {
	for {
		var ended error
		select {
		case <-b.ready:
		case <-ctx.Done():
			ended = context.Cause(ctx)
		case <-l.ctx.Done():
			ended = context.Cause(l.ctx)
		}
		var events []TurnEvent
		var failed *AgentError
		var over bool
		l.OnLoop(func() { events, failed, over, b.events = b.events, b.failed, b.over, nil })
		for _, event := range events {
			if !yield(event, nil) {
				return
			}
		}
		switch {
		case failed != nil:
			yield(TurnEvent{}, failed)
			return
		case over:
			return
		case ended != nil:
			yield(TurnEvent{}, ended)
			return
		}
	}
}

func (b *inbox) signal() {
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

// last is the event that a piece may be joined to.
func (b *inbox) last() *TurnEvent {
	if len(b.events) == 0 {
		return &TurnEvent{}
	}
	return &b.events[len(b.events)-1]
}

func (b *inbox) add(event TurnEvent) {
	b.events = append(b.events, event)
	b.signal()
}

// Text implements TurnHandler.
func (b *inbox) Text(text []byte) {
	if last := b.last(); last.Text != nil {
		last.Text = append(last.Text, text...)
		return
	}
	b.add(TurnEvent{Text: bytes.Clone(text)})
}

// Reasoning implements TurnHandler.
func (b *inbox) Reasoning(text []byte) {
	if last := b.last(); last.Reasoning != nil {
		last.Reasoning = append(last.Reasoning, text...)
		return
	}
	b.add(TurnEvent{Reasoning: bytes.Clone(text)})
}

// Refusal implements TurnHandler.
func (b *inbox) Refusal(text []byte) {
	if last := b.last(); last.Refusal != nil {
		last.Refusal = append(last.Refusal, text...)
		return
	}
	b.add(TurnEvent{Refusal: bytes.Clone(text)})
}

// ToolCall implements TurnHandler.
func (b *inbox) ToolCall(call ToolCall) {
	call.ID, call.Name, call.Arguments = bytes.Clone(call.ID), bytes.Clone(call.Name), bytes.Clone(call.Arguments)
	b.add(TurnEvent{ToolCall: &call})
}

// Done implements TurnHandler.
func (b *inbox) Done(done *AgentDone) {
	b.over = true
	b.add(TurnEvent{Done: done})
}

// Failed implements TurnHandler.
func (b *inbox) Failed(err *AgentError) {
	b.failed, b.over = err, true
	b.signal()
}
