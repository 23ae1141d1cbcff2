// Package front is what callers reach: the addresses, the guards, and every answer that the host makes itself.
//
// It owns the sockets and the connections with their limits, the order of checks that a request passes (origin, path,
// method, guard, load, body), and the giving of requests to the backends of a site: to the newest, to its predecessor what
// is passed back, and to nobody for a moment while one replaces the other. A [Site] is what one slot serves at an address of
// its own or at a mount on a shared one; it outlives the instances behind it, and its configuration can change while
// connections stay.
//
// It must not know what answers a request: a backend is an interface. It imports neither the ledger nor the mailbox.
package front

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"innkeeper/runtime/budget"
	"innkeeper/runtime/limits"
)

// Config says what a front works with. Logger is required.
type Config struct {
	Logger *slog.Logger
	// Listen opens a socket; nil means the operating system's. It is the seam for faults and for networks in memory.
	Listen func(ctx context.Context, network, address string) (net.Listener, error)
	// Descriptors is charged for every socket and connection; nil bounds nothing. Connections leave what is set aside there to others, and
	// one for which there is no descriptor waits in the system's queue.
	Descriptors *budget.Budget
	// Flight is charged for the heads, bodies and answers that wait at all addresses, in bytes; nil bounds nothing.
	Flight *budget.Budget
}

// Front is the addresses of one host. Its creator calls Close.
type Front struct {
	cfg         Config
	buffers     buffers
	heads       *budget.Budget  // what unfinished request heads cost
	over        context.Context // ends when nothing may go on any more
	cut         context.CancelFunc
	connections atomic.Int64   // that have taken a descriptor
	strangers   strangers      // that have a share of the descriptors
	retired     sync.WaitGroup // listeners whose sites have moved away

	nosniff, noReferrer, closing []string // values of headers, made once

	mu     sync.Mutex
	closed bool
	open   map[*listener]struct{}
	shared map[string]*sharing // by configured address
}

// ErrClosed means that the front or the site was closed.
var ErrClosed = errors.New("the front is closed")

// New makes a front. It opens nothing.
func New(cfg Config) *Front {
	if cfg.Listen == nil {
		cfg.Listen = new(net.ListenConfig).Listen
	}
	f := &Front{
		cfg: cfg, heads: budget.New(limits.HTTPHeadsBytes),
		open: map[*listener]struct{}{}, shared: map[string]*sharing{},
		nosniff: []string{"nosniff"}, noReferrer: []string{"no-referrer"}, closing: []string{"close"},
	}
	f.over, f.cut = context.WithCancel(context.Background())
	return f
}

// Close ends every listener that is still there. Requests in progress may end until ctx is over; the rest is cut. It
// returns when no goroutine of the front runs. It may be called more than once.
func (f *Front) Close(ctx context.Context) error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	open := f.listeners()
	stop := context.AfterFunc(ctx, f.cut)
	defer stop()
	errs := make([]error, len(open))
	var group sync.WaitGroup
	for i, l := range open {
		group.Go(func() { errs[i] = l.close(ctx) })
	}
	group.Wait()
	f.retired.Wait()
	f.cut()
	return errors.Join(errs...)
}

// listen opens the socket of an address.
func (f *Front) listen(ctx context.Context, address string, bounds AddressLimits) (*listener, error) {
	socket, err := f.bind(ctx, address)
	if err != nil {
		return nil, bindError(address, err)
	}
	l := newListener(f, address, socket, bounds)
	f.mu.Lock()
	closed := f.closed
	if !closed {
		f.open[l] = struct{}{}
	}
	f.mu.Unlock()
	if closed {
		return nil, errors.Join(ErrClosed, socket.Close())
	}
	l.start()
	return l, nil
}

// bind opens a socket, whose descriptor is charged until it is closed.
func (f *Front) bind(ctx context.Context, address string) (net.Listener, error) {
	if !f.cfg.Descriptors.Take(1) {
		use := f.cfg.Descriptors.Use()
		return nil, fmt.Errorf("%d of %d descriptors are taken: %w", use.Used, use.Limit, syscall.EMFILE)
	}
	release := sync.OnceFunc(func() { f.cfg.Descriptors.Give(1) })
	socket, err := f.cfg.Listen(ctx, "tcp", address)
	if err != nil {
		release()
		return nil, err
	}
	return &charged{socket, release}, nil
}

// charged is a socket that has taken a descriptor.
type charged struct {
	net.Listener
	release func() // safe to call twice
}

// Close closes the socket.
func (c *charged) Close() error {
	defer c.release()
	return c.Listener.Close()
}

// listeners are those that have not ended.
func (f *Front) listeners() []*listener {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Keys(f.open))
}

// forget takes a listener that has ended out of the list.
func (f *Front) forget(l *listener) {
	f.mu.Lock()
	delete(f.open, l)
	f.mu.Unlock()
}

// retire lets a listener that no site uses any more end by itself. If the front is being closed, that has it in its list.
func (f *Front) retire(l *listener) {
	l.stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	f.retired.Go(func() {
		if err := l.close(f.over); err != nil {
			f.cfg.Logger.Warn("an address that is not used any more could not be closed in order", "error", err)
		}
	})
}
