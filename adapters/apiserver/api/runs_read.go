package api

import (
	"strconv"

	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

func noRun(id string) *openai.Error {
	return openai.NotFound("run_id", "run_not_found", "Run with id '"+id+"' not found.")
}

// getRun is GET /v1/runs/{id}.
func (a *app) getRun(x *sdk.Exchange) {
	if j := a.runs[x.PathValue("id")]; j != nil {
		a.out = j.run.AppendJSON(a.out[:0])
		a.reply(x, 200, a.out)
		a.shrink()
		return
	}
	a.replyEndedRun(x)
}

// stopRun is POST /v1/runs/{id}/stop. A run that has ended is shown as it is.
func (a *app) stopRun(x *sdk.Exchange) {
	if j := a.runs[x.PathValue("id")]; j != nil {
		j.stop()
	}
	a.replyEndedRun(x)
}

func (a *app) replyEndedRun(x *sdk.Exchange) {
	id := x.PathValue("id")
	run, ok, err := a.work.Run(id)
	var object []byte
	if err == nil && ok {
		object, ok, err = a.work.RunObject(&run)
	}
	switch {
	case err != nil:
		a.workBroken(x, err)
	case !ok:
		a.refuse(x, noRun(id))
	default:
		a.reply(x, 200, object)
	}
}

// readRun is GET /v1/runs/{id}/events: the events after the one that the client has seen last, and those to come, up to the
// one that ends the run.
func (a *app) readRun(x *sdk.Exchange) {
	id := x.PathValue("id")
	seen, fault := lastSeen(x)
	if fault != nil {
		a.refuse(x, fault)
		return
	}
	r := &runReader{reader: reader{x: x}, app: a, next: seen + 1}
	if r.job = a.runs[id]; r.job != nil {
		r.next = min(r.next, r.job.next)
		r.job.readers = append(r.job.readers, r)
		r.start()
		return
	}
	run, ok, err := a.work.Run(id)
	switch {
	case err != nil:
		a.workBroken(x, err)
	case !ok:
		a.refuse(x, noRun(id))
	case seen >= run.Ended:
		// Nothing is left. 204 tells an EventSource not to come back, as it does after the end of a stream.
		// https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
		a.give(x, 204, "", nil)
	default:
		r.row = run
		r.start()
	}
}

// lastSeen is the number of the last event that the client has seen, from the header that browsers send, or the query.
func lastSeen(x *sdk.Exchange) (int64, *openai.Error) {
	name := "Last-Event-ID"
	text, ok := x.Header("last-event-id")
	if !ok || text == "" {
		name = "starting_after"
		if text, ok = x.QueryValue(name); !ok {
			return 0, nil
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n == 1<<63-1 {
		return 0, openai.Invalid(name, "Invalid '"+name+"': must be the number of an event.")
	}
	return n, nil
}
