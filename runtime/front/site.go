package front

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"innkeeper/runtime/budget"
	"innkeeper/runtime/front/backend"
)

// Site is what one slot serves. Its creator calls Close.
type Site struct {
	front     *Front
	rules     atomic.Pointer[rules]
	backends  *backends
	at        atomic.Pointer[place]
	exchanges *budget.Budget // requests between the load check and their end
	memory    *budget.Budget // bytes of request bodies
	bodies    budget.Shares  // the same, and the front's

	change sync.Mutex // held while an Update or Close is carried out
	cfg    SiteConfig // the one in force, without the key
	closed bool
}

// Open opens a site: at an address of its own, or at a mount on one that it shares. Until something is attached, requests get 503. The
// error is a *[BindError], [ErrNoKey], [ErrGuard] or [ErrMountInUse], or says that ctx ended.
func (f *Front) Open(ctx context.Context, cfg SiteConfig) (*Site, error) {
	s := &Site{front: f, backends: newBackends(), exchanges: budget.New(0), memory: budget.New(0)}
	s.bodies = budget.Shares{s.memory, f.cfg.Flight}
	s.change.Lock()
	defer s.change.Unlock()
	if err := s.apply(ctx, cfg); err != nil {
		return nil, err
	}
	return s, nil
}

// Update makes another configuration hold for every request from now on; those in progress go on under the one that they
// began with. Where the address stays, so do the socket and its connections, whatever else changes. At another address the
// site is opened first, then the old one is given up: what is in progress there ends by itself. If the address cannot be
// opened, everything stays as it is.
func (s *Site) Update(ctx context.Context, cfg SiteConfig) error {
	s.change.Lock()
	defer s.change.Unlock()
	if s.closed {
		return fmt.Errorf("listen[%s]: %w", cfg.Address, ErrClosed)
	}
	return s.apply(ctx, cfg)
}

// apply carries an Update out. The caller holds s.change.
func (s *Site) apply(ctx context.Context, cfg SiteConfig) error {
	cfg.AddressLimits = cfg.AddressLimits.withDefaults()
	next, err := newRules(&cfg, s.front.cfg.Logger)
	if err != nil {
		return err
	}
	cfg.Key = nil
	switch here := s.at.Load(); {
	case here == nil:
		err = s.enter(ctx, &cfg, next)
	case s.cfg.Address == cfg.Address && s.cfg.Mount == cfg.Mount && !here.lost():
		s.hold(next)
		here.listener.adjust(cfg.AddressLimits)
	default:
		err = s.move(ctx, &cfg, next, here)
	}
	if err == nil {
		s.cfg = cfg
	}
	return err
}

// hold makes rules hold for requests from now on.
func (s *Site) hold(next *rules) {
	exchanges, memory := int64(next.limits.Exchanges), next.limits.BodiesBytes
	s.exchanges.Resize(exchanges)
	s.exchanges.Reserve(next.keyedPart(exchanges))
	s.memory.Resize(memory)
	s.memory.Reserve(next.keyedPart(memory))
	s.rules.Store(next)
}

// enter takes the site to the address and mount of the configuration.
func (s *Site) enter(ctx context.Context, cfg *SiteConfig, next *rules) error {
	l, err := s.front.acquire(ctx, cfg)
	if err != nil {
		return err
	}
	before := s.rules.Load()
	s.hold(next)
	p := &place{site: s, listener: l, mount: cfg.Mount, busy: newTally()}
	if err := l.join(p); err != nil {
		if before != nil {
			s.hold(before)
		}
		if s.front.release(l) {
			s.front.retire(l)
		}
		return err
	}
	l.adjust(cfg.AddressLimits)
	s.at.Store(p)
	return nil
}

// move takes the site to another address. Two sockets can be in each other's way, such as one for all interfaces and one for
// a single interface; then there is a moment without either.
func (s *Site) move(ctx context.Context, cfg *SiteConfig, next *rules, from *place) error {
	err := s.enter(ctx, cfg, next)
	if errors.Is(err, ErrAddressInUse) && from.listener.sharing == nil && samePort(from.listener.address, cfg.Address) {
		from.listener.stop()
		if err = s.enter(ctx, cfg, next); err != nil {
			before := s.cfg
			err = errors.Join(err, s.enter(context.WithoutCancel(ctx), &before, s.rules.Load()))
		}
		s.leave(from)
		return err
	}
	if err == nil {
		s.leave(from)
	}
	return err
}

// leave gives a place up and lets what is in progress there end by itself.
func (s *Site) leave(p *place) {
	if s.front.release(p.listener) {
		s.front.retire(p.listener)
		return
	}
	p.listener.part(p)
}

// samePort reports whether two addresses have the same port.
func samePort(a, b string) bool {
	_, portA, errA := net.SplitHostPort(a)
	_, portB, errB := net.SplitHostPort(b)
	return errA == nil && errB == nil && portA == portB
}

// Attach makes the backend answer every request from now on. One that was attached becomes its predecessor: it gets what the
// new one passes back, until its own detach is called. Attach the successor of a backend first and end the old one then:
// requests that the old one does not take any more go to the successor. The function returned is for this backend only: it does nothing
// to one that was attached later.
func (s *Site) Attach(b backend.Backend) (detach func(Unavailable)) { return s.backends.attach(b) }

// Detach makes every request from now on get 503, or wait for the next Attach if why.Hold says so. What a backend has taken it
// still answers. Calling it again updates the reason.
func (s *Site) Detach(why Unavailable) { s.backends.detach(why) }

// Addr is the address that the site has, with the port it was given.
func (s *Site) Addr() net.Addr { return s.at.Load().listener.socket.current().Addr() }

// Mount is the mount of the site on its address; empty if the address is its own.
func (s *Site) Mount() string { return s.at.Load().mount }

// Connections is the number of open connections to the site's address.
func (s *Site) Connections() int { return s.at.Load().listener.connections() }

// Exchanges is the number of requests in progress that passed the checks.
func (s *Site) Exchanges() int { return int(s.exchanges.Use().Used) }

// Close ends the site. Requests that wait for a backend get 503, those in progress may end until ctx is over, the rest is
// cut. An error means that a backend did not return although its client was cut. It may be called more than once.
func (s *Site) Close(ctx context.Context) error {
	s.backends.detach(Unavailable{State: "stopping"})
	s.change.Lock()
	defer s.change.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	p := s.at.Load()
	if s.front.release(p.listener) {
		return p.listener.close(ctx)
	}
	p.listener.part(p)
	return p.drain(ctx)
}
