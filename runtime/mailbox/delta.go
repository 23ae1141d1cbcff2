package mailbox

import (
	"context"

	"innkeeper/adapters/abi"
)

// PostDelta posts a piece of a stream. With join, a piece of the same kind and handle that still waits grows by this one,
// once JoinFrom of them wait. While those of the handle take DeltaBytes, or those of all AllDeltaBytes, or Flight is used up, it
// blocks, until the guest fetched some, ctx ends (its cause is returned) or the instance is over (ErrSealed). The payload is copied.
func (m *Mailbox) PostDelta(ctx context.Context, kind abi.EventKind, handle uint32, payload []byte, join bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		switch {
		case m.closed:
			return ErrSealed
		case ctx.Err() != nil: // so that after a cancel and a Drop nothing more comes
			return context.Cause(ctx)
		}
		last := m.tails[handle]
		if last != nil && !last.delta {
			last = nil
		}
		if join && last != nil && last.kind == kind && last.nth >= m.bounds.JoinFrom {
			if m.take(handle, len(payload)) {
				last.payload = append(last.payload, payload...)
				m.bytes += len(payload)
				return nil
			}
		} else if m.take(handle, len(payload)+EventBytes) {
			m.pushDelta(kind, handle, payload, last)
			return nil
		}
		if err := m.awaitRoom(ctx); err != nil {
			return err
		}
	}
}

// pushDelta appends a piece behind the last one of its handle, which is nil if none waits. The caller holds m.mu.
func (m *Mailbox) pushDelta(kind abi.EventKind, handle uint32, payload []byte, last *event) {
	e := &event{kind: kind, handle: handle, payload: append([]byte(nil), payload...), delta: true, nth: 1}
	if last != nil {
		e.nth = last.nth + 1
	}
	m.push(e)
}

// take charges what a piece takes if there is room for it. One that is larger than a bound fits where nothing waits: then the guest
// can always go on, and whoever waits for it. The caller holds m.mu.
func (m *Mailbox) take(handle uint32, n int) bool {
	waiting := m.pending[handle]
	switch {
	case waiting > 0 && waiting+n > m.bounds.DeltaBytes:
		return false
	case m.deltas == 0:
		m.bounds.Flight.Force(int64(n))
	case m.bounds.AllDeltaBytes > 0 && m.deltas+n > m.bounds.AllDeltaBytes:
		return false
	case !m.bounds.Flight.TakeFor(false, int64(n)):
		return false
	}
	m.pending[handle] += n
	m.deltas += n
	return true
}

// awaitRoom waits until some of what waited was fetched. The caller holds m.mu, which is given up meanwhile.
func (m *Mailbox) awaitRoom(ctx context.Context) error {
	room := m.room
	m.waiters++
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		m.waiters--
	}()
	select {
	case <-room:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
