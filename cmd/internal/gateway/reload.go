package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/config"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/supervisor"
)

var (
	// ErrDataDir means that a reload would move the data folder.
	ErrDataDir = errors.New("data_dir cannot change while the host runs; restart it")
	// ErrUpdateRefused means that a change could not be carried out; what ran before goes on.
	ErrUpdateRefused = supervisor.ErrUpdateRefused
)

// detached makes a change of one adapter or, with an empty name, of all; one change at a time. If ctx ends its cause is returned at
// once; what was begun is carried through all the same, because half of it would leave adapters ended that ought to run. Only Stop
// cuts it short.
func detached[T any](ctx context.Context, g *Gateway, name string, change func(context.Context, *config.Config) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() { // Stop waits for it
		conf, err := g.prepared(g.stopping, name)
		defer g.change.Unlock()
		r := result{err: err}
		if err == nil {
			r.value, r.err = change(g.stopping, conf)
		}
		done <- r
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// Reload reads the configuration anew and begins to carry out the differences: adapters that are gone are ended, new ones
// started, changed ones handed over to a generation with the new settings, or told of them if those are live. With a
// configuration that cannot be used everything stays as it is, and an adapter whose change cannot be used goes on with what
// it has. The names of the adapters that were touched are returned.
func (g *Gateway) Reload(ctx context.Context) (admin.Reloaded, error) {
	return detached(ctx, g, "", g.reload)
}

// changeset is what a reload is going to do, made before anything that runs is touched.
type changeset struct {
	agent   agent.Agent // nil if it stays
	added   []*config.Adapter
	removed []*slot
	live    []liveChange
	changed []succession
	kept    []*slot
	refused error // of adapters that stay as they are
}

type liveChange struct {
	slot *slot
	conf *config.Adapter
}

// succession is one spec that takes the place of another.
type succession struct {
	before, next *spec
	vacated      bool // the address of the one before is closed already
}

// reload does what Reload says. The caller holds g.change.
func (g *Gateway) reload(ctx context.Context, conf *config.Config) (admin.Reloaded, error) {
	p, err := g.plan(ctx, conf)
	if err != nil {
		return admin.Reloaded{}, err
	}
	g.mu.Lock()
	g.conf = conf
	g.mu.Unlock()
	g.house.resize(conf)
	if p.agent != nil {
		g.replaceAgent(p.agent)
	}
	return g.carryOut(ctx, p)
}

// plan compares a configuration with what is wanted of each slot, and makes the successors.
func (g *Gateway) plan(ctx context.Context, conf *config.Config) (_ *changeset, err error) {
	if conf.DataDir != g.conf.DataDir {
		return nil, ErrDataDir
	}
	if err := planDescriptors(conf, g.house.open).check(g.options.Logger.Warn); err != nil {
		return nil, err
	}
	p := &changeset{}
	if !conf.Agent.Equal(g.conf.Agent) {
		if p.agent, err = g.options.NewAgent(conf.Agent); err != nil {
			return nil, fmt.Errorf("agent: %w", err)
		}
	}
	for _, s := range g.all() {
		if conf.Adapter(s.name) == nil {
			p.removed = append(p.removed, s)
		}
	}
	for i := range conf.Adapters {
		next := &conf.Adapters[i]
		switch s, err := g.slot(next.Name); {
		case err != nil:
			p.added = append(p.added, next)
		case s.leaving:
			g.retake(ctx, p, s, next)
		default:
			g.compare(ctx, p, s, next, conf)
		}
	}
	return p, nil
}

// retake decides what becomes of an adapter that was taken out, could not be ended, and is there again.
func (g *Gateway) retake(ctx context.Context, p *changeset, s *slot, next *config.Adapter) {
	if err := s.end(ctx, reloading); err != nil {
		p.refused = errors.Join(p.refused, named(s.name, err))
		return
	}
	g.forget(s)
	p.added = append(p.added, next)
}

// compare decides what becomes of one slot.
func (g *Gateway) compare(ctx context.Context, p *changeset, s *slot, next *config.Adapter, conf *config.Config) {
	before, again := s.wanted(), g.hasRoomNow(s, conf)
	switch {
	case next.Equal(before.conf) && !again:
		p.kept = append(p.kept, s)
	case next.Enabled() && next.LiveSince(before.conf) && !again:
		p.live = append(p.live, liveChange{s, next})
	default:
		successor, err := g.successor(ctx, s, next, conf)
		if err != nil {
			p.refused = errors.Join(p.refused, err)
			return
		}
		p.changed = append(p.changed, succession{before: before, next: successor})
	}
}

// successor makes a spec whole, program included, if there is one before it that is. A slot that has nothing good shows by its
// state what is wrong.
func (g *Gateway) successor(ctx context.Context, s *slot, next *config.Adapter, conf *config.Config) (*spec, error) {
	p, before := s.newSpec(next), s.wanted()
	if !before.compiled() {
		return p, nil
	}
	err := unusable(next, before.conf)
	if tried := g.attempts[next.Name]; err == nil && tried.of(next) {
		err = tried.err
	}
	if err == nil && next.Enabled() {
		p.inherit(before)
		var program *engine.Program
		if program, err = p.compile(ctx); err == nil {
			err = programFits(program, conf)
		}
	}
	if err != nil {
		p.Close()
		_ = s.super.Refuse(ctx, err.Error()) // a slot that has been stopped needs no note
		return nil, named(s.name, fmt.Errorf("%w: %w", ErrUpdateRefused, err))
	}
	return p, nil
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

// replaceAgent gives new turns to another agent. Guests hear of it as of settings, because the models may be others.
func (g *Gateway) replaceAgent(next agent.Agent) {
	g.agent.replace(next)
	for _, s := range g.all() {
		for _, live := range s.generations() {
			_ = live.AgentChanged() // one that is over itself need not know
		}
	}
}

// carryOut begins everything that was planned. What ends comes before what starts, and addresses are given up before they are
// taken, because one may go from one adapter to another.
func (g *Gateway) carryOut(ctx context.Context, p *changeset) (admin.Reloaded, error) {
	errs := []error{p.refused, g.remove(ctx, p.removed), g.vacate(ctx, p)}
	for _, s := range p.kept {
		_ = s.super.Keep(ctx) // a slot that has been stopped needs no note
	}
	for _, change := range p.live {
		errs = append(errs, named(change.slot.name, change.slot.adopt(ctx, change.conf)))
	}
	var waits []admin.Pending
	for _, change := range p.changed {
		wait, err := change.begin(ctx)
		if change.vacated {
			change.next.slot.resettle(ctx, change.next.conf)
		}
		waits, errs = append(waits, wait), append(errs, err)
	}
	if ctx.Err() == nil {
		for _, conf := range p.added {
			waits = append(waits, g.startSlot(conf))
		}
	}
	return admin.Reloaded{Touched: p.touched(), Agent: p.agent != nil, Wait: waitAll(waits)},
		errors.Join(append(errs, context.Cause(ctx))...)
}

// touched are the names of the adapters that do not stay as they are.
func (p *changeset) touched() []string {
	names := []string{}
	for _, s := range p.removed {
		names = append(names, s.name)
	}
	for _, change := range p.live {
		names = append(names, change.slot.name)
	}
	for _, change := range p.changed {
		names = append(names, change.next.slot.name)
	}
	for _, conf := range p.added {
		names = append(names, conf.Name)
	}
	slices.Sort(names)
	return names
}

// begin hands the slot over to the next spec.
func (c succession) begin(ctx context.Context) (admin.Pending, error) {
	s, spec := c.next.slot, c.next.supervised()
	op, err := s.super.Update(ctx, supervisor.Change{Spec: &spec, Overlap: c.next.shares(c.before) && !c.vacated, Reason: reloading})
	if err != nil {
		return nil, named(s.name, err)
	}
	return s.pending(op), nil
}

// waitAll waits for several operations at the same time.
func waitAll(waits []admin.Pending) admin.Pending {
	return func(ctx context.Context) error {
		errs := make([]error, len(waits))
		var group sync.WaitGroup
		for i, wait := range waits {
			if wait != nil {
				group.Go(func() { errs[i] = wait(ctx) })
			}
		}
		group.Wait()
		return errors.Join(errs...)
	}
}

// remove ends slots at the same time and forgets them, but for the numbers that must not be used again. One that could not be
// ended stays, until it can be.
func (g *Gateway) remove(ctx context.Context, slots []*slot) error {
	errs := make([]error, len(slots))
	var group sync.WaitGroup
	for i, s := range slots {
		s.leaving = true
		group.Go(func() {
			if errs[i] = named(s.name, s.end(ctx, reloading)); errs[i] == nil {
				g.forget(s)
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func (g *Gateway) forget(s *slot) {
	g.mu.Lock()
	delete(g.slots, s.name)
	g.past[s.name] = former{s.super.Status().Newest, s.settled()}
	g.mu.Unlock()
	gone := s.status()
	g.changes.publish(admin.ChangeRemoved, gone)
}
