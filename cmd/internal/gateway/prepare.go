package gateway

import (
	"context"

	"innkeeper/runtime/config"
)

// attempt is how it went to make the code of an adapter's module for a change, before anybody held up others with it.
type attempt struct {
	conf *config.Adapter
	err  error
}

// of reports whether the attempt was at what an adapter is to be now.
func (a attempt) of(next *config.Adapter) bool {
	return a.conf != nil && a.conf.Artifact.Same(next.Artifact) && OptionsOf(a.conf) == OptionsOf(next)
}

// prepared loads the configuration for a change of one adapter or, with an empty name, of all. While code is missing that the change
// needs, it has that made, without g.change: other changes go on meanwhile, and what this one is about is asked again afterwards. It
// returns with g.change held.
func (g *Gateway) prepared(ctx context.Context, name string) (*config.Config, error) {
	tried := map[string]attempt{}
	for {
		g.change.Lock()
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		conf, err := g.options.Load(ctx)
		if err != nil {
			return nil, err
		}
		missing := g.unmade(conf, name, tried)
		if missing == nil {
			g.attempts = tried
			return conf, nil
		}
		g.change.Unlock()
		tried[missing.Name] = attempt{missing, g.host.Prepare(ctx, missing.Artifact, OptionsOf(missing))}
	}
}

// unmade finds an adapter whose running instance would have to wait for code, if its configuration were carried out now.
func (g *Gateway) unmade(conf *config.Config, name string, tried map[string]attempt) *config.Adapter {
	if g.options.Compiler == nil {
		return nil // the engine compiles when it loads
	}
	for i := range conf.Adapters {
		next := &conf.Adapters[i]
		if name != "" && next.Name != name || !next.Enabled() || next.Artifact == nil || tried[next.Name].of(next) {
			continue
		}
		s, err := g.slot(next.Name)
		if err != nil {
			continue // a new one waits by itself
		}
		if before := s.wanted(); before.compiled() && !(attempt{conf: before.conf}).of(next) {
			return next
		}
	}
	return nil
}
