package api

import (
	"errors"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// request is what all requests that wait for the agent have in common.
type request struct {
	app    *app
	x      *sdk.Exchange
	turn   *sdk.Turn
	begun  bool       // a stream whose headers are sent
	silent *sdk.Timer // begins a stream whose agent says nothing

	watched watched
}

func (r *request) watch() *watched { return &r.watched }

// handler is a request that gets the events of its turn.
type handler interface {
	sdk.TurnHandler
	job
}

// ask starts the request's turn. It tells whether it runs; if not, the client was told why.
func (a *app) ask(r *request, h handler, text []byte) bool {
	turn, fault := a.startTurn(h, text)
	if fault != nil {
		a.refuse(r.x, fault)
		return false
	}
	r.turn = turn
	return true
}

// startTurn starts a turn whose text is app.turn or the request's body. The error says why it does not run.
func (a *app) startTurn(h handler, text []byte) (*sdk.Turn, *openai.Error) {
	w := a.listenFor(h)
	turn, err := a.loop.StartTurn(text, w)
	if cap(a.turn) > keepBytes {
		a.turn = nil
	}
	if err != nil {
		return nil, turnRefused(err)
	}
	w.turn = turn
	a.jobs.add(w)
	return turn, nil
}

// sendLimit is how many bytes wait in the guest for one slow client, beside what the host holds.
const sendLimit = 4 << 20

// beginStream sends the headers of an event stream, unless that was done before. From now on an error is an event.
func (r *request) beginStream() {
	if r.begun {
		return
	}
	r.begun = true
	r.silent.Stop()
	if t := r.app.recording(r.x); t != nil {
		t.begin()
		return
	}
	r.x.SetSendLimit(sendLimit)
	// A client that has left is told of by an event, and by the first write.
	_ = r.x.Begin(200, sdk.Header(streamHeaders))
}

// flush sends what the callback has put into app.out, whole frames in one write. It tells whether the client is still there.
func (r *request) flush() bool {
	if len(r.app.out) == 0 {
		return true
	}
	ok := r.send(r.app.out)
	r.app.shrink()
	return ok
}

// send sends whole frames in one write. It tells whether the client is still there.
func (r *request) send(frames []byte) bool {
	if t := r.app.recording(r.x); t != nil {
		t.write(frames)
		return true
	}
	err := r.x.Send(frames)
	if err != nil && !errors.Is(err, abi.EPIPE) && !errors.Is(err, sdk.ErrEnded) {
		r.app.log.Warn("stream cut", "request_id", r.x.RequestID, "error", err)
	}
	return err == nil
}

// end finishes a stream. A client that has left has nothing to finish.
func (r *request) end() {
	if t := r.app.recording(r.x); t != nil {
		t.end()
		return
	}
	if r.x.End() != nil {
		r.x.Abort()
	}
}

// keepBytes is the largest buffer that is kept for the next callback: a guest's memory never shrinks.
const keepBytes = 256 << 10

// shrink empties the output for the next callback.
func (a *app) shrink() {
	if cap(a.out) > keepBytes {
		a.out = nil
	}
	a.out = a.out[:0]
}
