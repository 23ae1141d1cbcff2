package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/guesthost"
	"innkeeper/runtime/artifact"
	"innkeeper/runtime/config"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/front"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/outcome"
	"innkeeper/runtime/supervisor"
)

// slot is one configured adapter in the running host: what outlives its instances. It is the supervisor's runner.
type slot struct {
	conf    *config.Adapter
	folder  string
	plugs   []family.Plug
	host    *artifact.Host
	logger  *slog.Logger
	version string // of the host, for guests
	// intercept is the tests' seam: it may answer, delay or break any host call. Nil otherwise.
	intercept func(family, function string) (result int32, handled bool)
	// watcher is the tests' seam for changes of the status. Nil otherwise.
	watcher func(name string, status supervisor.Status)

	super *supervisor.Slot
	front *front.Front

	listening bool // the site has this slot's configuration; the runs of the slot, one at a time, use it

	mu      sync.Mutex
	program *engine.Program
	refused string                       // why the last update was, until it is mended; empty if none was
	site    *front.Site                  // nil before the first listen
	guest   *guesthost.Guest             // of the current generation; nil between two
	serving bool                         // the current generation said that it is ready, and nothing ended it since
	stuck   bool                         // an instance could not be closed: nothing may come after it
	past    map[ledger.Kind]ledger.Count // of the generations before
}

var _ supervisor.Runner = (*slot)(nil)

// newSlot makes a slot; it opens nothing.
func (g *Gateway) newSlot(conf *config.Adapter, left takeover) *slot {
	s := &slot{
		conf: conf, folder: filepath.Join(g.conf.DataDir, conf.Name), plugs: g.plugs, host: g.host, version: g.options.Version,
		logger: g.options.Logger.With("adapter", conf.Name), front: g.front, site: left.site, past: map[ledger.Kind]ledger.Count{},
		intercept: g.options.Intercept, watcher: g.options.Observe,
	}
	maps.Copy(s.past, left.past)
	idle := supervisor.State("")
	switch conf.Disposition {
	case config.Disabled:
		idle = supervisor.Disabled
	case config.Unconfigured, config.Ungranted:
		idle = supervisor.Unconfigured
	}
	s.super = supervisor.New(supervisor.Config{
		Runner: s, Idle: idle, IdleReason: conf.Reason, Generation: left.generation, Observe: s.observe,
		Policy: supervisor.Policy{
			Initial: conf.Backoff.Initial, Max: conf.Backoff.Max, ResetAfter: conf.Backoff.ResetAfter,
			AttentionFailures: conf.Backoff.AttentionFailures, AttentionAfter: conf.Backoff.AttentionAfter,
		},
	})
	return s
}

// Run runs one generation: what the slot needs is made ready, the instance runs, and everything of it is closed again.
func (s *slot) Run(ctx context.Context, generation uint64, ready func()) outcome.Outcome {
	if err := s.prepare(ctx); err != nil {
		return outcomeOf(err)
	}
	guest, err := s.newGuest(ctx, generation)
	if err != nil {
		return outcomeOf(err)
	}
	s.mu.Lock()
	s.guest = guest
	s.mu.Unlock()
	ended := s.program.Run(ctx, s.instance(guest, generation, ready))
	s.mu.Lock()
	for kind, count := range guest.Ledger.Counts() {
		total := s.past[kind]
		total.Add(count)
		s.past[kind] = total
	}
	s.guest, s.stuck = nil, s.stuck || ended.Stuck
	s.mu.Unlock()
	s.report(generation, ended)
	return ended
}

// prepare makes ready what the slot has for all its generations: the listener first, so that callers are told to come back
// while a module compiles, then the program.
func (s *slot) prepare(ctx context.Context) error {
	if s.conf.Disposition == config.Failed {
		return final("module_unreadable", errors.New(s.conf.Reason))
	}
	if err := s.listen(ctx); err != nil {
		return err
	}
	if s.program != nil {
		return nil
	}
	started := time.Now()
	program, err := s.host.Compile(ctx, s.conf.Artifact, OptionsOf(s.conf))
	if artifact.Temporary(err) {
		return temporary("module_unreadable", err)
	}
	if err != nil {
		return final("module_refused", err)
	}
	s.mu.Lock()
	s.program = program
	s.mu.Unlock()
	s.logger.Debug("module compiled", "module", s.conf.Module, "took", time.Since(started).Round(time.Millisecond))
	return nil
}

// report logs what only a developer wants to know of a run's end.
func (s *slot) report(generation uint64, o outcome.Outcome) {
	if o.Teardown != nil {
		s.logger.Error("teardown", "generation", generation, "error", o.Teardown)
	}
	if o.Trace != "" {
		s.logger.Warn("instance ended by a trap", "generation", generation, "trace", o.Trace)
	}
}

// preparation is why a generation could not be started.
type preparation struct {
	code  string
	final bool
	err   error
}

func (p *preparation) Error() string { return p.err.Error() }
func (p *preparation) Unwrap() error { return p.err }

func final(code string, err error) error     { return &preparation{code, true, err} }
func temporary(code string, err error) error { return &preparation{code, false, err} }

func outcomeOf(err error) outcome.Outcome {
	o := outcome.Outcome{Verdict: outcome.Retry, Code: "start", Message: err.Error()}
	var p *preparation
	if errors.As(err, &p) {
		o.Code = p.code
		if p.final {
			o.Verdict = outcome.Final
		}
	}
	return o
}

// observe logs a change of state and tells the listener what to say to callers.
func (s *slot) observe(status supervisor.Status) {
	attrs := []any{"state", string(status.State), "generation", status.Generation}
	if status.Reason != "" {
		attrs = append(attrs, "reason", status.Reason)
	}
	level := slog.LevelInfo
	switch status.State {
	case supervisor.Backoff:
		level = slog.LevelWarn
		attrs = append(attrs, "attempt", status.Attempts, "retry_in", time.Until(status.NextAttempt).Round(time.Millisecond))
		if status.Attention {
			level = slog.LevelError
			attrs = append(attrs, "hint", fmt.Sprintf("%d runs failed in a row: look at the reason", status.Attempts))
		}
	case supervisor.Failed:
		level = slog.LevelError
	case supervisor.Unconfigured:
		level = slog.LevelWarn
	}
	s.logger.Log(context.Background(), level, "adapter "+string(status.State), attrs...)
	s.announce(status)
	if s.watcher != nil {
		s.watcher(s.conf.Name, status)
	}
}

// errStuck means that something of an instance is still alive, so that nothing may take the slot's place.
var errStuck = errors.New("an instance could not be closed; restart the process")

// refuse notes why an update of the slot was refused; nil if none was.
func (s *slot) refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = ""
	if err != nil {
		s.refused = err.Error()
		s.logger.Error("update refused", "error", err)
	}
}

func (s *slot) hasProgram() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.program != nil
}

func (s *slot) isStuck() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stuck
}

// end stops the slot for good, within the budgets of its instance, and gives back what it had for them. Its front stays. If
// ended is false something of the slot may still be alive.
func (s *slot) end(ctx context.Context, reason supervisor.StopReason) (ended bool, err error) {
	if err := s.super.Stop(ctx, reason); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stuck {
		return false, errStuck // the program stays: a guest that still runs, runs it
	}
	program := s.program
	s.program = nil
	if program == nil {
		return true, nil
	}
	return true, program.Close(context.WithoutCancel(ctx))
}
