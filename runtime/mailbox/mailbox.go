// Package mailbox is the one queue through which events reach an instance.
//
// It owns the order of events, the bounds (how many may wait, what those of one stream and all of them may cost), the joining of
// deltas that a slow guest has not fetched, and the knowledge of whether the guest is waiting or working. It knows the frame of an event
// and nothing of what kinds mean.
package mailbox

import (
	"container/list"
	"errors"
	"slices"
	"sync"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/share"
)

// Why an event was not taken.
var (
	// ErrFull means that as many events wait as may, or that there is no memory for more.
	ErrFull = errors.New("mailbox is full")
	// ErrSealed means that the instance takes no more events of this kind, or none at all.
	ErrSealed = errors.New("mailbox is sealed")
)

// Bounds of a mailbox. Bytes are those of memory: each event takes [EventBytes] beside its payload.
type Bounds struct {
	// New is how much new work may wait before more is refused. What belongs to work that the guest already has does not count:
	// it is bounded by its own numbers and bytes. A part of it, as of Bytes and Flight, is for those who are trusted.
	New int
	// Bytes is what all that waits may take before new work is refused; 0 means no bound.
	Bytes int
	// DeltaBytes is what the pieces of one handle may take before PostDelta blocks.
	DeltaBytes int
	// AllDeltaBytes is what the pieces of all handles together may take before PostDelta blocks; 0 means no bound.
	AllDeltaBytes int
	// Flight is charged for all that waits; several mailboxes share it, and others. Nil means no bound.
	Flight *budget.Budget
	// JoinFrom is how many events of one handle may wait before a further piece is joined with the last one: a guest that
	// keeps up gets every piece as it came. 0 joins whatever waits.
	JoinFrom int
	// Turns are what the guest needs one of when it works on and on without waiting; nil leaves it alone.
	Turns *share.Turns
}

// Mailbox is the queue of one instance. Any goroutine may post; one, the guest's, receives.
type Mailbox struct {
	bounds Bounds
	retire func(handle uint32)
	wake   chan struct{} // holds a token while events may be there
	time   *share.Guest

	mu      sync.Mutex
	queue   []*event // queue[head:] waits
	head    int
	tails   map[uint32]*event    // the last event of a handle, while it waits
	levels  map[level]*event     // those that wait and say how something stands
	pending map[uint32]int       // what the waiting deltas of a handle take
	deltas  int                  // what those of all handles take
	bytes   int                  // what all events take
	lines   map[uint32][]*waiter // pieces that wait for room, those of a handle in order
	common  list.List            // the first of each line that its handle does not hold up
	woken   int                  // how often somebody who waited for room has come to look
	fresh   int                  // events that wait and are new work
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
	level   bool
	last    bool // the handle ends when this was fetched
	nth     int  // of a delta: how many of its handle came since none was waiting
}

// level is what an event tells the state of.
type level struct {
	kind   abi.EventKind
	handle uint32
}

// EventBytes is about what an event takes beside its payload, in bytes: a flood of tiny messages is mostly that.
const EventBytes = 96

// cost returns the memory that an event takes, in bytes.
func (e *event) cost() int { return len(e.payload) + EventBytes }

// New makes an empty mailbox. retire is called with a handle once the guest has fetched the event that was posted as its last;
// it may be nil.
func New(bounds Bounds, retire func(handle uint32)) *Mailbox {
	return &Mailbox{
		bounds: bounds, retire: retire, wake: make(chan struct{}, 1), time: bounds.Turns.Guest(),
		tails: map[uint32]*event{}, levels: map[level]*event{}, pending: map[uint32]int{}, lines: map[uint32][]*waiter{}, unseen: map[uint32]bool{},
	}
}

// PostNew posts new work, such as a request. It fails with ErrFull when too much waits, and with ErrSealed once the instance takes
// no new work. Who is not trusted leaves room for those who are.
func (m *Mailbox) PostNew(kind abi.EventKind, handle uint32, payload []byte, trusted bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.noNew {
		return ErrSealed
	}
	return m.admit(&event{kind: kind, handle: handle, payload: payload, fresh: true, first: true}, trusted)
}

