package gateway

import (
	"context"

	"innkeeper/runtime/config"
	"innkeeper/runtime/front"
	"innkeeper/runtime/ledger"
)

// takeover is what a slot takes over from the one before it of the same name.
type takeover struct {
	generation uint64 // the last number used; the next is greater
	past       map[ledger.Kind]ledger.Count
	site       *front.Site // nil if there is none
	endpoint   string      // of the site, as configured
}

// close gives back what nobody takes over.
func (t *takeover) close(ctx context.Context) error {
	site := t.site
	t.site = nil
	if site == nil {
		return nil
	}
	return site.Close(ctx)
}

// handOver takes from a slot that has ended what outlives it.
func (s *slot) handOver() *takeover {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := &takeover{
		generation: s.super.Status().Generation, past: s.past, site: s.site, endpoint: s.conf.Endpoint(),
	}
	s.site = nil
	return left
}

// dismiss closes a site that the next slot cannot use, because it is not going to serve, or at another address,
// which may be one that
// another adapter is about to give up, as this one's may be wanted by another.
func (t *takeover) dismiss(ctx context.Context, next *config.Adapter) error {
	if next.Enabled() && next.Endpoint() == t.endpoint {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, next.Budgets.Close)
	defer cancel()
	return t.close(ctx)
}
