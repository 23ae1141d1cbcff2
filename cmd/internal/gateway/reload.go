package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"innkeeper/runtime/config"
	"innkeeper/runtime/supervisor"
)

// reloading is the reason that guests are given.
const reloading supervisor.StopReason = "reload"

// ErrDataDir means that a reload would move the data folder.
var ErrDataDir = errors.New("data_dir cannot change while the host runs; restart it")

// Reload reads the configuration anew and carries out the differences: adapters that are gone are ended, new ones started,
// changed ones ended and started with their new settings. With a configuration that cannot be used everything stays as it
// is, and an adapter whose module cannot be used goes on with the one it has. The names of the adapters that were touched are
// returned.
//
// If ctx ends, Reload returns its cause at once; what was begun is carried through all the same, within the budgets of the
// adapters, because half of it would leave adapters ended that ought to run. Only Stop cuts it short.
func (g *Gateway) Reload(ctx context.Context) ([]string, error) { return g.carryThrough(ctx, g.reload) }

// carryThrough makes a change, one at a time, and lets its caller leave before it is done.
func (g *Gateway) carryThrough(ctx context.Context, change func() ([]string, error)) ([]string, error) {
	type result struct {
		touched []string
		err     error
	}
	done := make(chan result, 1)
	go func() { // Stop waits for it
		g.change.Lock()
		defer g.change.Unlock()
		touched, err := change()
		done <- result{touched, err}
	}()
	select {
	case r := <-done:
		return r.touched, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// reload does what Reload says. The caller holds g.change.
func (g *Gateway) reload() ([]string, error) {
	if g.stopping.Err() != nil {
		return nil, ErrStopped
	}
	conf, err := g.options.Load()
	if err != nil {
		return nil, err
	}
	changes := conf.ChangesSince(g.conf)
	if changes.DataDir {
		return nil, ErrDataDir
	}
	p := g.prepare(g.stopping, conf, g.changed(conf, changes))
	if changes.Agent {
		next, err := g.options.NewAgent(conf.Agent)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("agent: %w", err), p.close(g.stopping))
		}
		g.former = append(g.former, g.agent)
		g.mu.Lock()
		g.agent = next
		g.mu.Unlock()
	}
	err = errors.Join(p.refused, g.replace(p, changes.Removed, changes.Added))
	touched := slices.Concat(changes.Removed, changes.Added, p.changed)
	slices.Sort(touched)
	return touched, err
}

// replace puts a prepared configuration in force. Everything that ends comes before everything that starts: an address may go
// from one adapter to another.
func (g *Gateway) replace(p *prepared, removed, added []string) error {
	g.mu.Lock()
	g.conf = p.conf
	g.mu.Unlock()
	successors, err := g.endSlots(g.stopping, p, slices.Concat(removed, p.changed))
	for _, name := range added {
		successor, refused := g.add(p.conf.Adapter(name))
		successors, err = append(successors, successor), errors.Join(err, refused)
	}
	for _, s := range successors {
		if s != nil {
			g.startSlot(s)
		}
	}
	if g.stopping.Err() == nil { // else instances may still drain with it
		err = errors.Join(err, g.closeFormer())
	}
	return errors.Join(err, p.close(context.WithoutCancel(g.stopping)))
}

// closeFormer closes the agents that were replaced. The caller holds g.change.
func (g *Gateway) closeFormer() error {
	var errs []error
	for _, a := range g.former {
		errs = append(errs, a.Close())
	}
	g.former = nil
	return errors.Join(errs...)
}

// changed lists the adapters that are in both configurations and must be started anew: their table or their module is another,
// or the agent is.
func (g *Gateway) changed(conf *config.Config, changes config.Changes) []string {
	var names []string
	for i := range conf.Adapters {
		a := &conf.Adapters[i]
		s, err := g.slot(a.Name)
		if err != nil || slices.Contains(changes.Added, a.Name) {
			continue
		}
		if changes.Agent || slices.Contains(changes.Changed, a.Name) {
			names = append(names, a.Name)
		} else {
			s.refuse(nil) // what lies there is what runs
		}
	}
	return names
}

// endSlots ends slots at the same time. It returns the slots that take their places, not started yet, nil where there is none.
func (g *Gateway) endSlots(ctx context.Context, p *prepared, names []string) ([]*slot, error) {
	successors := make([]*slot, len(names))
	errs := make([]error, len(names))
	var group sync.WaitGroup
	for i, name := range names {
		s, err := g.slot(name)
		if err != nil {
			errs[i] = err
			continue
		}
		group.Go(func() {
			successor, err := g.succeed(ctx, s, p.conf.Adapter(name))
			successors[i], errs[i] = successor, named(name, err)
		})
	}
	group.Wait()
	for _, successor := range successors {
		if successor != nil {
			successor.program = p.take(successor.conf.Name)
		}
	}
	return successors, errors.Join(errs...)
}

// succeed ends a slot and makes the one that takes its place. Without a configuration nothing does, and the slot is forgotten
// but for the numbers that must not be used again. A slot that could not be ended stays, and nothing follows it.
func (g *Gateway) succeed(ctx context.Context, before *slot, conf *config.Adapter) (*slot, error) {
	if before.isStuck() {
		return nil, errStuck
	}
	ended, err := before.end(ctx, reloading)
	if !ended || ctx.Err() != nil {
		return nil, errors.Join(err, context.Cause(ctx))
	}
	left := before.handOver()
	if conf != nil {
		err = errors.Join(err, left.dismiss(ctx, conf))
		return g.newSlot(conf, *left), err
	}
	closing, cancel := context.WithTimeout(ctx, before.conf.Budgets.Close)
	defer cancel()
	err = errors.Join(err, left.close(closing))
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.slots, before.conf.Name)
	g.departed[before.conf.Name] = *left
	return nil, err
}

// add makes the slot of an adapter that is new in the configuration. It goes on where one of that name stopped that was taken
// out before.
func (g *Gateway) add(conf *config.Adapter) (*slot, error) {
	g.mu.Lock()
	left := g.departed[conf.Name]
	_, stuck := g.slots[conf.Name]
	delete(g.departed, conf.Name)
	g.mu.Unlock()
	switch {
	case stuck: // it was taken out and could not be ended
		return nil, named(conf.Name, errStuck)
	case g.stopping.Err() != nil:
		return nil, named(conf.Name, ErrStopped)
	}
	return g.newSlot(conf, left), nil
}
