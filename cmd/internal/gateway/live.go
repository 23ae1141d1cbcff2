package gateway

import (
	"context"

	"innkeeper/runtime/config"
)

// adopt puts live settings in force: what runs hears of them, and what comes is made with them.
func (s *slot) adopt(ctx context.Context, conf *config.Adapter) error {
	p, before := s.newSpec(conf), s.wanted()
	p.good = before.compiled()
	p.inherit(before)
	if err := s.super.Adopt(ctx, p.supervised()); err != nil {
		return err
	}
	s.resite(ctx, p)
	for _, g := range s.generations() {
		s.catchUp(g)
	}
	return nil
}

// catchUp gives a generation the live settings that are wanted, if they are not those that it was made with. A guest that is
// over itself need not know.
func (s *slot) catchUp(g *generation) {
	wanted := s.wanted().conf
	if !wanted.LiveSince(g.spec.conf) {
		return
	}
	settings, err := wanted.SettingsJSON()
	if err != nil {
		s.logger.Error("live settings", "error", err)
		return
	}
	if g.http != nil {
		g.http.SetKeepAlive(wanted.KeepAlive())
	}
	_ = g.ChangeSettings(settings)
}
