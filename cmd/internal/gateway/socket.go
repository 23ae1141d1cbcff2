package gateway

import (
	"context"
	"net"
	"sync"
	"time"
)

// socket is a listening socket that outlives the listeners which accept from it one after the other. While none does,
// callers wait in the kernel's queue instead of being refused: so a reload refuses nobody.
type socket struct {
	*net.TCPListener
	address string // as configured
}

// listenOn opens the address, for a listener's Listen.
func listenOn(ctx context.Context, network, address string) (*socket, error) {
	var config net.ListenConfig
	opened, err := config.Listen(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &socket{opened.(*net.TCPListener), address}, nil
}

// lease lends the socket to a listener.
func (s *socket) lease() (*lease, error) {
	if err := s.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	return &lease{socket: s, quiet: make(chan struct{})}, nil
}

// lease is the socket as one listener has it. Closing it ends that listener's Accept and leaves the socket open.
//
// It knows which connections are fresh: accepted, and nothing was answered on them yet. An HTTP server that is closed takes
// a connection whose request it has not read for an idle one and drops it, so whoever closes it waits for those first.
type lease struct {
	*socket

	mu    sync.Mutex
	ended bool
	fresh int           // connections, and Accept while it runs
	quiet chan struct{} // closed when the lease has ended and nothing is fresh
}

// Accept waits for a connection until the lease is closed.
func (l *lease) Accept() (net.Conn, error) {
	if !l.begin() {
		return nil, net.ErrClosed
	}
	conn, err := l.AcceptTCP()
	if err == nil {
		return &freshConn{TCPConn: conn, answered: sync.OnceFunc(l.settle)}, nil
	}
	defer l.settle()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return nil, net.ErrClosed
	}
	return nil, err
}

// Close ends the lease. It may be called more than once.
func (l *lease) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return nil
	}
	l.ended = true
	if l.fresh == 0 {
		close(l.quiet)
	}
	return l.SetDeadline(time.Unix(1, 0))
}

func (l *lease) begin() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	l.fresh++
	return true
}

func (l *lease) settle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fresh--
	if l.ended && l.fresh == 0 {
		close(l.quiet)
	}
}

// freshGrace is how long fresh connections are waited for. A request that is on its way arrives within a round trip; a client
// that has connected and says nothing must not hold anything up.
const freshGrace = 250 * time.Millisecond

// wait ends the lease and waits for the first answer on each connection.
func (l *lease) wait(ctx context.Context) {
	_ = l.Close() // the socket's deadline cannot fail while the socket is open
	timer := time.NewTimer(freshGrace)
	defer timer.Stop()
	select {
	case <-l.quiet:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// freshConn tells when the first answer begins on it, or it is closed without one.
type freshConn struct {
	*net.TCPConn
	answered func()
}

func (c *freshConn) Write(p []byte) (int, error) {
	c.answered()
	return c.TCPConn.Write(p)
}

func (c *freshConn) Close() error {
	c.answered()
	return c.TCPConn.Close()
}
