package api

import (
	"time"

	"innkeeper/adapters/sdk"
)

// An agent that says nothing for too long is given up. Looking at a clock for every word would cost the hot path a host call,
// and a timer for every request a place in the heap that moves with each word. So one timer beats for all of them while
// there are any, and a word only notes the beat.

// pulsesPerIdle is how many beats the longest silence has: it is told to within a quarter.
const pulsesPerIdle = 4

// watched is a handler whose agent is listened for.
type watched struct {
	app     *app
	turn    *sdk.Turn
	handler handler
	heard   int64 // the pulse when the agent last said something
	place   int   // in app.jobs, counted from 1; 0 while it is not there
}

var _ sdk.TurnHandler = (*watched)(nil)

// listenFor gives the handler that the turn of a handler gets.
func (a *app) listenFor(h handler) *watched {
	if a.pulses == nil && a.settings.idle > 0 {
		a.pulses = a.loop.After(a.settings.idle/pulsesPerIdle, a.listen)
	}
	w := h.watch()
	w.app, w.handler, w.heard = a, h, a.pulse
	return w
}

// listen is the beat.
func (a *app) listen() {
	a.pulse++
	a.jobs.each(func(w *watched) {
		if a.pulse-w.heard > pulsesPerIdle {
			w.giveUp()
		}
	})
	if a.pulses = nil; a.jobs.len() > 0 {
		a.pulses = a.loop.After(a.settings.idle/pulsesPerIdle, a.listen)
	}
}

func (w *watched) giveUp() {
	w.turn.Cancel()
	w.handler.Failed(&sdk.AgentError{
		Status: 504, Type: "server_error", Code: "agent_timeout",
		Message: "The agent has said nothing for " + w.app.settings.idle.Round(time.Millisecond).String() + " and was given up.",
	})
}

// Text implements sdk.TurnHandler.
func (w *watched) Text(text []byte) {
	w.heard = w.app.pulse
	w.handler.Text(text)
}

// Reasoning implements sdk.TurnHandler.
func (w *watched) Reasoning(text []byte) {
	w.heard = w.app.pulse
	w.handler.Reasoning(text)
}

// Refusal implements sdk.TurnHandler.
func (w *watched) Refusal(text []byte) {
	w.heard = w.app.pulse
	w.handler.Refusal(text)
}

// ToolCall implements sdk.TurnHandler.
func (w *watched) ToolCall(call sdk.ToolCall) {
	w.heard = w.app.pulse
	w.handler.ToolCall(call)
}

// Done implements sdk.TurnHandler.
func (w *watched) Done(result []byte) { w.handler.Done(result) }

// Failed implements sdk.TurnHandler.
func (w *watched) Failed(err *sdk.AgentError) { w.handler.Failed(err) }
