// Package mailbox is the one queue through which events reach an instance.
//
// It owns the order of events, the bounds (how many may wait, how many bytes of one stream and of all), the joining of deltas that a
// slow guest has not fetched, and the knowledge of whether the guest is waiting or working. It knows the frame of an event
// and nothing of what kinds mean.
package mailbox

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"innkeeper/adapters/abi"
)

// Why an event was not taken.
var (
	// ErrFull means that as many events wait as may.
	ErrFull = errors.New("mailbox is full")
	// ErrSealed means that the instance takes no more events of this kind, or none at all.
	ErrSealed = errors.New("mailbox is sealed")
)

// Bounds of a mailbox.
type Bounds struct {
	// New is how much new work may wait before PostNew refuses more. What belongs to work that the guest already has does
	// not count: it is bounded by its own numbers and bytes.
	New int
	// DeltaBytes is how much of one handle may wait before PostDelta blocks.
	DeltaBytes int
	// AllDeltaBytes is how much memory the pieces of all handles together may take before PostDelta blocks; 0 means no
	// bound.
	AllDeltaBytes int
	// JoinFrom is how many events of one handle may wait before a further piece is joined with the last one: a guest that
	// keeps up gets every piece as it came. 0 joins whatever waits.
	JoinFrom int
}

// Mailbox is the queue of one instance. Any goroutine may post; one, the guest's, receives.
type Mailbox struct {
	bounds Bounds
	retire func(handle uint32)
	wake   chan struct{} // holds a token while events may be there
	busy   atomic.Int64  // when the guest last came back from the mailbox, in ns since start; -1 while it waits
	start  time.Time

	mu      sync.Mutex
	queue   []*event // queue[head:] waits
	head    int
	tails   map[uint32]*event // the last event of a handle, while it waits
	pending map[uint32]int    // delta bytes waiting, by handle
	deltas  int               // what the waiting deltas of all handles cost
	room    chan struct{}     // closed and replaced when delta bytes were fetched and somebody waits
	waiters int
	fresh   int // events that wait and are new work
	noNew   bool
	closed  bool
	unseen  map[uint32]bool // handles of new work that waited when the mailbox was closed
}

type event struct {
	kind    abi.EventKind
	handle  uint32
	payload []byte
	fresh   bool // new work
	first   bool // the guest learns of the handle by it
	delta   bool
	last    bool // the handle ends when this was fetched
	nth     int  // of a delta: how many of its handle came since none was waiting
}

// eventBytes is about what an event takes beside its payload, in bytes: a flood of tiny messages is mostly that.
const eventBytes = 96

// cost returns the memory that an event takes, in bytes.
func (e *event) cost() int { return len(e.payload) + eventBytes }

// New makes an empty mailbox. retire is called with a handle once the guest has fetched the event that was posted as its last;
// it may be nil.
func New(bounds Bounds, retire func(handle uint32)) *Mailbox {
	return &Mailbox{
		bounds: bounds, retire: retire, wake: make(chan struct{}, 1), start: time.Now(),
		tails: map[uint32]*event{}, pending: map[uint32]int{}, room: make(chan struct{}), unseen: map[uint32]bool{},
	}
}

// PostNew posts new work, such as a request. It fails with ErrFull when too much waits, and with ErrSealed once the
// instance takes no new work.
func (m *Mailbox) PostNew(kind abi.EventKind, handle uint32, payload []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.noNew {
		return ErrSealed
	}
	if m.fresh >= m.bounds.New {
		return ErrFull
	}
	m.fresh++
	m.push(&event{kind: kind, handle: handle, payload: payload, fresh: true, first: true})
	return nil
}

// PostPassed posts new work that another instance has passed on. It is taken also after RefuseNew, and fails only with
// ErrSealed, when the instance is over.
func (m *Mailbox) PostPassed(kind abi.EventKind, handle uint32, payload []byte) error {
	return m.post(&event{kind: kind, handle: handle, payload: payload, first: true})
}

// Post posts an event about work that the guest already has; it is never refused for lack of room, because the number of
// such events is bounded by the number of handles. It fails only with ErrSealed, when the instance is over.
func (m *Mailbox) Post(kind abi.EventKind, handle uint32, payload []byte) error {
	return m.post(&event{kind: kind, handle: handle, payload: payload})
}

// PostLast is Post with the event that ends a handle: the handle counts as open until the guest has fetched it, so that a guest
// cannot pile up ended ones that it never looks at.
func (m *Mailbox) PostLast(kind abi.EventKind, handle uint32, payload []byte) error {
	return m.post(&event{kind: kind, handle: handle, payload: payload, last: true})
}

