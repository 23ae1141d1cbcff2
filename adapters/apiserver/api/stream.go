package api

import (
	"innkeeper/adapters/lib/replay"
	"innkeeper/adapters/sdk"
)

// eventStream is a reader of a log over HTTP: the events as they are, as server-sent events.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
type eventStream struct {
	app     *app
	to      responder
	end     string      // the frame after the last event, if there is one
	failed  func() bool // whether what was told failed in the end; nil for no
	silence *sdk.Timer  // begins the stream of an agent that says nothing; may be nil
	begun   bool
}

var _ replay.Sink = (*eventStream)(nil)

func (s *eventStream) begin() {
	if !s.begun {
		s.begun = true
		s.silence.Stop()
		s.to.begin()
	}
}

// Write implements replay.Sink.
func (s *eventStream) Write(events []byte, last bool) error {
	s.begin()
	if !last {
		return s.to.write(events)
	}
	if s.end != "" {
		a := s.app
		a.frame = append(append(a.frame[:0], events...), s.end...)
		defer reuse(&a.frame)
		events = a.frame
	}
	if len(events) > 0 {
		if err := s.to.write(events); err != nil {
			return err
		}
	}
	s.to.end(s.failed != nil && s.failed())
	return nil
}

// Abort implements replay.Sink.
func (s *eventStream) Abort() { s.to.abort() }

// follow lets somebody read a log as an event stream: what there is from that number on, and what comes.
func (a *app) follow(to responder, log *replay.Log, from int64, end string) {
	s := &eventStream{app: a, to: to, end: end}
	s.begin()
	r := log.Read(s, from)
	to.watch(r.Resume, r.Leave)
}
