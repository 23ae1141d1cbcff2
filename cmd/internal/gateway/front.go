package gateway

import (
	"context"
	"errors"
	"os"
	"time"

	"innkeeper/hostfuncs/guesthost"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/runtime/front"
	"innkeeper/runtime/supervisor"
)

// listen opens the slot's site, or puts the slot's configuration in force on the one that it has taken over.
func (s *slot) listen(ctx context.Context) error {
	if s.conf.Manifest.HTTP == nil || s.listening {
		return nil
	}
	site, err := s.openSite(ctx)
	switch {
	case errors.Is(err, front.ErrAddressInUse), errors.Is(err, front.ErrMountInUse), errors.Is(err, front.ErrNoKey),
		errors.Is(err, front.ErrGuard), errors.Is(err, os.ErrPermission):
		return final("listen", err)
	case err != nil:
		return temporary("listen", err)
	}
	s.mu.Lock()
	s.site = site
	s.mu.Unlock()
	s.listening = true
	site.Detach(unavailable(s.super.Status()))
	return nil
}

func (s *slot) openSite(ctx context.Context) (*front.Site, error) {
	cfg := s.siteConfig()
	if site := s.openedSite(); site != nil {
		return site, site.Update(ctx, cfg)
	}
	return s.front.Open(ctx, cfg)
}

// openedSite is the slot's site, nil if it has none.
func (s *slot) openedSite() *front.Site {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.site
}

// siteConfig is what the configuration says of the slot's site.
func (s *slot) siteConfig() front.SiteConfig {
	own := s.conf.Limits
	return front.SiteConfig{
		Address: s.conf.Listen, Mount: s.conf.Mount, HTTP: s.conf.Manifest.HTTP,
		Key: []byte(s.conf.BearerKey().Reveal()), Origins: s.conf.Origins(),
		Limits: front.SiteLimits{
			BodyBytes: own.MaxBody, ReadBodyTimeout: own.ReadBodyTimeout, Exchanges: own.MaxConcurrent,
		},
		AddressLimits: front.AddressLimits{
			HeaderBytes: int(own.MaxHeader), Connections: own.MaxConnections, ReadHeaderTimeout: own.ReadHeaderTimeout,
			IdleTimeout: own.IdleTimeout, WriteStallTimeout: own.WriteStallTimeout,
		},
		Logger: s.logger,
	}
}

// attach lets requests through to the guest, and returns what takes that back.
func (s *slot) attach(guest *guesthost.Guest) (detach func()) {
	site := s.openedSite()
	http, ok := guesthost.Find[*httpfn.Family](guest)
	if site == nil || !ok {
		return func() {}
	}
	undo := site.Attach(http)
	return func() { undo(front.Unavailable{State: string(supervisor.Stopping), RetryAfter: time.Second}) }
}

// announce tells callers what the slot is doing while no instance serves.
func (s *slot) announce(status supervisor.Status) {
	if site := s.openedSite(); site != nil && status.State != supervisor.Connected {
		site.Detach(unavailable(status))
	}
}

func unavailable(status supervisor.Status) front.Unavailable {
	u := front.Unavailable{State: string(status.State), Reason: status.Reason, RetryAfter: time.Second}
	switch {
	case status.State == supervisor.Backoff:
		u.RetryAfter = time.Until(status.NextAttempt)
	case status.State == supervisor.Stopped && status.Reason == string(reloading):
		// the next slot is about to start
	case status.State == supervisor.Paused, status.State == supervisor.Failed, status.State == supervisor.Stopped:
		u.RetryAfter = time.Minute // nothing changes before a person does something
	}
	return u
}
