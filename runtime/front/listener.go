package front

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// listener is one address: its socket, the connections that came in there, and who gets their requests. Its connections
// belong to one HTTP server, and to those that it had before its limits changed.
type listener struct {
	front     *Front
	address   string   // as configured
	sharing   *sharing // nil if the address belongs to one site
	socket    socket
	limits    atomic.Pointer[AddressLimits]
	table     atomic.Pointer[table]
	stray     place    // of requests that no site gets
	parted    []*place // those that lost their requests and may have some in progress; guarded by mu
	slots     *slots
	strangers strangers // that have a share of the places
	unread    tally     // connections on which no request was read yet
	over      context.Context
	cut       context.CancelFunc // ends every request
	running   sync.WaitGroup     // the accept loop and the servers
	stop      func()             // frees the address; connections stay
	stopped   chan struct{}      // closed by stop
	quiet     chan struct{}      // closed when the last connection was given to a server

	mu      sync.Mutex
	server  atomic.Pointer[server] // takes new connections; written with mu held
	servers []*server              // all that have connections
	ended   bool                   // no other server may come
	conns   map[*conn]struct{}
	failed  []error

	closing sync.Once
	closed  error
}

func newListener(f *Front, address string, opened net.Listener, limits AddressLimits) *listener {
	l := &listener{
		front: f, address: address, socket: socket{now: opened}, slots: newSlots(limits.Connections), unread: newTally(),
		stopped: make(chan struct{}), quiet: make(chan struct{}), conns: map[*conn]struct{}{},
	}
	l.stray = place{listener: l, busy: newTally()}
	l.over, l.cut = context.WithCancel(context.Background())
	l.stop = sync.OnceFunc(func() {
		close(l.stopped)
		l.socket.close()
	})
	l.limits.Store(&limits)
	l.table.Store(&table{})
	return l
}

// start begins to take connections.
func (l *listener) start() {
	l.mu.Lock()
	l.serve(*l.limits.Load())
	l.mu.Unlock()
	l.running.Go(l.accept)
}

// serve makes a new server take the connections that come from now on. The caller holds l.mu.
func (l *listener) serve(limits AddressLimits) {
	s := newServer(l, limits)
	l.servers = append(l.servers, s)
	l.server.Store(s)
	l.running.Go(s.run)
}

// accept takes connections off the socket and gives them to the server of the moment, which waits a little after an error
// that passes, such as a lack of descriptors.
func (l *listener) accept() {
	defer close(l.quiet)
	for l.admit() {
		c, err := l.socket.current().Accept()
		if err != nil {
			l.dismiss()
		}
		if err != nil && !l.deaf() && !passes(err) {
			if l.reopen(err) {
				continue
			}
			err = net.ErrClosed
		}
		if !l.deliver(incoming{c, err}) || errors.Is(err, net.ErrClosed) {
			break
		}
	}
	l.stop() // so that callers do not wait for nobody, if it was the server that failed
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	l.server.Load().end()
}

// admit waits until one more connection may come in: until the address has a place and the process a descriptor, or one that
// nobody misses was closed. Whoever comes meanwhile waits in the system's queue. False means that the address was closed.
func (l *listener) admit() bool {
	if !l.slots.take(l.stopped, l.makePlace) {
		return false
	}
	for descriptors := l.front.cfg.Descriptors; ; {
		more := descriptors.More()
		if descriptors.TakeFor(false, 1) {
			l.front.connections.Add(1)
			return true
		}
		l.makeRoom()
		select {
		case <-more:
		case <-time.After(crowdedPoll):
		case <-l.stopped:
			l.slots.release()
			return false
		}
	}
}

// dismiss gives back what admit has taken.
func (l *listener) dismiss() {
	l.front.connections.Add(-1)
	l.front.cfg.Descriptors.Give(1)
	l.slots.release()
}

// deliver reports whether a server took the connection.
func (l *listener) deliver(in incoming) bool {
	for {
		s := l.server.Load()
		select {
		case s.queue <- in:
			return true
		case <-s.done:
			if l.server.Load() != s {
				continue // it was replaced
			}
			if in.conn != nil {
				_ = in.conn.Close()
				l.dismiss()
			}
			return false
		}
	}
}

// adjust changes the limits. What an HTTP server cannot change while it runs is brought by another one, which takes the
// connections from now on; the one before ends its own after the next answer on each.
func (l *listener) adjust(next AddressLimits) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := *l.limits.Load()
	l.limits.Store(&next)
	l.slots.resize(next.Connections)
	before.Connections, before.WriteStallTimeout = next.Connections, next.WriteStallTimeout
	if l.ended || before == next {
		return
	}
	old := l.server.Load()
	l.serve(next)
	old.retire()
}

// all lists the servers that have connections.
func (l *listener) all() []*server {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.servers)
}

// drop takes a server that has no connections any more out of the list.
func (l *listener) drop(s *server, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.servers = slices.DeleteFunc(l.servers, func(other *server) bool { return other == s })
	if err != nil {
		l.failed = append(l.failed, err)
	}
}

// deaf reports whether no more connections are taken.
func (l *listener) deaf() bool {
	select {
	case <-l.stopped:
		return true
	case <-l.quiet: // the socket failed
		return true
	default:
		return false
	}
}

// unreadGrace is how long connections are waited for on which no request was read yet. One that is on its way arrives within
// a round trip; a client that has connected and says nothing must not hold anything up.
const unreadGrace = 250 * time.Millisecond

// close ends the listener. It stops taking connections, lets requests in progress end until ctx is over, cuts the rest, and
// returns when none of its goroutines runs. An error means that a backend did not return although its client was cut. It
// may be called more than once.
func (l *listener) close(ctx context.Context) error {
	l.closing.Do(func() { l.closed = l.end(ctx) })
	return l.closed
}

func (l *listener) end(ctx context.Context) error {
	defer l.front.forget(l)
	l.stop()
	<-l.quiet
	servers := l.all() // no other comes any more
	for _, s := range servers {
		<-s.served
	}
	l.awaitFirstRequests(ctx)
	for _, s := range servers {
		s.http.SetKeepAlivesEnabled(false) // closes those without a request
	}
	for _, p := range l.places() {
		if err := p.busy.wait(ctx); err != nil {
			l.front.cfg.Logger.Info("cutting requests in progress", "address", l.address, "requests", p.busy.n.Load(), "cause", err)
		}
	}
	l.cut()
	l.running.Wait()
	return errors.Join(l.failed...)
}

// places lists whatever can have requests in progress.
func (l *listener) places() []*place {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Concat(l.table.Load().all(), l.parted, []*place{&l.stray})
}

// awaitFirstRequests gives requests that are on their way the time to arrive: to close a connection then would refuse a caller.
func (l *listener) awaitFirstRequests(ctx context.Context) {
	grace, cancel := context.WithTimeout(ctx, unreadGrace)
	defer cancel()
	_ = l.unread.wait(grace) // whatever it found, the rest is closed now
}

// connections is the number of open ones.
func (l *listener) connections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}
