package gateway

import (
	"context"
	"errors"
	"sync"

	"innkeeper/runtime/config"
)

// vacate closes the addresses of slots that are going to give them up and that others want. Requests in progress there may end
// within the drain budget. Such a slot cannot hand over, because its predecessor has nowhere to go on.
func (g *Gateway) vacate(ctx context.Context, p *changeset) error {
	wanted := map[string]bool{}
	for _, change := range p.changed {
		wanted[change.next.conf.Endpoint()] = true
	}
	for _, conf := range p.added {
		wanted[conf.Endpoint()] = true
	}
	errs := make([]error, len(p.changed))
	var group sync.WaitGroup
	for i, change := range p.changed {
		before, next := change.before.conf, change.next.conf
		if before.Listen == "" || before.Endpoint() == next.Endpoint() || !wanted[before.Endpoint()] {
			continue
		}
		p.changed[i].vacated = true
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, before.Budgets.Drain)
			defer cancel()
			errs[i] = named(before.Name, change.before.slot.closeSite(ctx))
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// resettle gives a slot whose address was given up one to go on at: what runs serves at the address that is wanted, under its own
// rules, until the change is carried out. That may have to wait, or be taken back.
func (s *slot) resettle(ctx context.Context, next *config.Adapter) {
	s.siting.Lock()
	defer s.siting.Unlock()
	serving := s.current()
	if serving == nil || next.Listen == "" || s.openedSite() != nil {
		return
	}
	cfg := SiteOf(serving.spec.conf, s.logger)
	cfg.Address, cfg.Mount = next.Listen, next.Mount
	site, err := s.gateway.front.Open(ctx, cfg)
	if err != nil {
		s.logger.Error("nobody can be served until the change is carried out", "error", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.site = site
	for _, g := range s.live { // the newest last: the one before is its predecessor then
		if g.detach != nil {
			g.detach = site.Attach(g.http)
		}
	}
}

// current is the generation that new requests go to, nil if there is none.
func (s *slot) current() *generation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.serving
}
