package front

import (
	"slices"
	"time"
)

// A connection is closed to make room only after evictAge, which is longer than a request needs to arrive. Of evictSample that are
// looked at the oldest goes: a look at all of them would be dear for whoever comes next.
const (
	evictAge    = time.Second
	evictSample = 64
)

// makeRoom closes a connection that takes a descriptor, here or, if there is none here, at another address: who comes with the key must
// not wait for those to end who say nothing elsewhere, or who have more of all descriptors than is for those without the key.
func (l *listener) makeRoom() {
	all := l.front.listeners()
	if l.evict(0) || slices.ContainsFunc(all, func(other *listener) bool { return other.evict(0) }) {
		return
	}
	if slices.ContainsFunc(all, (*listener).guarded) {
		_ = l.evict(stayDescriptor) || slices.ContainsFunc(all, func(other *listener) bool { return other.evict(stayDescriptor) })
	}
}

// makePlace does the same where the address has no place left.
func (l *listener) makePlace() {
	if !l.evict(0) && l.guarded() {
		l.evict(stayPlace)
	}
}

// evict closes the oldest connection that may go where a bound is short, if there is one, and reports whether there was: who comes with
// the key must not wait for those to end who say nothing.
func (l *listener) evict(short uint32) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	var oldest *conn
	seen := 0
	for c := range l.conns { // in random order
		if seen++; seen > evictSample {
			break
		}
		if time.Since(c.came) > evictAge && (oldest == nil || c.came.Before(oldest.came)) && c.mayGo(short) {
			oldest = c
		}
	}
	if oldest == nil {
		return false
	}
	delete(l.conns, oldest) // its goroutine may take a while to notice: the next time another one goes
	_ = oldest.Close()
	return true
}
