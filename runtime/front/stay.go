package front

import (
	"sync/atomic"

	"innkeeper/runtime/limits"
)

// Why a connection is not closed to make room; none of these is one that does nothing but take a place. A request without the key that a
// backend works on is closed where the bound that is short is one in which it has no share.
const (
	stayKeyed      = 1 << iota // it has brought the key
	stayWorked                 // a backend works on a whole request of it
	stayPlace                  // that has a share of the address's places
	stayDescriptor             // that has a share of the descriptors
)

// strangers counts requests in progress without the key that have a share of what is not set aside for those with it.
type strangers struct{ n atomic.Int64 }

// take takes a share, if that leaves their part of all to those with the key.
func (s *strangers) take(all int64) bool {
	for most := all - all/limits.KeyedShare; ; {
		n := s.n.Load()
		if n >= most {
			return false
		}
		if s.n.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// share takes a share in one of the bounds, and reports whether there was one.
func (l *listener) share(of uint32) bool {
	if of == stayPlace {
		return l.strangers.take(int64(l.limits.Load().Connections))
	}
	return l.front.strangers.take(l.front.connectable())
}

// unshare gives the shares back that a connection had.
func (l *listener) unshare(stay uint32) {
	if stay&stayPlace != 0 {
		l.strangers.n.Add(-1)
	}
	if stay&stayDescriptor != 0 {
		l.front.strangers.n.Add(-1)
	}
}

// guarded reports whether anybody comes to the address with the key.
func (l *listener) guarded() bool {
	for _, p := range l.table.Load().all() {
		if p.site.rules.Load().guarded {
			return true
		}
	}
	return false
}

// connectable is how many descriptors connections may have.
func (f *Front) connectable() int64 {
	others := f.cfg.Descriptors.Use().Used - f.connections.Load()
	return max(f.cfg.Descriptors.Common()-max(others, 0), 0)
}

// keep says that the connection is not closed to make room: as long as it lives if it has brought the key, else until its request is
// answered, whether or not the client reads the end of that. Without the key it is one of those that leave room for others.
func (c *conn) keep(keyed bool) {
	if c.keyed = c.keyed || keyed; c.keyed {
		c.stay.Store(stayKeyed)
		return
	}
	stay := uint32(stayWorked)
	for _, of := range [...]uint32{stayPlace, stayDescriptor} {
		if c.server.listener.share(of) {
			stay |= of
		}
	}
	c.stay.Store(stay)
}

// answered says that nobody works on the request any more.
func (c *conn) answered() {
	var next uint32
	if c.keyed {
		next = stayKeyed
	}
	c.server.listener.unshare(c.stay.Swap(next))
}

// mayGo reports whether the connection may be closed to make room where a bound is short: 0 if only one that nobody works for may. A request
// that came when there was no share gets one if there is one now. Any goroutine may call it.
func (c *conn) mayGo(short uint32) bool {
	for {
		stay := c.stay.Load()
		switch {
		case stay == 0:
			return short == 0
		case short == 0, stay&(stayKeyed|short) != 0:
			return false
		case !c.server.listener.share(short):
			return true
		case c.stay.CompareAndSwap(stay, stay|short):
			return false
		}
		c.server.listener.unshare(short)
	}
}
