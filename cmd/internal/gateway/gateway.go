// Package gateway is the running host: it makes slots out of a configuration, wires what no package below may know of each
// other, and carries out what an operator asks.
//
// It owns the order of starting, changing and stopping. Everything else it only connects.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"innkeeper/hostfuncs/family"
	"innkeeper/runtime/admin"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/artifact"
	"innkeeper/runtime/config"
	"innkeeper/runtime/front"
	"innkeeper/runtime/supervisor"
)

// Options are what a gateway needs beside the configuration.
type Options struct {
	// Version of the binary, for status and guests.
	Version string
	Logger  *slog.Logger
	// Load reads the configuration anew, for Reload and Restart, until ctx ends.
	Load func(ctx context.Context) (*config.Config, error)
	// Compiler makes machine code of modules; with nil the engine does it in this process, where nothing bounds or stops it.
	Compiler artifact.Compiler

	// The rest are seams for tests; nil means the real thing.

	// Intercept runs before every host call of every guest.
	Intercept func(family, function string) (result int32, handled bool)
	// Now is the wall clock that guests see. What the host itself waits for it counts on a clock that does not jump.
	Now func() time.Time
	// NewAgent makes what answers.
	NewAgent func(config.Agent) (agent.Agent, error)
	// Families are the families of host functions.
	Families func(answerer func() agent.Agent) []family.Plug
	// observe is told every change of a slot's status, in order, from the slot's goroutine.
	observe func(name string, status supervisor.Status)
	// listen opens sockets.
	listen func(ctx context.Context, network, address string) (net.Listener, error)
}

// Gateway is the running host.
type Gateway struct {
	options Options
	started time.Time
	house   *house
	front   *front.Front
	host    *artifact.Host
	plugs   []family.Plug
	agent   *currentAgent
	changes *changes

	change   sync.Mutex         // held while changes are planned and begun, so that one follows the other
	attempts map[string]attempt // at the code of adapters, for the change that is next; under change
	stopping context.Context    // over once Stop was called
	stop     context.CancelCauseFunc

	background sync.WaitGroup // addresses that are being given back; ends with the slots
	custody    *custody

	mu    sync.Mutex
	conf  *config.Config // as it was read last; what is in force of an adapter its slot knows
	slots map[string]*slot
	past  map[string]former // of slots whose names are not in the configuration any more
}

// Start makes the gateway of a configuration and starts its slots. It returns once they are started, not once they are
// connected.
func Start(ctx context.Context, conf *config.Config, options Options) (*Gateway, error) {
	shared := newHouse(conf)
	if err := planDescriptors(conf, shared.open).check(options.Logger.Warn); err != nil {
		return nil, err
	}
	cache, err := artifact.OpenCache(filepath.Join(conf.DataDir, cacheFolder), options.Logger)
	if err != nil {
		return nil, fmt.Errorf("data_dir: %w", err)
	}
	if options.NewAgent == nil {
		options.NewAgent = shared.newAgent
	}
	if options.Families == nil {
		options.Families = Families
	}
	g := &Gateway{
		options: options, started: time.Now(), conf: conf, slots: map[string]*slot{}, past: map[string]former{}, house: shared, custody: newCustody(),
		front: front.New(front.Config{Logger: options.Logger, Listen: options.listen, Descriptors: shared.descriptors, Flight: shared.flight}), changes: newChanges(),
	}
	g.plugs = options.Families(func() agent.Agent { return g.agent })
	if g.host, err = newHost(ctx, g.plugs, artifact.Config{Cache: cache, Compiler: options.Compiler, Budget: g.compileBudget}); err != nil {
		return nil, errors.Join(err, g.front.Close(ctx))
	}
	first, err := options.NewAgent(conf.Agent)
	if err != nil {
		return nil, errors.Join(err, g.front.Close(ctx), g.host.Close(ctx))
	}
	g.agent = newCurrentAgent(first, func(err error) { options.Logger.Error("agent not closed", "error", err) })
	g.stopping, g.stop = context.WithCancelCause(context.Background())
	for i := range conf.Adapters {
		g.startSlot(&conf.Adapters[i])
	}
	return g, nil
}

// cacheFolder holds compiled modules, below the data folder. Adapter names cannot begin with a dot.
const cacheFolder = ".cache"

// startSlot makes the slot of an adapter and starts it. It goes on where one of that name stopped that was taken out before.
func (g *Gateway) startSlot(conf *config.Adapter) admin.Pending {
	g.mu.Lock()
	s := g.newSlot(conf, g.past[conf.Name])
	delete(g.past, conf.Name)
	g.slots[conf.Name] = s
	g.mu.Unlock()
	return s.pending(s.super.Start())
}

// compileBudget is what the making of one module may cost, as the configuration says now.
func (g *Gateway) compileBudget() artifact.Budget {
	g.mu.Lock()
	defer g.mu.Unlock()
	return BudgetOf(g.conf)
}

// ErrStopped means that the gateway was told to stop.
var ErrStopped = errors.New("the host is stopping")

// Stop ends all slots at the same time, within their budgets, and gives everything back. Changes in progress are cut short.
func (g *Gateway) Stop(ctx context.Context) error {
	g.stop(ErrStopped)
	g.change.Lock()
	defer g.change.Unlock()
	slots := g.all()
	errs := make([]error, len(slots))
	var group sync.WaitGroup
	for i, s := range slots {
		group.Go(func() { errs[i] = named(s.name, s.end(ctx, stopping)) })
	}
	group.Wait()
	g.background.Wait()
	waiting, cancel := context.WithTimeout(ctx, custodyGrace)
	defer cancel()
	errs = append(errs, g.custody.wait(waiting))
	g.changes.close()
	errs = append(errs, g.front.Close(ctx), g.agent.Close(), g.host.Close(ctx))
	return errors.Join(errs...)
}

// all lists the slots by name.
func (g *Gateway) all() []*slot {
	g.mu.Lock()
	defer g.mu.Unlock()
	var slots []*slot
	for _, name := range slices.Sorted(maps.Keys(g.slots)) {
		slots = append(slots, g.slots[name])
	}
	return slots
}

// ErrUnknownAdapter means that no adapter has that name.
var ErrUnknownAdapter = errors.New("no such adapter")

func (g *Gateway) slot(name string) (*slot, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s, ok := g.slots[name]; ok {
		return s, nil
	}
	return nil, fmt.Errorf("adapter[%s]: %w; there are: %v", name, ErrUnknownAdapter, slices.Sorted(maps.Keys(g.slots)))
}

// Config is the configuration in force: of an adapter whose last change was refused, what goes on.
func (g *Gateway) Config() *config.Config {
	g.mu.Lock()
	inForce := *g.conf
	g.mu.Unlock()
	inForce.Adapters = nil
	for _, s := range g.all() {
		inForce.Adapters = append(inForce.Adapters, *s.wanted().conf)
	}
	return &inForce
}

func named(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("adapter[%s]: %w", name, err)
}
