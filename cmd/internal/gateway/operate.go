package gateway

import (
	"context"
	"fmt"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/config"
	"innkeeper/runtime/supervisor"
)

// Why a guest is asked to end, beside a hand-over.
const (
	restarting = "restart"
	reloading  = "reload"
	pausing    = supervisor.ReasonPause
	stopping   = "stop"
)

// Pause begins to end an adapter's instances, and keeps it from running until Resume.
func (g *Gateway) Pause(ctx context.Context, name string) (admin.Pending, error) {
	return g.operate(ctx, name, (*supervisor.Slot).Pause)
}

// Resume lets a paused adapter run again.
func (g *Gateway) Resume(ctx context.Context, name string) (admin.Pending, error) {
	return g.operate(ctx, name, (*supervisor.Slot).Resume)
}

func (g *Gateway) operate(
	ctx context.Context, name string, begin func(*supervisor.Slot, context.Context) (*supervisor.Operation, error),
) (admin.Pending, error) {
	s, err := g.slot(name)
	if err != nil {
		return nil, err
	}
	op, err := begin(s.super, ctx)
	if err != nil {
		return nil, named(name, err)
	}
	return s.pending(op), nil
}

// pending is an operation of the slot that somebody may wait for. What the end of the host cut short is told as that.
func (s *slot) pending(op *supervisor.Operation) admin.Pending {
	return func(ctx context.Context) error {
		err := op.Wait(ctx)
		if over := context.Cause(s.gateway.stopping); err != nil && over != nil {
			err = over
		}
		return named(s.name, err)
	}
}

// Restart begins a new generation of an adapter, with what its table and the file behind its module say now. If they cannot
// be used nothing is touched. With cut, what is open is not waited for.
func (g *Gateway) Restart(ctx context.Context, name string, cut bool) (admin.Pending, error) {
	return detached(ctx, g, name, func(ctx context.Context, conf *config.Config) (admin.Pending, error) {
		return g.restart(ctx, conf, name, cut)
	})
}

// restart does what Restart says. The caller holds g.change.
func (g *Gateway) restart(ctx context.Context, conf *config.Config, name string, cut bool) (admin.Pending, error) {
	s, err := g.slot(name)
	if err != nil {
		return nil, err
	}
	before := s.wanted()
	next := conf.Adapter(name)
	if next == nil {
		next = before.conf // taken out, which a reload carries out
	}
	if state := s.super.Status().State; state == supervisor.Paused {
		return nil, named(name, fmt.Errorf("it is paused, resume it: %w", supervisor.ErrRefused))
	}
	change := supervisor.Change{Reason: restarting, Cut: cut}
	if next.Enabled() || before.conf.Enabled() || !next.Equal(before.conf) { // else there is nothing to start, as the supervisor says
		p, err := g.successor(ctx, s, next, conf)
		if err != nil {
			return nil, err
		}
		spec := p.supervised()
		change.Spec, change.Overlap = &spec, p.shares(before)
	}
	op, err := s.super.Update(ctx, change)
	if err != nil {
		return nil, named(name, err)
	}
	return s.pending(op), nil
}
