package api

import (
	"innkeeper/adapters/apiserver/api/run"
	"innkeeper/adapters/lib/openai"
)

// subscribe adds a reader to a response that has not begun. It gets all events.
func (p *response) subscribe(s run.Sink) {
	p.events.Frame = p.frame
	p.answer.Events = &p.events
	p.readers.Add(s)
}

// join adds a reader to a response in the background, of which it has seen what was before the event of that number, which
// is the next.
func (p *response) join(s run.Sink, next int64) {
	if p.answer.Events == nil {
		p.events.Frame = p.frame
		p.events.Resume(next)
		p.answer.Events = &p.events
	}
	p.readers.Add(s)
}

// unsubscribe takes out a reader that has left.
func (p *response) unsubscribe(s run.Sink) {
	p.readers.Remove(s)
	p.unread()
}

// unread tells the response that a reader has left. One with an asker does not live without readers.
func (p *response) unread() {
	if p.readers.Len() > 0 {
		return
	}
	p.answer.Events = nil
	if p.asker != nil {
		p.abandon()
	}
}

// frame takes a frame for the end of the step.
func (p *response) frame(frame []byte) { p.app.out = append(p.app.out, frame...) }

// begin tells the readers of a silent agent's response that it is in progress.
func (p *response) begin() { p.step(p.answer.Begin) }

// step runs one callback: what it makes of frames leaves together.
func (p *response) step(f func()) {
	a := p.app
	a.out = a.out[:0]
	f()
	if len(a.out) == 0 {
		return
	}
	p.told = true
	p.readers.Send(a.out)
	a.shrink()
	p.unread()
}

// exchangeReader is a reader over HTTP: an event stream.
type exchangeReader struct{ request }

var _ run.Sink = (*exchangeReader)(nil)

// Send implements run.Sink.
func (r *exchangeReader) Send(b run.Batch) bool {
	r.beginStream()
	if r.send(b) {
		return true
	}
	r.x.Abort()
	return false
}

// End implements run.Sink.
func (r *exchangeReader) End(last run.Batch) {
	r.beginStream()
	r.send(append(last, openai.StreamEnd...))
	r.end()
}