func (m *Mailbox) post(e *event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrSealed
	}
	m.push(e)
	return nil
}

// PostDelta posts a piece of a stream. With join, a piece of the same kind and handle that still waits grows by this one,
// once JoinFrom of them wait. While more than DeltaBytes of the handle or AllDeltaBytes of all wait it blocks, until the
// guest fetched some, ctx ends (its cause is returned) or the instance is over (ErrSealed). The payload is copied.
func (m *Mailbox) PostDelta(ctx context.Context, kind abi.EventKind, handle uint32, payload []byte, join bool) error {
	m.mu.Lock()
	for {
		switch {
		case m.closed:
			m.mu.Unlock()
			return ErrSealed
		case ctx.Err() != nil: // so that after a cancel and a Drop nothing more comes
			m.mu.Unlock()
			return context.Cause(ctx)
		}
		if m.fits(handle, len(payload)) {
			break
		}
		room := m.room
		m.waiters++
		m.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			m.mu.Lock()
			m.waiters--
			m.mu.Unlock()
			return context.Cause(ctx)
		}
		m.mu.Lock()
		m.waiters--
	}
	defer m.mu.Unlock()
	m.pending[handle] += len(payload)
	e := &event{kind: kind, handle: handle, delta: true, nth: 1}
	if last := m.tails[handle]; last != nil && last.delta {
		if join && last.kind == kind && last.nth >= m.bounds.JoinFrom {
			last.payload = append(last.payload, payload...)
			m.deltas += len(payload)
			return nil
		}
		e.nth = last.nth + 1
	}
	e.payload = append([]byte(nil), payload...)
	m.deltas += e.cost()
	m.push(e)
	return nil
}

// fits reports whether there is room for a piece. One that is larger than a bound fits where nothing waits. The caller holds
// m.mu.
func (m *Mailbox) fits(handle uint32, n int) bool {
	waiting := m.pending[handle]
	if waiting > 0 && waiting+n > m.bounds.DeltaBytes {
		return false
	}
	return m.bounds.AllDeltaBytes == 0 || m.deltas == 0 || m.deltas+n+eventBytes <= m.bounds.AllDeltaBytes
}

// push appends an event and wakes the guest. The caller holds m.mu.
func (m *Mailbox) push(e *event) {
	m.queue = append(m.queue, e)
	if e.handle != 0 {
		m.tails[e.handle] = e
	}
	m.signal()
}

func (m *Mailbox) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Drop forgets every waiting event of a handle: it was closed, so nobody wants them.
func (m *Mailbox) Drop(handle uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tails[handle] == nil {
		return
	}
	live := slices.DeleteFunc(m.queue[m.head:], func(e *event) bool {
		if e.handle == handle {
			m.left(e)
		}
		return e.handle == handle
	})
	m.queue = m.queue[:m.head+len(live)]
	delete(m.tails, handle)
	m.freed(handle, m.pending[handle])
	m.rewind()
}

// left takes an event out of the counts of what waits. The caller holds m.mu.
func (m *Mailbox) left(e *event) {
	if e.fresh {
		m.fresh--
	}
	if e.delta {
		m.deltas -= e.cost()
	}
}

// RefuseNew makes PostNew fail from now on, because the instance is going to end; everything else goes on.
func (m *Mailbox) RefuseNew() {
	m.mu.Lock()
	m.noNew = true
	m.mu.Unlock()
}

// Close ends the mailbox: nothing is taken any more, everybody who waits to post is let go, and what waited is dropped.
func (m *Mailbox) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	m.closed, m.noNew = true, true
	for _, e := range m.queue[m.head:] {
		if e.first {
			m.unseen[e.handle] = true
		}
	}
	m.queue, m.head = nil, 0
	clear(m.tails)
	clear(m.pending)
	m.deltas = 0
	close(m.room)
}

// Unseen reports whether the mailbox was closed before the guest could learn of a handle.
func (m *Mailbox) Unseen(handle uint32) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.unseen[handle]
}

// freed takes fetched delta bytes out of the count and wakes whoever waits for room. The caller holds m.mu.
func (m *Mailbox) freed(handle uint32, n int) {
	if m.pending[handle] -= n; m.pending[handle] <= 0 {
		delete(m.pending, handle)
	}
	if m.waiters > 0 && !m.closed {
		close(m.room)
		m.room = make(chan struct{})
	}
}
