package api

import (
	"time"

	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// drainMargin is how long before the end of the drain budget what still runs is cut short, so that it can be stored and
// its client told.
const drainMargin = 500 * time.Millisecond

// handover is the reason of a shutdown beside a successor. Then the budget is long, and what still comes here was passed on
// because it is about this generation's work.
const handover = "handover"

// drain lets what runs go on until shortly before the budget ends. It may come again with a shorter one.
func (a *app) drain(s sdk.Shutdown) {
	a.handingOver = s.Reason == handover
	a.store.Flush()
	for client := range a.sockets {
		client.advance() // who waits for nothing is let go
	}
	if open := a.pending.len(); open > 0 {
		a.log.Info("finishing open answers", "open", open, "budget", s.Drain)
	}
	a.loop.After(max(s.Drain-min(drainMargin, s.Drain/4), 0), func() {
		a.handingOver = false // what began now would be cut off
		a.pending.each(func(w *waiter) { w.handler.interrupt() })
	})
}

// retryAfterDrain is when to come back to an adapter that is about to end: a new instance starts in milliseconds.
const retryAfterDrain = time.Second

func restarting() *openai.Error {
	return openai.Unavailable("The server is restarting. Please try again.", retryAfterDrain)
}

// admit says why new work is refused now; nil if it is let in.
func (a *app) admit() *openai.Error {
	if a.loop.Stopping() && !a.handingOver {
		return restarting()
	}
	if limit := a.settings.concurrentTurns; limit > 0 && a.pending.len() >= limit || a.memory.full() {
		return tooMany()
	}
	return nil
}
