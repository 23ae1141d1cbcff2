package front

import (
	"context"
	"fmt"

	"innkeeper/runtime/limits"
)

// place is where a site is: one address and perhaps a mount.
type place struct {
	site     *Site // nil for requests that no site gets
	listener *listener
	mount    string
	busy     tally // connections with a request for the site in progress
}

// lost reports whether a site is at an address of its own that takes no connections any more.
func (p *place) lost() bool { return p.listener.sharing == nil && p.listener.deaf() }

// drain lets the requests in progress end until ctx is over, and cuts the rest.
func (p *place) drain(ctx context.Context) error {
	if p.busy.wait(ctx) == nil {
		return nil
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), limits.HTTPCutGrace)
	defer cancel()
	p.listener.cutPlace(p)
	if p.busy.wait(grace) != nil {
		return fmt.Errorf("site[%s%s] requests[%d]: still in progress after the cut", p.listener.address, p.mount, p.busy.n.Load())
	}
	return nil
}

// cutPlace closes the connections that have a request for a place in progress.
func (l *listener) cutPlace(p *place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		if c.place.Load() == p {
			_ = c.Close()
		}
	}
}
