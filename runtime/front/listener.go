// Package front is the HTTP front of one slot.
//
// It owns the socket, the connections and their limits, the order of checks that a request passes (origin, path, method,
// key, load, body), and every answer that the host makes itself. It outlives the instances behind it: while there is none,
// callers get 503 with Retry-After, and one backend can replace another without losing a request.
//
// It must not know what answers a request: a backend is an interface. It imports neither the ledger nor the mailbox.
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

// ErrNoKey means that a route needs the bearer key and the configuration has none. Such a listener is never opened.
var ErrNoKey = errors.New("a route needs the key, and there is none")

// Listener is the HTTP front of one slot. Its creator calls Close.
type Listener struct {
	cfg        Config
	routes     *routes
	cors       cors
	key        keyCheck
	nosniff    []string
	noReferrer []string
	buffers    buffers

	current   atomic.Pointer[attachment]
	exchanges atomic.Int64 // requests between the load check and their end
	bodies    atomic.Int64 // bytes of request bodies in memory

	acceptor *acceptor
	server   *http.Server
	cutAll   context.CancelFunc // ends the context of every request
	accept   sync.WaitGroup
	open     tally // connections
	busy     tally // connections with a request in progress
	closing  sync.Once
	closed   error
}

// attachment is who answers now: a backend, or nobody and why.
type attachment struct {
	backend     Backend
	unavailable Unavailable
}

// Bind opens the socket. Connections are taken from Serve on; those that come before wait. The error is a *[BindError],
// or [ErrNoKey].
func Bind(cfg Config) (*Listener, error) {
	cfg = cfg.withDefaults()
	l := &Listener{
		routes: newRoutes(cfg.Routes), cors: newCORS(cfg.Origins), key: newKeyCheck(cfg.Key),
		nosniff: []string{"nosniff"}, noReferrer: []string{"no-referrer"},
		open: newTally(), busy: newTally(),
	}
	for _, route := range cfg.Routes {
		if route.Key && len(cfg.Key) == 0 {
			return nil, fmt.Errorf("listen[%s] route[%s %s]: %w", cfg.Address, route.Method, route.Pattern, ErrNoKey)
		}
	}
	cfg.Key = nil
	l.cfg = cfg
	l.current.Store(&attachment{unavailable: Unavailable{State: "starting"}})
	socket, err := cfg.Listen(context.Background(), "tcp", cfg.Address)
	if err != nil {
		return nil, bindError(cfg.Address, err)
	}
	l.acceptor = newAcceptor(socket, l)
	l.server = l.newServer()
	return l, nil
}

// headSlack is what net/http allows a request head beyond MaxHeaderBytes.
const headSlack = 4096

func (l *Listener) newServer() *http.Server {
	base, cutAll := context.WithCancel(context.Background())
	l.cutAll = cutAll
	return &http.Server{
		Handler:                      l,
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            l.cfg.ReadHeaderTimeout,
		IdleTimeout:                  l.cfg.IdleTimeout,
		MaxHeaderBytes:               max(l.cfg.HeaderBytes-headSlack, 1),
		ErrorLog:                     slog.NewLogLogger(l.cfg.Logger.Handler(), slog.LevelWarn),
		BaseContext:                  func(net.Listener) context.Context { return base },
		ConnContext:                  withConn,
		ConnState:                    l.connState,
	}
}

// Serve starts to take connections, in a goroutine that Close waits for. It is called once.
func (l *Listener) Serve() {
	l.accept.Go(func() {
		// The server returns when the socket is closed, which is Close's doing; anything else is a fault worth a line.
		if err := l.server.Serve(l.acceptor); !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
			l.cfg.Logger.Error("listener ended", "address", l.Addr().String(), "error", err)
		}
	})
}

// Addr is the address that the listener has, with the port it was given.
func (l *Listener) Addr() net.Addr { return l.acceptor.Addr() }

// Attach makes the backend answer every request from now on. Attach the successor of a backend first and end the old one
// then: requests that the old one does not take any more go to the successor. The function returned is Detach for this
// backend only: it does nothing once another one is attached.
func (l *Listener) Attach(b Backend) (detach func(Unavailable)) {
	mine := &attachment{backend: b}
	l.current.Store(mine)
	return func(why Unavailable) { l.current.CompareAndSwap(mine, &attachment{unavailable: why}) }
}

// Detach makes every request from now on get 503. What a backend has taken it still answers. Calling it again updates the
// reason.
func (l *Listener) Detach(why Unavailable) { l.current.Store(&attachment{unavailable: why}) }

// Connections is the number of open client connections.
func (l *Listener) Connections() int { return int(l.open.n.Load()) }

// Exchanges is the number of requests in progress that passed the checks.
func (l *Listener) Exchanges() int { return int(l.exchanges.Load()) }

// begin books a request in progress. Its end is a change of the connection's state, after the last byte of the answer.
func (l *Listener) begin(c *conn) {
	c.serving = true
	l.busy.add(1)
}

// connState follows each connection; the HTTP server calls it in the connection's own goroutine, but for the first time.
func (l *Listener) connState(raw net.Conn, state http.ConnState) {
	c, ok := raw.(*conn)
	if !ok {
		return
	}
	switch state {
	case http.StateNew:
		l.open.add(1)
	case http.StateIdle:
		l.rest(c)
	case http.StateClosed:
		l.rest(c)
		l.open.add(-1)
	case http.StateHijacked:
		c.taken = true
	}
}

// endHijacked does for a connection that its handler took over what the HTTP server does no more.
func (l *Listener) endHijacked(c *conn) {
	if c.taken {
		_ = c.Close()
		l.rest(c)
		l.open.add(-1)
	}
}

func (l *Listener) rest(c *conn) {
	if c.serving {
		c.serving = false
		l.busy.add(-1)
	}
}

// Close ends the listener. It stops taking connections, lets requests in progress end until ctx is over, cuts the rest,
// and returns when none of its goroutines runs. An error means that a backend did not return although its client was cut.
// It may be called more than once; attach nothing but a final Detach before it, so that no new work begins.
func (l *Listener) Close(ctx context.Context) error {
	l.closing.Do(func() { l.closed = l.close(ctx) })
	return l.closed
}

func (l *Listener) close(ctx context.Context) error {
	_ = l.acceptor.Close() // the socket is gone either way
	l.accept.Wait()        // no connection is added from here on
	l.server.SetKeepAlivesEnabled(false)
	if err := l.busy.wait(ctx); err != nil {
		l.cfg.Logger.Info("cutting requests in progress", "requests", l.busy.n.Load(), "cause", err)
	}
	l.cutAll()
	_ = l.server.Close() // closes every connection; their errors say nothing new
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), limits.HTTPCutGrace)
	defer cancel()
	if err := l.open.wait(grace); err != nil {
		return fmt.Errorf("listener[%s] connections[%d]: still in use after the cut", l.Addr(), l.open.n.Load())
	}
	return nil
}
