package mailbox

import (
	"context"

	"innkeeper/adapters/abi"
)

// PostDelta posts a piece of a stream. With join, a piece of the same kind and handle that still waits grows by this one,
// once JoinFrom of them wait. While those of the handle take DeltaBytes, or those of all AllDeltaBytes, or Flight is used up, it
// blocks, until the guest fetched some, ctx ends (its cause is returned) or the instance is over (ErrSealed). Pieces that wait come one
// after the other. The payload is copied.
func (m *Mailbox) PostDelta(ctx context.Context, kind abi.EventKind, handle uint32, payload []byte, join bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return ErrSealed
	case ctx.Err() != nil: // so that after a cancel and a Drop nothing more comes
		return context.Cause(ctx)
	}
	p := piece{kind, handle, payload, join}
	if m.common.Len() == 0 && m.lines[handle] == nil && m.offer(p) == roomFound {
		return nil
	}
	return m.line(ctx, p)
}

// piece is what PostDelta was given.
type piece struct {
	kind    abi.EventKind
	handle  uint32
	payload []byte
	join    bool
}

// room is whether there is room for a piece, or in which bound there is none.
type room uint8

const (
	roomFound room = iota
	roomOfHandle
	roomOfAll
	roomOfFlight
)

// tail returns the last piece of a handle if it waits and nothing came behind it.
func (m *Mailbox) tail(handle uint32) *event {
	if last := m.tails[handle]; last != nil && last.delta {
		return last
	}
	return nil
}

// joins reports whether a piece would grow the one that is the last of its handle, and what it takes.
func (m *Mailbox) joins(p piece, last *event) (grows bool, cost int) {
	if p.join && last != nil && last.kind == p.kind && last.nth >= m.bounds.JoinFrom {
		return true, len(p.payload)
	}
	return false, len(p.payload) + EventBytes
}

// offer posts a piece if there is room for it. The caller holds m.mu.
func (m *Mailbox) offer(p piece) room {
	last := m.tail(p.handle)
	grows, cost := m.joins(p, last)
	if found := m.take(p.handle, cost); found != roomFound {
		return found
	}
	if grows {
		last.payload = append(last.payload, p.payload...)
		m.bytes += len(p.payload)
		return roomFound
	}
	e := &event{kind: p.kind, handle: p.handle, payload: append([]byte(nil), p.payload...), delta: true, nth: 1}
	if last != nil {
		e.nth = last.nth + 1
	}
	m.push(e)
	return roomFound
}

// within reports whether n more bytes of a handle are within its bound. What is larger than the bound fits where nothing waits.
func (m *Mailbox) within(handle uint32, n int) bool {
	waiting := m.pending[handle]
	return waiting == 0 || waiting+n <= m.bounds.DeltaBytes
}

// take charges what a piece takes if there is room for it. One that is larger than a bound fits where nothing waits: then the guest
// can always go on, and whoever waits for it. The caller holds m.mu.
func (m *Mailbox) take(handle uint32, n int) room {
	switch {
	case !m.within(handle, n):
		return roomOfHandle
	case m.deltas == 0:
		m.bounds.Flight.Force(int64(n))
	case m.bounds.AllDeltaBytes > 0 && m.deltas+n > m.bounds.AllDeltaBytes:
		return roomOfAll
	case !m.bounds.Flight.TakeFor(false, int64(n)):
		return roomOfFlight
	}
	m.pending[handle] += n
	m.deltas += n
	return roomFound
}
