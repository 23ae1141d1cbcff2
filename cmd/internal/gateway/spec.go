package gateway

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/config"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/outcome"
	"innkeeper/runtime/supervisor"
)

// spec is everything that a generation of a slot is made of: its table in the configuration with the artifact of its module,
// and the program made of that. It does not change. A change of the slot is another spec.
type spec struct {
	slot *slot
	conf *config.Adapter
	good bool // its module was compiled before, for a spec that differs in live settings only

	making  sync.Mutex // held while the program is made
	mu      sync.Mutex
	program *program // nil before it is needed
}

var _ supervisor.Runner = (*spec)(nil)

func (s *slot) newSpec(conf *config.Adapter) *spec { return &spec{slot: s, conf: conf} }

// supervised is the spec as the supervisor has it.
func (p *spec) supervised() supervisor.Spec {
	b := p.conf.Backoff
	spec := supervisor.Spec{
		Runner: p, Drain: p.conf.Budgets.Drain, Handover: p.conf.Budgets.Handover,
		Policy: supervisor.Policy{
			Initial: b.Initial, Max: b.Max, ResetAfter: b.ResetAfter,
			AttentionFailures: b.AttentionFailures, AttentionAfter: b.AttentionAfter,
		},
	}
	switch p.conf.Disposition {
	case config.Disabled:
		spec.Idle, spec.IdleReason = supervisor.Disabled, p.conf.Reason
	case config.Unconfigured, config.Ungranted:
		spec.Idle, spec.IdleReason = supervisor.Unconfigured, p.conf.Reason
	}
	return spec
}

// shares reports whether an instance of it may run beside one of the other.
func (p *spec) shares(other *spec) bool {
	return p.conf.Manifest != nil && !p.conf.Manifest.Exclusive && other.conf.Manifest != nil && !other.conf.Manifest.Exclusive
}

// compile makes the program, if it is not there yet.
func (p *spec) compile(ctx context.Context) (*engine.Program, error) {
	p.making.Lock()
	defer p.making.Unlock()
	if made := p.made(); made != nil {
		return made.Program, nil
	}
	if p.conf.Disposition == config.Failed {
		return nil, errors.New(p.conf.Reason)
	}
	started := time.Now()
	compiled, err := p.slot.gateway.host.Compile(ctx, p.conf.Artifact, OptionsOf(p.conf))
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.program = newProgram(compiled)
	p.mu.Unlock()
	p.slot.logger.Debug("module compiled", "module", p.conf.Module, "took", time.Since(started).Round(time.Millisecond))
	return compiled, nil
}

// made is the program, nil before it is there.
func (p *spec) made() *program {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.program
}

// inherit takes the program of another spec, if it would be the same.
func (p *spec) inherit(other *spec) {
	if !p.conf.Artifact.Same(other.conf.Artifact) || OptionsOf(p.conf) != OptionsOf(other.conf) {
		return
	}
	other.mu.Lock()
	shared := other.program.take()
	other.mu.Unlock()
	p.mu.Lock()
	p.program = shared
	p.mu.Unlock()
}

// compiled reports whether a program was made of the module: then it is good.
func (p *spec) compiled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.good || p.program != nil
}

// Close gives the program back. No run of it is left.
func (p *spec) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.program.release(context.Background()); err != nil {
		p.slot.logger.Error("program not closed", "module", p.conf.Module, "error", err)
	}
	p.program = nil
}

// Run runs one generation: what it needs is made ready, the instance runs, and everything of it is closed again.
func (p *spec) Run(ctx context.Context, run supervisor.Run) outcome.Outcome {
	program, failure := p.prepare(ctx)
	if failure != nil {
		return failure.Outcome()
	}
	g, err := p.slot.enter(ctx, p, run)
	if err != nil {
		return outcome.Failure{Code: "settings", Message: err.Error()}.Outcome()
	}
	ended := g.runWith(ctx, program)
	p.slot.leave(g, ended)
	return ended
}

// prepare makes ready what a run needs, before anything of it exists: the site first, so that callers can wait while a module
// compiles, then the program. The site of a generation that serves is left alone.
func (p *spec) prepare(ctx context.Context) (program *engine.Program, failure *outcome.Failure) {
	defer func() {
		if value := recover(); value != nil {
			p.slot.logger.Error("panic while a run was prepared", "panic", value, "trace", string(debug.Stack()))
			failure = &outcome.Failure{Code: "host_panic", Message: fmt.Sprint(value), Retryable: true}
		}
	}()
	if p.conf.Disposition == config.Failed {
		return nil, &outcome.Failure{Code: "module_unreadable", Message: p.conf.Reason}
	}
	if !p.slot.serves() {
		if failure := p.slot.listen(ctx, p); failure != nil {
			return nil, failure
		}
	}
	program, err := p.compile(ctx)
	switch {
	case artifact.Temporary(err):
		return nil, &outcome.Failure{Code: "module_unreadable", Message: err.Error(), Retryable: true}
	case err != nil:
		return nil, &outcome.Failure{Code: "module_refused", Message: err.Error()}
	}
	if err := fits(program.Begins(), p.slot.gateway.house.memory.Use().Limit); err != nil {
		return nil, &outcome.Failure{Code: "no_memory", Message: err.Error()}
	}
	return program, nil
}
