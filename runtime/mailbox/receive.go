package mailbox

import (
	"context"
	"runtime"
	"time"

	"innkeeper/adapters/abi"
)

// Recv copies the next event, header and payload, into buffer and takes it from the queue. It returns the event's size; if
// that is larger than the buffer nothing was copied or taken. ok is false if no event waits.
func (m *Mailbox) Recv(buffer []byte) (size int, ok bool) {
	m.time.Alive()
	size, e := m.fetch(buffer)
	if e != nil {
		m.time.Served()
	}
	if e != nil && e.last && m.retire != nil {
		m.retire(e.handle)
	}
	return size, size > 0
}

// fetch copies and takes the next event. It is nil if it did not fit; the size is 0 if there is none.
func (m *Mailbox) fetch(buffer []byte) (size int, taken *event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.head == len(m.queue) {
		return 0, nil
	}
	e := m.queue[m.head]
	size = abi.EventHeaderSize + len(e.payload)
	if size > len(buffer) {
		return size, nil
	}
	copy(abi.AppendEventHeader(buffer[:0], e.kind, e.handle)[abi.EventHeaderSize:size], e.payload)
	m.remove(e)
	return size, e
}

// remove takes out the first event. The caller holds m.mu.
func (m *Mailbox) remove(e *event) {
	m.queue[m.head] = nil
	m.head++
	if m.tails[e.handle] == e {
		delete(m.tails, e.handle)
	}
	m.left(e)
	if e.delta {
		m.freed(e.handle)
	}
	m.rewind()
}

// rewind reuses the queue's memory: at once when it is empty, and when the dead front is as long as the live rest.
func (m *Mailbox) rewind() {
	switch live := len(m.queue) - m.head; {
	case live == 0:
		m.queue, m.head = m.queue[:0], 0
	case m.head > 64 && m.head >= live:
		n := copy(m.queue, m.queue[m.head:])
		clear(m.queue[n:])
		m.queue, m.head = m.queue[:n], 0
	}
}

// Waiting reports whether an event is there.
func (m *Mailbox) Waiting() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.head < len(m.queue)
}

// Wait blocks until an event is there (true), the timeout is over (false) or ctx ends (its cause). Zero looks and returns
// at once; a negative timeout waits for ever. While it blocks the guest counts as idle.
func (m *Mailbox) Wait(ctx context.Context, timeout time.Duration) (bool, error) {
	m.time.Alive()
	if m.Waiting() {
		return true, nil
	}
	if timeout == 0 {
		return false, context.Cause(ctx)
	}
	m.time.Rest()
	defer m.time.Woke()
	// Those who are about to post go first: to park and be woken for each event alone costs more than the event. With 16
	// clients this answers a fifth more requests, and it costs nothing when nobody else can run.
	runtime.Gosched()
	if m.Waiting() {
		return true, nil
	}
	var over <-chan time.Time
	if timeout > 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		over = timer.C
	}
	for {
		select {
		case <-m.wake:
			if m.Waiting() {
				return true, nil
			}
		case <-over:
			return m.Waiting(), nil
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}

// Work counts the guest's work, wherever it is met; a guest that never waits waits here for its share of the processor.
func (m *Mailbox) Work(ctx context.Context) { m.time.Work(ctx) }

// Away and Back stand around a wait of the guest for something else than an event. It goes on being busy, so that it may stall.
func (m *Mailbox) Away() { m.time.Away() }

// Back ends what [Mailbox.Away] began.
func (m *Mailbox) Back() { m.time.Back() }

// Leave notes that the guest has ended. It is for the guest's own goroutine.
func (m *Mailbox) Leave() { m.time.Leave() }

// Busy returns how long the guest has been working since it last came to the mailbox; 0 while it waits there, or for its share of
// the processor.
func (m *Mailbox) Busy() time.Duration { return m.time.Busy() }
