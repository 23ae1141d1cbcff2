package front

import (
	"sync"
	"time"
)

// slots counts the open connections of an address and lets no more in than there may be.
type slots struct {
	mu    sync.Mutex
	limit int
	used  int
	freed chan struct{} // holds a token after a change that may have made room
}

func newSlots(limit int) *slots { return &slots{limit: limit, freed: make(chan struct{}, 1)} }

// crowdedPoll is how often it is tried again to make room where none is given back.
const crowdedPoll = 100 * time.Millisecond

// take waits for room, until done is closed, and tries to make some. One goroutine calls it.
func (s *slots) take(done <-chan struct{}, makeRoom func()) bool {
	for !s.try() {
		makeRoom()
		select {
		case <-s.freed:
		case <-time.After(crowdedPoll):
		case <-done:
			return false
		}
	}
	return true
}

// try takes one if there is room.
func (s *slots) try() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used >= s.limit {
		return false
	}
	s.used++
	return true
}

// release gives one back.
func (s *slots) release() {
	s.mu.Lock()
	s.used--
	s.mu.Unlock()
	s.signal()
}

// resize changes how many there may be. Those that are taken stay.
func (s *slots) resize(limit int) {
	s.mu.Lock()
	s.limit = limit
	s.mu.Unlock()
	s.signal()
}

func (s *slots) signal() {
	select {
	case s.freed <- struct{}{}:
	default:
	}
}
