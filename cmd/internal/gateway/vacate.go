package gateway

import (
	"context"
	"errors"
	"sync"
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