// PostPassed is PostNew for work that another instance has passed on. It is taken also after RefuseNew.
func (m *Mailbox) PostPassed(kind abi.EventKind, handle uint32, payload []byte, trusted bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrSealed
	}
	return m.admit(&event{kind: kind, handle: handle, payload: payload, fresh: true, first: true}, trusted)
}

// admit posts new work if there is room for it. The caller holds m.mu.
func (m *Mailbox) admit(e *event, trusted bool) error {
	most, bytes := m.bounds.New, m.bounds.Bytes
	if !trusted {
		most, bytes = most-most/limits.KeyedShare, bytes-bytes/limits.KeyedShare
	}
	if m.fresh >= most || bytes > 0 && m.bytes+e.cost() > bytes || !m.bounds.Flight.TakeFor(trusted, int64(e.cost())) {
		return ErrFull
	}
	m.fresh++
	m.push(e)
	return nil
}

// Post posts an event about work that the guest already has; it is never refused for lack of room, because there is a bounded
// number of such events for each handle. It fails only with ErrSealed, when the instance is over.
func (m *Mailbox) Post(kind abi.EventKind, handle uint32, payload []byte) error {
	return m.post(&event{kind: kind, handle: handle, payload: payload})
}

// PostLevel is Post with an event that says how something stands, and not that something happened. While one of its kind and
// handle waits, that one says it from now on: a guest that never looks does not pile them up.
func (m *Mailbox) PostLevel(kind abi.EventKind, handle uint32, payload []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if waiting := m.levels[level{kind, handle}]; waiting != nil {
		m.book(len(payload) - len(waiting.payload))
		waiting.payload = payload
		return nil
	}
	e := &event{kind: kind, handle: handle, payload: payload, level: true}
	err := m.postLocked(e)
	if err == nil {
		m.levels[level{kind, handle}] = e
	}
	return err
}

// PostLast is Post with the event that ends a handle: the handle counts as open until the guest has fetched it, so that a guest
// cannot pile up ended ones that it never looks at.
func (m *Mailbox) PostLast(kind abi.EventKind, handle uint32, payload []byte) error {
	return m.post(&event{kind: kind, handle: handle, payload: payload, last: true})
}

func (m *Mailbox) post(e *event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.postLocked(e)
}

// postLocked does the work of post. The caller holds m.mu.
func (m *Mailbox) postLocked(e *event) error {
	if m.closed {
		return ErrSealed
	}
	m.bounds.Flight.Force(int64(e.cost()))
	m.push(e)
	return nil
}

// push appends an event that was charged and wakes the guest. The caller holds m.mu.
func (m *Mailbox) push(e *event) {
	m.bytes += e.cost()
	m.queue = append(m.queue, e)
	if e.handle != 0 {
		m.tails[e.handle] = e
	}
	m.signal()
}

// book charges n more bytes of what waits already, or gives them back. The caller holds m.mu.
func (m *Mailbox) book(n int) {
	m.bytes += n
	if n < 0 {
		m.bounds.Flight.Give(int64(-n))
		return
	}
	m.bounds.Flight.Force(int64(n))
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
	m.freed(handle)
	m.rewind()
}

// left takes an event out of the counts of what waits. The caller holds m.mu.
func (m *Mailbox) left(e *event) {
	cost := e.cost()
	m.book(-cost)
	switch {
	case e.fresh:
		m.fresh--
	case e.level:
		delete(m.levels, level{e.kind, e.handle})
	case e.delta:
		m.deltas -= cost
		if m.pending[e.handle] -= cost; m.pending[e.handle] <= 0 {
			delete(m.pending, e.handle)
		}
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
	clear(m.levels)
	clear(m.pending)
	m.book(-m.bytes)
	m.deltas = 0
	m.dismiss()
}

// Unseen reports whether the mailbox was closed before the guest could learn of a handle.
func (m *Mailbox) Unseen(handle uint32) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.unseen[handle]
}
