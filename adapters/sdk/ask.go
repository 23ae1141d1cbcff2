package sdk

import (
	"context"
	"iter"

	"innkeeper/adapters/abi"
)

// TurnEvent is one step of an answer, for goroutines. Only the fields of its kind are set, and the reader owns their bytes.
type TurnEvent struct {
	// Kind is abi.EventAgentText, EventAgentReasoning, EventAgentRefusal, EventAgentToolCall or EventAgentDone.
	Kind abi.EventKind
	// Text is the piece of an answer, a reasoning or a refusal.
	Text []byte
	// ToolCall is the piece of a function call.
	ToolCall ToolCall
	// Done is how the turn ended.
	Done *AgentDone
}

// Ask is StartTurn for goroutines: it yields the events of the turn as they come, the last being EventAgentDone. A turn that fails
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

// text appends a piece, to the one before if that is of the same kind.
func (b *inbox) text(kind abi.EventKind, text []byte) {
	if n := len(b.events); n > 0 && b.events[n-1].Kind == kind {
		b.events[n-1].Text = append(b.events[n-1].Text, text...)
	} else {
		b.events = append(b.events, TurnEvent{Kind: kind, Text: append([]byte(nil), text...)})
	}
	b.signal()
}

// Text implements TurnHandler.
func (b *inbox) Text(text []byte) { b.text(abi.EventAgentText, text) }

// Reasoning implements TurnHandler.
func (b *inbox) Reasoning(text []byte) { b.text(abi.EventAgentReasoning, text) }

// Refusal implements TurnHandler.
func (b *inbox) Refusal(text []byte) { b.text(abi.EventAgentRefusal, text) }

// ToolCall implements TurnHandler.
func (b *inbox) ToolCall(call ToolCall) {
	call.ID = append([]byte(nil), call.ID...)
	call.Name = append([]byte(nil), call.Name...)
	call.Arguments = append([]byte(nil), call.Arguments...)
	b.events = append(b.events, TurnEvent{Kind: abi.EventAgentToolCall, ToolCall: call})
	b.signal()
}

// Done implements TurnHandler.
func (b *inbox) Done(result *AgentDone) {
	b.events = append(b.events, TurnEvent{Kind: abi.EventAgentDone, Done: result})
	b.over = true
	b.signal()
}

// Failed implements TurnHandler.
func (b *inbox) Failed(err *AgentError) {
	b.failed, b.over = err, true
	b.signal()
}
