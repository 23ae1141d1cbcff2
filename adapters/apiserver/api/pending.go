package api

import (
	"time"

	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// handler is a request that waits for the agent and gets the events of its turn.
type handler interface {
	sdk.TurnHandler
	// interrupt ends the request before its answer is complete, because the instance has to end.
	interrupt()
	// waits is the request's place among all that wait. Each handler has one in itself, so that it costs no memory of its own.
	waits() *waiter
}

// waiter is a handler that waits for the agent. It stands between the agent and the handler, to see whether the agent says
// anything.
type waiter struct {
	app     *app
	turn    *sdk.Turn
	handler handler
	heard   int64 // the tick at which the agent last said something
	place   int   // in pending, counted from 1; 0 while it is not there
}

// running reports whether the agent still works at it.
func (w *waiter) running() bool { return w.place > 0 }

// pending is what waits for the agent, in no order. Each waiter knows its place, so that it is found without a map.
type pending struct {
	list  []*waiter
	tick  int64      // counts while somebody waits, to see who hears nothing
	ticks *sdk.Timer // what counts
}

func (p *pending) len() int { return len(p.list) }

func (p *pending) add(w *waiter) {
	p.list = append(p.list, w)
	w.place = len(p.list)
}

// remove forgets a waiter. The last one takes its place.
func (p *pending) remove(w *waiter) {
	end := len(p.list) - 1
	last := p.list[end]
	p.list[w.place-1], last.place = last, w.place
	p.list[end], w.place = nil, 0
	p.list = p.list[:end]
}

// each calls f for those that wait now, but for those that do not any more when their turn comes: f may end some and start
// others.
func (p *pending) each(f func(*waiter)) {
	for _, w := range append([]*waiter(nil), p.list...) {
		if w.place > 0 {
			f(w)
		}
	}
}

// ask starts the turn of a handler, whose text is app.turn or the request's body. The error says why it does not run.
func (a *app) ask(h handler, text []byte) *openai.Error {
	a.startTicking()
	w := h.waits()
	w.app, w.handler, w.heard = a, h, a.pending.tick
	turn, err := a.loop.StartTurn(text, w)
	if cap(a.turn) > keepBytes {
		a.turn = nil
	}
	if err != nil {
		return turnRefused(err)
	}
	w.turn = turn
	a.pending.add(w)
	return nil
}

// stop ends the wait: the agent is not asked any further, if it has not come to its end by itself.
func (w *waiter) stop() {
	w.turn.Cancel()
	if w.running() {
		w.app.pending.remove(w)
	}
}

// An agent that says nothing for too long is given up. Looking at a clock for every word would cost the hot path a host call,
// and a timer for every request a place in the heap that moves with each word. So one timer ticks for all of them while
// there are any, and a word only notes the tick.

// ticksPerIdle is how many ticks the longest silence has: it is told to within a quarter.
const ticksPerIdle = 4

func (a *app) startTicking() {
	if a.pending.ticks == nil && a.settings.idle > 0 {
		a.pending.ticks = a.loop.After(a.settings.idle/ticksPerIdle, a.tick)
	}
}

func (a *app) tick() {
	a.pending.tick++
	a.pending.each(func(w *waiter) {
		if a.pending.tick-w.heard > ticksPerIdle {
			w.giveUp()
		}
	})
	if a.pending.ticks = nil; a.pending.len() > 0 {
		a.startTicking()
	}
}

func (w *waiter) giveUp() {
	w.turn.Cancel()
	w.handler.Failed(&sdk.AgentError{
		Status: 504, Type: "server_error", Code: "agent_timeout",
		Message: "The agent has said nothing for " + w.app.settings.idle.Round(time.Millisecond).String() + " and was given up.",
	})
}

var _ sdk.TurnHandler = (*waiter)(nil)

// Text implements sdk.TurnHandler.
func (w *waiter) Text(text []byte) {
	w.heard = w.app.pending.tick
	w.handler.Text(text)
}

// Reasoning implements sdk.TurnHandler.
func (w *waiter) Reasoning(text []byte) {
	w.heard = w.app.pending.tick
	w.handler.Reasoning(text)
}

// Refusal implements sdk.TurnHandler.
func (w *waiter) Refusal(text []byte) {
	w.heard = w.app.pending.tick
	w.handler.Refusal(text)
}

// ToolCall implements sdk.TurnHandler.
func (w *waiter) ToolCall(call sdk.ToolCall) {
	w.heard = w.app.pending.tick
	w.handler.ToolCall(call)
}

// Done implements sdk.TurnHandler.
func (w *waiter) Done(result *sdk.AgentDone) { w.handler.Done(result) }

// Failed implements sdk.TurnHandler.
func (w *waiter) Failed(err *sdk.AgentError) { w.handler.Failed(err) }
