// Package gateway is the running host: it makes slots out of a configuration, wires what no package below may know of each
// other, and carries out what an operator asks.
//
// It owns the order of starting, reloading and stopping. Everything else it only connects.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"innkeeper/hostfuncs/family"
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
	// Load reads the configuration anew, for Reload.
	Load func() (*config.Config, error)

	// The rest are seams for tests; nil means the real thing.

	// Intercept runs before every host call of every guest.
	Intercept func(family, function string) (result int32, handled bool)
	// Observe is told every change of a slot's status, in order. The slot's goroutine waits for it, so it must not ask the
	// slot for anything.
	Observe func(name string, status supervisor.Status)
	// NewAgent makes what answers.
	NewAgent func(config.Agent) (agent.Agent, error)
	// Families are the families of host functions.
	Families func(answerer func() agent.Agent) []family.Plug
}

// Gateway is the running host.
type Gateway struct {
	options Options
	started time.Time
	front   *front.Front

	change   sync.Mutex      // held while slots are made or ended, so that one change happens at a time
	stopping context.Context // over once Stop was called
	stop     context.CancelCauseFunc
	former   []agent.Agent // were replaced and are not closed yet

	mu    sync.Mutex
	conf  *config.Config
	agent agent.Agent
	plugs []family.Plug
	host  *artifact.Host
	slots map[string]*slot
	// departed is what slots left whose names are not in the configuration any more.
	departed map[string]takeover
}

// Start makes the gateway of a configuration and starts its slots. It returns once they are started, not once they are
// connected.
func Start(ctx context.Context, conf *config.Config, options Options) (*Gateway, error) {
	cache, err := artifact.OpenCache(filepath.Join(conf.DataDir, cacheFolder), options.Logger)
	if err != nil {
		return nil, fmt.Errorf("data_dir: %w", err)
	}
	if options.NewAgent == nil {
		options.NewAgent = newAgent
	}
	if options.Families == nil {
		options.Families = Families
	}
	g := &Gateway{
		options: options, started: time.Now(), conf: conf, slots: map[string]*slot{}, departed: map[string]takeover{},
		front: front.New(front.Config{Logger: options.Logger}),
	}
	g.plugs = options.Families(g.answerer)
	if g.host, err = newHost(ctx, g.plugs, cache); err != nil {
		return nil, errors.Join(err, g.front.Close(ctx))
	}
	if g.agent, err = options.NewAgent(conf.Agent); err != nil {
		return nil, errors.Join(err, g.front.Close(ctx), g.host.Close(ctx))
	}
	g.stopping, g.stop = context.WithCancelCause(context.Background())
	for i := range conf.Adapters {
		g.startSlot(g.newSlot(&conf.Adapters[i], takeover{}))
	}
	return g, nil
}

// answerer is who answers turns now.
func (g *Gateway) answerer() agent.Agent {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.agent
}

// cacheFolder holds compiled modules, below the data folder. Adapter names cannot begin with a dot.
const cacheFolder = ".cache"

func (g *Gateway) startSlot(s *slot) {
	g.mu.Lock()
	g.slots[s.conf.Name] = s
	g.mu.Unlock()
	s.super.Start()
}

// ErrStopped means that the gateway was told to stop.
var ErrStopped = errors.New("the host is stopping")

// Stop ends all slots at the same time, within their budgets, and gives everything back. A reload in progress is cut short.
func (g *Gateway) Stop(ctx context.Context) error {
	g.stop(ErrStopped)
	g.change.Lock()
	defer g.change.Unlock()
	slots := g.all()
	errs := make([]error, len(slots))
	var group sync.WaitGroup
	for i, s := range slots {
		group.Go(func() {
			_, err := s.end(ctx, "stop")
			errs[i] = named(s.conf.Name, errors.Join(err, s.handOver().close(ctx)))
		})
	}
	group.Wait()
	errs = append(errs, g.front.Close(ctx), g.closeFormer(), g.agent.Close(), g.host.Close(ctx))
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

// Pause ends an adapter's instance and keeps it from running until Resume.
func (g *Gateway) Pause(ctx context.Context, name string) error {
	s, err := g.slot(name)
	if err != nil {
		return err
	}
	return named(name, s.super.Pause(ctx))
}

// Resume lets a paused adapter run again.
func (g *Gateway) Resume(ctx context.Context, name string) error {
	s, err := g.slot(name)
	if err != nil {
		return err
	}
	return named(name, s.super.Resume(ctx))
}

func named(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("adapter[%s]: %w", name, err)
}
