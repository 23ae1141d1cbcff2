package api

import (
	"strconv"

	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/lib/replay"
)

func noRun(id string) *openai.Error {
	return openai.NotFound("run_id", "run_not_found", "Run with id '"+id+"' not found.")
}

// getRun is GET /v1/runs/{id}.
func (a *app) getRun(c *call) {
	if j := a.runs[c.x.PathValue("id")]; j != nil {
		a.out = j.run.AppendJSON(a.out[:0])
		c.replyOut()
		return
	}
	a.showEndedRun(c)
}

// stopRun is POST /v1/runs/{id}/stop. A run that has ended is shown as it is.
func (a *app) stopRun(c *call) {
	if j := a.runs[c.x.PathValue("id")]; j != nil {
		j.stop()
	}
	a.showEndedRun(c)
}

func (a *app) showEndedRun(c *call) {
	run, ok := c.storedRun()
	if !ok {
		return
	}
	object, found, err := a.store.RunObject(&run)
	switch {
	case err != nil:
		c.refuse(a.storeFailed("run not read", run.ID, err))
	case !found:
		c.refuse(noRun(run.ID))
	default:
		c.reply(object)
	}
}

// storedRun finds the run that the path names in the database; false after an answer, or when the predecessor gives it.
func (c *call) storedRun() (run store.Run, ok bool) {
	id := c.x.PathValue("id")
	run, found, err := c.app.store.Run(id)
	switch {
	case err != nil:
		c.refuse(c.app.storeFailed("run not read", id, err))
	case !found:
		c.refuse(noRun(id))
	case c.app.elsewhere(&run.Record):
		c.passOn()
	default:
		return run, true
	}
	return run, false
}

// readRun is GET /v1/runs/{id}/events: the events after the one that the client has seen last, and those to come, up to the
// one that ends the run.
func (a *app) readRun(c *call) {
	seen, fault := lastSeen(c)
	if fault != nil {
		c.refuse(fault)
		return
	}
	if j := a.runs[c.x.PathValue("id")]; j != nil {
		a.follow(c.to, &j.log, seen+1, "")
		return
	}
	run, ok := c.storedRun()
	switch {
	case !ok:
	case seen >= run.Ended:
		// Nothing is left. 204 tells an EventSource not to come back, as it does after the end of a stream.
		// https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
		c.to.respond(204, nil, nil)
	default:
		a.follow(c.to, replay.Ended(&runPast{app: a, row: run}), seen+1, "")
	}
}

// lastSeen is the number of the last event that the client has seen, from the header that browsers send, or the query.
func lastSeen(c *call) (int64, *openai.Error) {
	name := "Last-Event-ID"
	text, ok := c.x.Header("last-event-id")
	if !ok || text == "" {
		name = "starting_after"
		if text, ok = c.x.QueryValue(name); !ok {
			return 0, nil
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n == 1<<63-1 {
		return 0, openai.Invalid(name, "Invalid '"+name+"': must be the number of an event.")
	}
	return n, nil
}
