package front

import "time"

// A connection is closed to make room only after evictAge, which is longer than a request needs to arrive. Of evictSample that are
// looked at the oldest goes: a look at all of them would be dear for whoever comes next.
const (
	evictAge    = time.Second
	evictSample = 64
)

// makeRoom closes a connection that does nothing but take a descriptor, here or, if there is none here, at another address: who comes
// with the key must not wait for those to end who say nothing elsewhere.
func (l *listener) makeRoom() {
	if l.evict() {
		return
	}
	for _, other := range l.front.listeners() {
		if other != l && other.evict() {
			return
		}
	}
}

// evict closes a connection that does nothing but take a place, if there is one, and reports whether there was: who comes with the key
// must not wait for those to end who say nothing.
func (l *listener) evict() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	var oldest *conn
	seen := 0
	for c := range l.conns { // in random order
		if seen++; seen > evictSample {
			break
		}
		if !c.kept.Load() && time.Since(c.came) > evictAge && (oldest == nil || c.came.Before(oldest.came)) {
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
