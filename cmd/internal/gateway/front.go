package gateway

import (
	"errors"
	"net/http"
	"os"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guesthost"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/runtime/front"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
	"innkeeper/runtime/supervisor"
)

// The settings by which a manifest can hand over what the host does for the adapter, if it declares them.
const (
	corsSetting      = "cors_origins" // list: the web origins that the slot's listener lets in
	keepAliveSetting = "keepalive"    // duration: how long an event stream may be silent; 0 means for ever
)

// listen opens the slot's listener, if its adapter serves HTTP and it is not open yet.
func (s *slot) listen() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conf.Manifest.HTTP == nil || s.slotFront.listener != nil {
		return nil
	}
	cfg := s.listenerConfig()
	settings := cfg
	cfg.Logger, cfg.Listen = s.logger, s.slotFront.open
	l, err := front.Bind(cfg)
	if errors.Is(err, front.ErrAddressInUse) || errors.Is(err, front.ErrNoKey) || errors.Is(err, os.ErrPermission) {
		return final("listen", err)
	}
	if err != nil {
		return temporary("listen", err)
	}
	l.Detach(unavailable(s.super.Status()))
	l.Serve()
	s.slotFront.listener, s.slotFront.settings = l, settings
	return nil
}

// keepAlive is how long an event stream may be silent before the host sends a comment.
func (s *slot) keepAlive() time.Duration {
	if every, ok := s.conf.Settings[keepAliveSetting].(time.Duration); ok {
		return every
	}
	return limits.HTTPKeepAlive
}

// listenerConfig is what the configuration says of the listener.
func (s *slot) listenerConfig() front.Config {
	own := s.conf.Limits
	cfg := front.Config{
		Address: s.conf.Listen, Key: []byte(s.conf.BearerKey().Reveal()),
		BodyBytes: own.MaxBody, HeaderBytes: int(own.MaxHeader), Connections: own.MaxConnections, Exchanges: own.MaxConcurrent,
		ReadHeaderTimeout: own.ReadHeaderTimeout, ReadBodyTimeout: own.ReadBodyTimeout, IdleTimeout: own.IdleTimeout,
		WriteStallTimeout: own.WriteStallTimeout,
	}
	if origins, ok := s.conf.Settings[corsSetting].([]string); ok {
		cfg.Origins = origins
	}
	for _, route := range s.conf.Manifest.HTTP.Routes {
		cfg.Routes = append(cfg.Routes, front.Route{
			Name: route.Name, Method: route.Method, Pattern: route.Path, Key: route.Access == manifest.AccessKey,
		})
	}
	return cfg
}

// attach lets requests through to the guest, and returns what takes that back.
func (s *slot) attach(guest *guesthost.Guest) (detach func()) {
	s.mu.Lock()
	l := s.slotFront.listener
	s.mu.Unlock()
	if l == nil || guest.HTTP == nil {
		return func() {}
	}
	undo := l.Attach(backend{guest.HTTP})
	return func() { undo(front.Unavailable{State: string(supervisor.Stopping), RetryAfter: time.Second}) }
}

// announce tells callers what the slot is doing while no instance serves.
func (s *slot) announce(status supervisor.Status) {
	s.mu.Lock()
	l := s.slotFront.listener
	s.mu.Unlock()
	if l != nil && status.State != supervisor.Connected {
		l.Detach(unavailable(status))
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

// backend adapts the guest's http family to the listener; each knows only itself.
type backend struct{ family *httpfn.Family }

var _ front.Backend = backend{}

func (b backend) Serve(w http.ResponseWriter, r *http.Request, in front.Inbound) front.Outcome {
	var values []abi.PathValue
	for _, v := range in.Values {
		values = append(values, abi.PathValue(v))
	}
	switch b.family.Serve(w, r, httpfn.Inbound{Route: in.Route, Values: values, RequestID: in.RequestID, Body: in.Body}) {
	case httpfn.Answered:
		return front.Answered
	case httpfn.NotTaken:
		return front.NotTaken
	case httpfn.Unanswered:
		return front.Unanswered
	default:
		return front.Cut
	}
}
