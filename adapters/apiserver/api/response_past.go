package api

import (
	"innkeeper/adapters/apiserver/api/responses"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/lib/replay"
)

// pastEvents makes the events of a response in the background anew of what its agent said.
type pastEvents struct {
	app   *app
	id    string
	steps func() []byte // of a responses.Log

	// end is the number after the last event, once that was made. The last event of a response whose server stopped gets
	// whatever number is new to its reader, so that it must not be made again.
	end int64
}

var _ replay.Past = (*pastEvents)(nil)

// pastPiece is how many bytes of the past are made at a time.
const pastPiece = 256 << 10

// Events implements replay.Past.
func (p *pastEvents) Events(from int64) (frames []byte, next int64, err error) {
	a := p.app
	if reuse(&a.out); p.end > 0 && from >= p.end {
		return nil, from, nil
	}
	events := responses.Events{From: from}
	events.Frame = func(frame []byte) {
		if a.out = append(a.out, frame...); len(a.out) >= pastPiece {
			events.Stop()
		}
	}
	answer, err := responses.Replay(p.id, p.steps(), &events)
	if err != nil { // it was checked, or is in memory as it was written
		a.log.Error("events not replayed", "id", p.id, "error", err)
		return nil, 0, err
	}
	if answer.Ended() {
		p.end = events.Next()
	}
	return a.out, events.Next(), nil
}

// stream lets a client read the events of a response in the background that is in memory.
func (p *response) stream(c *call, from int64) {
	p.app.follow(c.to, &p.log, from, openai.StreamEnd)
}
