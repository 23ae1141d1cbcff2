package front

import "sync"

// slots counts the open connections of an address and lets no more in than there may be.
type slots struct {
	mu    sync.Mutex
	limit int
	used  int
	freed chan struct{} // holds a token after a change that may have made room
}

func newSlots(limit int) *slots { return &slots{limit: limit, freed: make(chan struct{}, 1)} }

// take waits for room, until done is closed. One goroutine calls it.
func (s *slots) take(done <-chan struct{}) bool {
	for {
		s.mu.Lock()
		ok := s.used < s.limit
		if ok {
			s.used++
		}
		s.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-s.freed:
		case <-done:
			return false
		}
	}
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
