package front

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"innkeeper/runtime/limits"
)

// server is the HTTP server of a listener's connections, with one set of limits.
type server struct {
	listener *listener
	http     *http.Server
	queue    chan incoming
	done     chan struct{} // closed when it takes no more connections
	end      func()
	served   chan struct{} // closed when all that it took are counted
	retired  atomic.Bool   // another one has taken its place: connections end after their next answer
	open     tally         // connections
}

// incoming is what the socket gave.
type incoming struct {
	conn net.Conn
	err  error
}

// headSlack is what net/http allows a request head beyond MaxHeaderBytes.
const headSlack = 4096

func newServer(l *listener, limits AddressLimits) *server {
	s := &server{listener: l, queue: make(chan incoming), open: newTally(), done: make(chan struct{}), served: make(chan struct{})}
	s.end = sync.OnceFunc(func() { close(s.done) })
	s.http = &http.Server{
		Handler:                      s,
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            limits.ReadHeaderTimeout,
		IdleTimeout:                  limits.IdleTimeout,
		MaxHeaderBytes:               max(limits.HeaderBytes-headSlack, 1),
		ErrorLog:                     slog.NewLogLogger(l.front.cfg.Logger.Handler(), slog.LevelWarn),
		BaseContext:                  func(net.Listener) context.Context { return l.over },
		ConnContext:                  withConn,
		ConnState:                    s.connState,
	}
	return s
}

// run serves connections until end is called, and returns when the last of them is closed. When the listener is cut, so are they.
func (s *server) run() {
	l := s.listener
	if err := s.http.Serve(s); !errors.Is(err, net.ErrClosed) {
		l.front.cfg.Logger.Error("an address takes no more connections", "address", l.address, "error", err)
	}
	s.end()
	close(s.served)
	_ = s.open.wait(l.over)
	_ = s.http.Close() // closes every connection; their errors say nothing new
	grace, cancel := context.WithTimeout(context.Background(), limits.HTTPCutGrace)
	defer cancel()
	var err error
	if s.open.wait(grace) != nil {
		err = fmt.Errorf("listen[%s] connections[%d]: still in use after the cut", l.address, s.open.n.Load())
	}
	l.drop(s, err)
}

// retire lets another server take the connections that come from now on.
func (s *server) retire() {
	s.retired.Store(true)
	s.end()
}

// Accept implements [net.Listener] for the HTTP server.
func (s *server) Accept() (net.Conn, error) {
	select {
	case in := <-s.queue:
		if in.err != nil {
			return nil, in.err
		}
		return newConn(in.conn, s), nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener]: the socket stays open for the next server.
func (s *server) Close() error {
	s.end()
	return nil
}

// Addr implements [net.Listener].
func (s *server) Addr() net.Addr { return s.listener.socket.current().Addr() }

// connState follows each connection; the HTTP server calls it in the connection's own goroutine, but for the first time.
func (s *server) connState(raw net.Conn, state http.ConnState) {
	c, ok := raw.(*conn)
	if !ok {
		return
	}
	switch state {
	case http.StateNew:
		s.came(c)
	case http.StateIdle:
		c.rest()
	case http.StateClosed:
		c.rest()
		s.left(c)
	case http.StateHijacked:
		c.taken = true
	}
}

// came counts a connection in.
func (s *server) came(c *conn) {
	s.open.add(1)
	s.listener.unread.add(1)
	s.listener.mu.Lock()
	s.listener.conns[c] = struct{}{}
	s.listener.mu.Unlock()
}

// left counts a connection out.
func (s *server) left(c *conn) {
	c.settle()
	s.listener.mu.Lock()
	delete(s.listener.conns, c)
	s.listener.mu.Unlock()
	s.open.add(-1)
}

// endHijacked does for a connection that its handler took over what the HTTP server does no more.
func (s *server) endHijacked(c *conn) {
	if c.taken {
		_ = c.Close()
		c.rest()
		s.left(c)
	}
}
