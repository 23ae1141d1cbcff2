package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"innkeeper/runtime/config"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/supervisor"
)

// ErrUpdateRefused means that no program can be made of what lies behind an adapter's module now. The one that was made before
// goes on.
var ErrUpdateRefused = errors.New("update refused")

// prepared is a configuration with what its changed adapters need, made before anything that runs is touched.
type prepared struct {
	conf     *config.Config
	changed  []string // adapters that are to be ended and started anew
	programs map[string]*engine.Program
	refused  error // of the adapters that stay as they are
}

// prepare makes the programs of the adapters named. One whose program cannot be made keeps what the configuration in force says
// of it, if its slot has a program; else there is nothing to keep. The caller holds g.change.
func (g *Gateway) prepare(ctx context.Context, conf *config.Config, names []string) *prepared {
	next := *conf
	next.Adapters = slices.Clone(conf.Adapters)
	p := &prepared{conf: &next, programs: map[string]*engine.Program{}}
	for _, name := range names {
		s, err := g.slot(name)
		if err != nil {
			continue
		}
		program, err := g.successorOf(ctx, s, conf.Adapter(name))
		s.refuse(err)
		if err != nil {
			p.refused = errors.Join(p.refused, named(name, fmt.Errorf("%w: %w", ErrUpdateRefused, err)))
			*next.Adapter(name) = *s.conf
			if conf.Agent.Equal(g.conf.Agent) {
				continue
			}
			// It must be started anew all the same: the agent that it has is going to be closed.
			program, err = g.successorOf(ctx, s, s.conf)
			p.refused = errors.Join(p.refused, named(name, err))
		}
		p.changed = append(p.changed, name)
		p.programs[name] = program
	}
	return p
}

// successorOf makes the program that takes the place of a slot's. It is nil if the slot has none, or is not going to need one.
func (g *Gateway) successorOf(ctx context.Context, s *slot, conf *config.Adapter) (*engine.Program, error) {
	if !s.hasProgram() {
		return nil, nil
	}
	if err := unusable(conf, s.conf); err != nil || !conf.Enabled() {
		return nil, err
	}
	return g.host.Compile(ctx, conf.Artifact, OptionsOf(conf))
}

// unusable is why what a configuration says of an adapter now cannot take the place of what runs, which goes on. A module that asks
// for more than it was granted, or for a setting that is not there, is no better than a broken one. With the same module it is the
// operator who took something away, and that is carried out.
func unusable(next, before *config.Adapter) error {
	switch next.Disposition {
	case config.Failed:
		return errors.New(next.Reason)
	case config.Unconfigured, config.Ungranted:
		if next.Artifact != nil && !next.Artifact.Same(before.Artifact) {
			return errors.New(next.Reason)
		}
	}
	return nil
}

// close gives back the programs that nobody took.
func (p *prepared) close(ctx context.Context) error {
	var errs []error
	for _, program := range p.programs {
		errs = append(errs, program.Close(ctx))
	}
	return errors.Join(errs...)
}

// take gives the program made for an adapter to its slot.
func (p *prepared) take(name string) *engine.Program {
	program := p.programs[name]
	delete(p.programs, name)
	return program
}

// Restart ends an adapter's instance and starts the next generation, with what its table and the file behind its module say
// now. If they cannot be used nothing is touched.
func (g *Gateway) Restart(ctx context.Context, name string) error {
	_, err := g.carryThrough(ctx, func() ([]string, error) { return nil, g.restart(ctx, name) })
	return err
}

// restart does what Restart says. The caller holds g.change.
func (g *Gateway) restart(ctx context.Context, name string) error {
	s, err := g.slot(name)
	if err != nil {
		return err
	}
	if g.stopping.Err() != nil {
		return named(name, s.super.Restart(ctx)) // which refuses it
	}
	conf, err := g.options.Load()
	if err != nil {
		return err
	}
	next := conf.Adapter(name)
	if next == nil || g.conf.Adapter(name) == nil || next.Equal(s.conf) || s.super.Status().State == supervisor.Paused {
		s.refuse(nil)
		return named(name, s.super.Restart(ctx))
	}
	alone := *g.conf
	alone.Adapters = slices.Clone(g.conf.Adapters)
	*alone.Adapter(name) = *next
	p := g.prepare(g.stopping, &alone, []string{name})
	if p.refused != nil {
		return p.refused
	}
	return g.replace(p, nil, nil)
}
