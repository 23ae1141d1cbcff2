package api

import (
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/apiserver/api/run"
	"innkeeper/adapters/sdk"
)

// follower reads along with a response in the background over HTTP: first the past, as fast as the client takes it, then what is
// said. It may come at any time, also after the end, and the response does not care when it leaves.
type follower struct {
	exchangeReader
	id   string
	p    *response // nil if it is in the store only
	log  []byte    // then its log
	next int64     // the number of the event that the client gets next
}

var _ run.Sink = (*follower)(nil)

// followPiece is how many bytes of the past go to a client before it has to take them.
const followPiece = 256 << 10

// follow lets a client read along with a response in memory.
func (a *app) follow(x *sdk.Exchange, p *response, from int64) {
	f := &follower{exchangeReader: exchangeReader{request{app: a, x: x}}, id: p.id, p: p, next: from}
	x.OnGone(func() {
		x.Abort()
		p.unsubscribe(f)
	})
	f.beginStream()
	f.catchUp()
}

// followPast shows a client the events of a response that has ended. The log is not kept. False means that it is damaged,
// and that the client was told nothing.
func (a *app) followPast(x *sdk.Exchange, id string, log []byte, from int64) bool {
	if _, err := responses.Replay(id, log, nil); err != nil {
		a.log.Warn("the log of a stored response is damaged and counts as missing", "id", id, "error", err)
		return false
	}
	f := &follower{exchangeReader: exchangeReader{request{app: a, x: x}}, id: id, log: append([]byte(nil), log...), next: from}
	x.OnGone(x.Abort)
	f.beginStream()
	f.catchUp()
	return true
}

// catchUp shows the client the past, and lets it wait for the rest once it has seen all of it.
func (f *follower) catchUp() {
	for more := true; more; {
		if more = f.showPiece(); f.x.Ended() {
			return
		}
		if more && f.x.Pending() > 0 { // made anew from here when there is room, rather than kept
			f.x.OnWritable(f.catchUp)
			return
		}
	}
	f.x.OnWritable(nil)
	if f.p != nil && f.p.running() {
		f.p.join(f, f.next)
		return
	}
	f.End(nil)
}

// showPiece sends the next piece of the past and tells whether there is more.
func (f *follower) showPiece() (more bool) {
	a := f.app
	log := f.log
	if f.p != nil {
		log = f.p.log.Bytes()
	}
	a.out = a.out[:0]
	events := responses.Events{From: f.next}
	events.Frame = func(frame []byte) {
		a.out = append(a.out, frame...)
		if len(a.out) >= followPiece {
			more = true
			events.Stop()
		}
	}
	if _, err := responses.Replay(f.id, log, &events); err != nil { // it was checked, or is in memory as it was written
		a.log.Error("events not replayed", "id", f.id, "error", err)
		f.x.Abort()
		return false
	}
	f.next = events.Next()
	if len(a.out) > 0 {
		f.Send(a.out)
	}
	a.shrink()
	return more
}
