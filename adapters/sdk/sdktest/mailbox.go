package sdktest

import (
	"slices"
	"sync"
	"time"

	"innkeeper/adapters/abi"
)

// mailbox is an unbounded queue of framed events.
type mailbox struct {
	mu     sync.Mutex
	events [][]byte
	wake   chan struct{}
	closed bool
}

func (m *mailbox) post(kind abi.EventKind, handle uint32, payload []byte) {
	m.put(append(abi.AppendEventHeader(nil, kind, handle), payload...))
}

// put appends an event with its header.
func (m *mailbox) put(event []byte) {
	m.mu.Lock()
	m.events = append(m.events, event)
	m.mu.Unlock()
	m.signal()
}

// drop takes out what waits for a handle that was closed.
func (m *mailbox) drop(handle uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = slices.DeleteFunc(m.events, func(event []byte) bool {
		_, of, _, _ := abi.CutEvent(event)
		return of == handle
	})
}

func (m *mailbox) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.signal()
}

func (m *mailbox) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// look is the result of a wait that does not block.
func (m *mailbox) look() int32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case len(m.events) > 0:
		return 1
	case m.closed:
		m.signal() // for the next who waits
		return abi.ECANCELED.Result()
	}
	return 0
}

func (m *mailbox) wait(timeout time.Duration) int32 {
	var over <-chan time.Time
	if timeout > 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		over = timer.C
	}
	for {
		if result := m.look(); result != 0 || timeout == 0 {
			return result
		}
		select {
		case <-m.wake:
		case <-over:
			return m.look()
		}
	}
}

func (m *mailbox) receive(buffer []byte) int32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.events) == 0 {
		return abi.EAGAIN.Result()
	}
	event := m.events[0]
	if len(event) <= len(buffer) {
		copy(buffer, event)
		m.events = m.events[1:]
	}
	return int32(len(event))
}
