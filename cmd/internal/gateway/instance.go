package gateway

import (
	"context"
	"fmt"
	"log/slog"

	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/guesthost"
	"innkeeper/hostfuncs/hostcall"
	"innkeeper/hostfuncs/logfn"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/ledger"
)

// newGuest makes the host's side of one instance from the adapter's configuration.
func (s *slot) newGuest(ctx context.Context, generation uint64) (*guesthost.Guest, error) {
	settings, err := s.conf.SettingsJSON()
	if err != nil {
		return nil, final("settings", err)
	}
	secrets := map[string]bool{}
	for _, setting := range s.conf.Manifest.Settings {
		if setting.Secret {
			secrets[setting.Name] = !s.conf.Secrets[setting.Name].IsZero()
		}
	}
	kinds := map[ledger.Kind]int{}
	for kind, bound := range s.conf.Limits.Handles {
		kinds[ledger.Kind(kind)] = bound
	}
	return guesthost.New(ctx, guesthost.Config{
		Facts: family.Facts{
			Adapter: s.conf.Name, Generation: generation, Version: s.version, Manifest: s.conf.Manifest, Folder: s.folder,
			Secrets: secrets, Drain: s.conf.Budgets.Drain, MaxBody: s.conf.Limits.MaxBody, KeepAlive: s.conf.KeepAlive(),
			AnswerTimeout: s.conf.Limits.AnswerTimeout, Logger: s.logger.With("generation", generation),
		},
		Families: s.plugs, Settings: settings, Quota: ledger.Quota{Total: s.conf.Limits.HandlesTotal, Kinds: kinds},
	}), nil
}

// instance is the run of a guest as the engine sees it.
func (s *slot) instance(guest *guesthost.Guest, generation uint64, ready func()) engine.Instance {
	detach := func() {}
	serve := func(serving bool) {
		s.mu.Lock()
		s.serving = serving
		s.mu.Unlock()
	}
	log, _ := guesthost.Find[*logfn.Family](guest) // every instance has it
	return engine.Instance{
		Context: hostcall.With(guest.Context, guest.Calls(s.intercept)),
		Kill:    guest.Kill,
		Mailbox: guest.Mailbox, Ledger: guest.Ledger, Ready: guest.Ready,
		OnReady: func() {
			serve(true)
			detach = s.attach(guest)
			ready()
		},
		Detach: func(string) {
			serve(false)
			detach()
			guest.Drain()
		},
		Failure: guest.Failure,
		Finish:  guest.Finish,
		Stdout:  log.Lines(slog.LevelInfo, "stdout"), Stderr: log.Lines(slog.LevelWarn, "stderr"),
		Args: []string{s.conf.Name}, Env: map[string]string{"INNKEEPER_GENERATION": fmt.Sprint(generation)},
		Budgets: engine.Budgets{
			Connect: s.conf.Budgets.Connect, Stall: s.conf.Budgets.Stall, Drain: s.conf.Budgets.Drain, Close: s.conf.Budgets.Close,
		},
	}
}
