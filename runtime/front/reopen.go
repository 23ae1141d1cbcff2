package front

import (
	"context"
	"net"
	"sync"
	"time"

	"innkeeper/runtime/limits"
)

// socket is that of a listener. It is another one after it has failed by itself and was opened again.
type socket struct {
	mu     sync.Mutex
	now    net.Listener
	closed bool
}

func (s *socket) current() net.Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// close closes the socket for good.
func (s *socket) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	_ = s.now.Close() // the socket is gone either way
}

// replace puts another socket in the place of one that has failed, and reports whether it is wanted still.
func (s *socket) replace(next net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = next.Close()
		return false
	}
	s.now = next
	return true
}

// passes reports whether an error of Accept passes, such as a lack of descriptors. It is what the HTTP server looks at.
func passes(err error) bool {
	passing, ok := err.(interface{ Temporary() bool })
	return ok && passing.Temporary()
}

// reopen opens a socket that has failed again, at the address that it had, after pauses that grow. Connections stay meanwhile,
// and callers are refused instead of waiting for nobody. False means that the address was closed.
func (l *listener) reopen(why error) bool {
	failed := l.socket.current()
	address := failed.Addr().String()
	_ = failed.Close()
	ctx, stop := context.WithCancel(l.over)
	defer stop()
	logger := l.front.cfg.Logger.With("address", address)
	for pause := limits.HTTPReopenFirst; ; pause = min(2*pause, limits.HTTPReopenMost) {
		logger.Error("an address takes no connections; it is opened again", "error", why, "after", pause)
		select {
		case <-time.After(pause):
		case <-l.stopped:
			return false
		}
		var next net.Listener
		if next, why = l.front.bind(ctx, address); why == nil {
			logger.Info("an address takes connections again")
			return l.socket.replace(next)
		}
	}
}
