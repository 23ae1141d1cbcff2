package gateway

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"innkeeper/runtime/config"
	"innkeeper/runtime/front"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/outcome"
	"innkeeper/runtime/supervisor"
)

// slot is one configured adapter in the running host: what outlives its generations, and the changes between them.
type slot struct {
	gateway *Gateway
	name    string
	folder  string
	logger  *slog.Logger
	super   *supervisor.Slot
	seen    supervisor.Status // what observe was told last; only it uses this
	asked   chan struct{}     // holds a token for each status that was asked for and did not come yet
	leaving bool              // it was taken out of the configuration; guarded by Gateway.change

	siting sync.Mutex // held while the site is opened, changed or closed, which can take its time
	sited  *spec      // what the site is configured for; guarded by siting

	mu      sync.Mutex
	site    *front.Site   // nil if the slot does not listen
	live    []*generation // oldest first, two at most
	serving *generation   // the one that new requests go to; nil if there is none
	past    map[ledger.Kind]ledger.Count
}

// former is what is kept of a slot that was taken out, for one that comes back under its name.
type former struct {
	generation uint64 // the last number used; the next is greater
	past       map[ledger.Kind]ledger.Count
}

// newSlot makes a slot; it opens nothing.
func (g *Gateway) newSlot(conf *config.Adapter, before former) *slot {
	s := &slot{
		gateway: g, name: conf.Name, folder: FolderOf(g.conf.DataDir, conf.Name),
		logger: g.options.Logger.With("adapter", conf.Name), past: map[ledger.Kind]ledger.Count{},
		asked: make(chan struct{}, statusAsked),
	}
	maps.Copy(s.past, before.past)
	s.super = supervisor.New(supervisor.Config{
		Spec: s.newSpec(conf).supervised(), Generation: before.generation, Observe: s.observe,
	})
	return s
}

// wanted is the spec that is in force, or will be once a change is carried out that has begun or waits.
func (s *slot) wanted() *spec { return s.super.Wanted().Runner.(*spec) }

// enter makes a generation of a spec and counts it among the live ones.
func (s *slot) enter(ctx context.Context, p *spec, run supervisor.Run) (*generation, error) {
	g, err := p.newGeneration(ctx, run)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.live = append(s.live, g)
	s.mu.Unlock()
	s.catchUp(g)
	return g, nil
}

// leave takes a generation that has ended out of the live ones, and tells the one that came after it. The host has its counts from
// then on, or what it left.
func (s *slot) leave(g *generation, o outcome.Outcome) {
	s.report(g, o)
	if o.Left == nil {
		s.forget(g, func() { addCounts(s.past, g.Ledger.Counts()) })
	} else {
		s.takeOver(g, o.Left)
	}
	s.dropUnusedSite(context.Background())
}

// forget takes a generation out of the live ones. Count keeps its counts, which are part of those of the slot at any time.
func (s *slot) forget(g *generation, count func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	count()
	s.live = slices.DeleteFunc(s.live, func(other *generation) bool { return other == g })
	for _, younger := range s.live {
		if younger.run.Generation > g.run.Generation {
			_ = younger.PredecessorEnded(g.run.Generation) // one that is over itself need not know
		}
	}
}

// predecessor is the number of the older generation that still lives, 0 if there is none.
func (s *slot) predecessor(of *generation) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if older := s.olderThan(of); older != nil {
		return older.run.Generation
	}
	return 0
}

// passes reports whether an older generation takes what this one passes on.
func (s *slot) passes(from *generation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	older := s.olderThan(from)
	return older != nil && older.detach != nil
}

// olderThan finds the generation before another. The caller holds s.mu.
func (s *slot) olderThan(g *generation) *generation {
	var found *generation
	for _, other := range s.live {
		if other.run.Generation < g.run.Generation {
			found = other
		}
	}
	return found
}

// generations are those that live now.
func (s *slot) generations() []*generation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.live)
}

// report logs what only a developer wants to know of a run's end.
func (s *slot) report(g *generation, o outcome.Outcome) {
	logger := s.logger.With("generation", g.run.Generation)
	if o.Teardown != nil {
		logger.Error("teardown", "error", o.Teardown)
	}
	if o.Trace != "" {
		logger.Warn("instance ended by a trap", "trace", o.Trace)
	}
	logger.Debug("instance ended", "code", o.Code, "message", o.Message)
}

// end stops the slot for good, within the budgets of its instances, and gives back its address.
func (s *slot) end(ctx context.Context, reason string) error {
	if err := s.super.Stop(ctx, reason); err != nil {
		return err
	}
	return s.closeSite(ctx)
}
