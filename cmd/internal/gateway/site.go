package gateway

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"innkeeper/runtime/front"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/outcome"
	"innkeeper/runtime/supervisor"
)

// listen opens the slot's site for a spec, or puts the spec's configuration in force on the one that is there.
func (s *slot) listen(ctx context.Context, p *spec) *outcome.Failure {
	if p.conf.Manifest.HTTP == nil {
		s.dropUnusedSite(ctx)
		return nil
	}
	s.siting.Lock()
	defer s.siting.Unlock()
	if wanted := s.wanted(); wanted.conf.LiveSince(p.conf) {
		p = wanted // its live settings changed after the generation was made
	}
	if s.sited == p {
		return nil
	}
	err := s.configureSite(ctx, p)
	if err == nil {
		s.sited = p
		return nil
	}
	failure := &outcome.Failure{Code: "listen", Message: err.Error(), Retryable: true}
	for _, final := range []error{front.ErrAddressInUse, front.ErrMountInUse, front.ErrNoKey, front.ErrGuard, os.ErrPermission} {
		if errors.Is(err, final) {
			failure.Retryable = false
		}
	}
	return failure
}

// configureSite does the work of listen. The caller holds s.siting.
func (s *slot) configureSite(ctx context.Context, p *spec) error {
	if site := s.openedSite(); site != nil {
		return site.Update(ctx, SiteOf(p.conf, s.logger))
	}
	site, err := s.gateway.front.Open(ctx, SiteOf(p.conf, s.logger))
	if err != nil {
		return err
	}
	site.Detach(unavailable(s.super.Status(), p.conf.Budgets.Hold))
	s.mu.Lock()
	s.site = site
	s.mu.Unlock()
	return nil
}

// resite puts in force what live settings say of the site. One that could not be changed stays as it is.
func (s *slot) resite(ctx context.Context, p *spec) {
	s.siting.Lock()
	defer s.siting.Unlock()
	if site := s.openedSite(); site != nil && s.sited != nil && p.conf.LiveSince(s.sited.conf) {
		if err := site.Update(ctx, SiteOf(p.conf, s.logger)); err != nil {
			s.logger.Error("live settings of the address", "error", err)
			return
		}
		s.sited = p
	}
}

// dropUnusedSite gives the address back if what is wanted does not serve, and nothing that lives does.
func (s *slot) dropUnusedSite(ctx context.Context) {
	s.siting.Lock() // first: whoever is about to serve waits for it, and is wanted by then
	defer s.siting.Unlock()
	if p := s.wanted(); p.conf.Enabled() && (p.conf.Manifest == nil || p.conf.Manifest.HTTP != nil) || s.attached() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limits.CloseBudget)
	defer cancel()
	if err := s.giveUpSite(ctx); err != nil {
		s.logger.Error("address not closed in order", "error", err)
	}
}

// attached reports whether any generation answers requests.
func (s *slot) attached() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.live, func(g *generation) bool { return g.detach != nil })
}

// closeSite gives the slot's address back. Requests in progress may end until ctx is over.
func (s *slot) closeSite(ctx context.Context) error {
	s.siting.Lock()
	defer s.siting.Unlock()
	return s.giveUpSite(ctx)
}

// giveUpSite does the work of closeSite. The caller holds s.siting.
func (s *slot) giveUpSite(ctx context.Context) error {
	s.mu.Lock()
	site := s.site
	s.site, s.sited = nil, nil
	s.mu.Unlock()
	if site == nil {
		return nil
	}
	return site.Close(ctx)
}

// openedSite is the slot's site, nil if it has none.
func (s *slot) openedSite() *front.Site {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.site
}

// serves reports whether new requests have an instance to go to.
func (s *slot) serves() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.serving != nil
}

// attach makes a generation the one that new requests go to.
func (s *slot) attach(g *generation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serving = g
	if s.site != nil && g.http != nil {
		g.detach = s.site.Attach(g.http)
	}
}

// detach lets no more requests through to a generation.
func (s *slot) detach(g *generation, why front.Unavailable) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.detach != nil {
		g.detach(why)
		g.detach = nil
	}
	if s.serving == g {
		s.serving = nil
	}
}

// announce tells callers what the slot is doing while no instance serves. The lock keeps it from taking a request away from an
// instance that has begun to serve since.
func (s *slot) announce(status supervisor.Status) {
	hold := s.wanted().conf.Budgets.Hold
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.site != nil && s.serving == nil {
		s.site.Detach(unavailable(status, hold))
	}
}

// unavailable is what a caller is told in a state without an instance, after it has waited for one: as long as hold if an
// operator has asked for the change.
func unavailable(status supervisor.Status, hold time.Duration) front.Unavailable {
	u := front.Unavailable{State: string(status.State), Reason: status.Reason, RetryAfter: time.Second}
	crash := min(hold, limits.CrashHold)
	switch status.State {
	case supervisor.Starting:
		u.Hold = hold
		if status.Attempts > 0 {
			u.Hold = crash
		}
	case supervisor.Stopping:
		u.Hold = crash
		switch status.Reason {
		case restarting, reloading:
			u.Hold = hold
		case pausing, stopping:
			u.Hold = 0
		}
	case supervisor.Backoff:
		if status.NextAttempt.IsZero() {
			break // it waits for what earlier generations left
		}
		u.RetryAfter = time.Until(status.NextAttempt)
		if u.RetryAfter < crash {
			u.Hold = crash
		}
	default:
		u.RetryAfter = time.Minute // nothing changes before a person does something
	}
	return u
}
