package mailbox

import (
	"container/list"
	"context"
	"slices"
)

// waiter is a piece that waits for room. It is posted by whoever makes the room: so only those wake up that can go on.
type waiter struct {
	ctx context.Context
	piece
	wake  chan struct{}   // holds a token when it is over, or is to look at more
	place *list.Element   // in the common line; nil while its handle holds it up
	more  <-chan struct{} // closed when the host has more; nil unless that is what it waits for
	over  bool
	err   error
}

func (w *waiter) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *waiter) end(err error) {
	w.over, w.err = true, err
	w.signal()
}

// line makes a piece wait behind those of its handle, and behind those of all handles once only the common bounds hold it up. The caller
// holds m.mu, which is given up meanwhile.
func (m *Mailbox) line(ctx context.Context, p piece) error {
	w := &waiter{ctx: ctx, piece: p, wake: make(chan struct{}, 1)}
	m.lines[p.handle] = append(m.lines[p.handle], w)
	m.freed(p.handle)
	for !w.over {
		more, told := w.more, false
		select {
		case <-w.wake: // it has just looked
		default:
		}
		m.mu.Unlock()
		select {
		case <-w.wake:
		case <-more:
			told = true
		case <-ctx.Done():
		}
		m.mu.Lock()
		m.woken++
		switch {
		case w.over:
		case ctx.Err() != nil:
			m.forget(w)
			m.serve()
			return context.Cause(ctx)
		case told:
			w.more = nil
			m.serve()
		}
	}
	return w.err
}

// freed posts what can be posted now that some of a handle's pieces are gone. The caller holds m.mu.
func (m *Mailbox) freed(handle uint32) {
	if len(m.lines) > 0 {
		m.advance(handle)
		m.serve()
	}
}

// advance puts the first of a handle's line into the common one if the handle does not hold it up. The caller holds m.mu.
func (m *Mailbox) advance(handle uint32) {
	line := m.lines[handle]
	if len(line) == 0 || line[0].place != nil {
		return
	}
	if _, cost := m.joins(line[0].piece, m.tail(handle)); m.within(handle, cost) {
		line[0].place = m.common.PushBack(line[0])
	}
}

// serve posts from the front of the common line as long as there is room. The caller holds m.mu.
func (m *Mailbox) serve() {
	for {
		first := m.common.Front()
		if first == nil {
			return
		}
		w := first.Value.(*waiter)
		if w.ctx.Err() != nil {
			m.forget(w) // it finds out by itself
			continue
		}
		switch m.offer(w.piece) {
		case roomFound:
			m.forget(w)
			w.end(nil)
		case roomOfHandle: // another event came behind the piece that it would have joined
			m.common.Remove(first)
			w.place = nil
		case roomOfAll:
			return
		case roomOfFlight:
			if w.more != nil {
				return
			}
			w.more = m.bounds.Flight.More() // and once more: nothing is missed in between
			w.signal()
		}
	}
}

// forget takes a waiter out of the lines. The caller holds m.mu.
func (m *Mailbox) forget(w *waiter) {
	if w.place != nil {
		m.common.Remove(w.place)
		w.place = nil
	}
	line := m.lines[w.handle]
	i := slices.Index(line, w)
	if i < 0 {
		return
	}
	if line = slices.Delete(line, i, i+1); len(line) == 0 {
		delete(m.lines, w.handle)
		return
	}
	m.lines[w.handle] = line
	m.advance(w.handle)
}

// dismiss lets everybody go who waits. The caller holds m.mu.
func (m *Mailbox) dismiss() {
	for _, line := range m.lines {
		for _, w := range line {
			w.place = nil
			w.end(ErrSealed)
		}
	}
	clear(m.lines)
	m.common.Init()
}
