package api

import (
	"errors"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/runs"
	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// In a hand-over two generations live, with one database: the predecessor, which finishes what it has begun, and its successor,
// which gets all requests. Those that are about the predecessor's work are passed on to it: the database names the generation of
// work that is not finished, and what is in no database can only be known to the one that has it in memory.

// elsewhere reports whether a record is work of the predecessor.
func (a *app) elsewhere(r *store.Record) bool {
	return r.Generation != 0 && r.Generation == a.predecessor
}

// mayBeElsewhere reports whether a fault says that a response is unknown which the predecessor may still be answering: one that a
// client waits for is stored at its end.
func (a *app) mayBeElsewhere(fault *openai.Error) bool {
	return a.predecessor != 0 && (fault.Code == codeNoResponse || fault.Code == codeNoPrevious)
}

// passOn gives the request to the predecessor. If that is over by now, its work is ended and the request is looked at again.
func (c *call) passOn() {
	a := c.app
	switch err := c.to.pass(); {
	case passed(err):
	case errors.Is(err, abi.ENOENT):
		a.predecessorEnded(a.predecessor)
		c.handle(c)
	default:
		a.log.Error("request not passed on", "request_id", c.x.RequestID, "error", err)
		a.refuse(c.to, openai.Internal("The request could not be given to the instance that it is about."))
	}
}

// passed reports whether a request is no longer this instance's: the predecessor has it, or its client has left.
func passed(err error) bool {
	return err == nil || errors.Is(err, abi.EPIPE) || errors.Is(err, sdk.ErrEnded)
}

// endAgain is when work that could not be ended is tried again: until then it looks as if somebody were at it.
const endAgain = 500 * time.Millisecond

// predecessorEnded ends the work that a generation which is over has left, and no other: by the time that a busy instance hears
// of it, there may be work of its successor.
func (a *app) predecessorEnded(generation uint64) {
	if generation == a.predecessor {
		a.predecessor = 0
	}
	if err := a.endLeftovers(func(of uint64) bool { return of == generation }); err != nil {
		a.storeFailed("work of an earlier instance not ended", "", err)
		a.loop.After(endAgain, func() { a.predecessorEnded(generation) })
	}
}

// endLeftovers ends the work of generations that are over.
func (a *app) endLeftovers(over func(generation uint64) bool) error {
	left, err := a.store.Leftovers(over)
	if err != nil {
		return err
	}
	for _, of := range []struct {
		records []store.Record
		end     func(store.Record) error
	}{{left.Responses, a.endLostResponse}, {left.Runs, a.endLostRun}, {left.Keys, a.store.ReleaseKey}} {
		for _, r := range of.records {
			if err := of.end(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// lostMessage is what became of a response whose instance did not come to end it.
const lostMessage = "The server stopped before the response was complete."

// endLostResponse says that a response in the background has failed, as its instance is over.
func (a *app) endLostResponse(r store.Record) error {
	e := store.Response{ID: r.ID}
	for part, to := range map[store.Part]*[]byte{store.Input: &e.Input, store.Context: &e.Context, store.Log: &e.Log} {
		text, _, err := a.store.ResponseText(&r, part)
		if err != nil {
			return err
		}
		*to = append([]byte(nil), text...)
	}
	answer, log, err := responses.Lost(r.ID, e.Log, lostMessage)
	if err != nil {
		a.log.Warn("the log of a stored response is damaged and counts as missing", "id", r.ID, "error", err)
		_, err = a.store.RemoveResponse(r.ID)
		return err
	}
	e.Log, e.Object, e.Context = log, answer.AppendJSON(nil), answer.AppendMessages(e.Context)
	if ended, err := a.store.EndResponse(r, e); err != nil || !ended {
		return err
	}
	a.log.Warn("a response in the background was cut off by the end of its instance", "id", r.ID)
	return nil
}

// endLostRun says that a run was interrupted, as its instance is over.
func (a *app) endLostRun(r store.Record) error {
	run, found, err := a.store.Run(r.ID)
	if err != nil || !found || run.Generation != r.Generation {
		return err
	}
	object, found, err := a.store.RunObject(&run)
	if err != nil {
		return err
	}
	now := time.Now().Unix()
	if found && a.item.Parse(object) == nil {
		object = runs.AppendInterrupted(nil, a.item.Root(), now)
	} else {
		lost := runs.Run{ID: r.ID, Status: runs.Interrupted, Ended: now, Failure: runs.Interruption()}
		object = lost.AppendJSON(nil)
	}
	if err := a.store.EndRun(&run, run.Reserved+1, object); err != nil {
		return err
	}
	a.log.Warn("a run was interrupted by the end of its instance", "run", r.ID)
	return nil
}
