package artifact

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"innkeeper/runtime/engine"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/module"
)

// Options are what an operator decides about a module.
type Options struct {
	// Memory bounds the linear memory of an instance, in bytes, a multiple of the page size.
	Memory int64
	// Interpreter runs the module without compiling it.
	Interpreter bool
}

func (o Options) pages() uint32 { return uint32(o.Memory / limits.MemoryPageBytes) }

// Check goes as far as [Host.Compile] would, without the machine code: whatever a run would refuse, it refuses. It keeps nothing.
func (h *Host) Check(ctx context.Context, a *Artifact, o Options) error {
	o.Interpreter = true // validates like the compiler, in a fraction of the time
	program, err := h.within(ctx, a, func(ctx context.Context) (*engine.Program, error) {
		return h.guardedCompile(ctx, a, o, nil)
	})
	if err != nil {
		return err
	}
	return program.Close(context.WithoutCancel(ctx))
}

// Compile makes a program of a module: admitted, metered and compiled, or taken from the cache. It comes whole or not at all.
func (h *Host) Compile(ctx context.Context, a *Artifact, o Options) (*engine.Program, error) {
	return h.within(ctx, a, func(ctx context.Context) (*engine.Program, error) {
		e := h.cfg.Cache.entry(a, o)
		if err := e.lock(ctx); err != nil {
			return nil, errors.Join(err, e.close(ctx))
		}
		defer e.unlock()
		program, err := h.guardedCompile(context.WithoutCancel(ctx), a, o, e)
		if err != nil {
			return nil, errors.Join(err, e.close(context.WithoutCancel(ctx)))
		}
		return program, nil
	})
}

// within makes a program within the context and the budget. The engine's compiler, run so that a panic in it can be caught, does not
// look at a context: the caller gets its error in time, and what the compiler still does is waited for by Close.
func (h *Host) within(ctx context.Context, a *Artifact, compile func(context.Context) (*engine.Program, error)) (*engine.Program, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limits.ModuleCompileBudget, errCompileBudget)
	defer cancel()
	type result struct {
		program *engine.Program
		err     error
	}
	done := make(chan result)
	started := h.busy.start(func() {
		program, err := compile(ctx)
		select {
		case done <- result{program, err}:
		case <-ctx.Done(): // nobody waits for it any more
			_ = program.Close(context.WithoutCancel(ctx))
		}
	})
	if !started {
		return nil, fmt.Errorf("module[%s]: %w", a.Reference, ErrClosed)
	}
	select {
	case r := <-done:
		return r.program, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("module[%s]: %w", a.Reference, context.Cause(ctx))
	}
}

var errCompileBudget = fmt.Errorf("not compiled within %s: %w", limits.ModuleCompileBudget, context.DeadlineExceeded)

// guardedCompile is compile with a panic turned into an error: it works in a goroutine of its own, where a bug that some module
// brings out would end the process.
func (h *Host) guardedCompile(ctx context.Context, a *Artifact, o Options, e *entry) (_ *engine.Program, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = refuse(a.Reference, fmt.Errorf("panic while it was made ready: %v", value))
		}
	}()
	return h.compile(ctx, a, o, e)
}

// compile takes what the entry has, makes what it lacks, and gives the entry to the program. An error with the cache in use may
// be the cache's: the last word has an attempt without it.
func (h *Host) compile(ctx context.Context, a *Artifact, o Options, e *entry) (*engine.Program, error) {
	metered, err := h.metered(a, o, e)
	if err != nil {
		return nil, err
	}
	modules, err := h.cfg.HostModules(a.Manifest.Families)
	if err != nil {
		return nil, refuse(a.Reference, err)
	}
	cfg := engine.Config{
		Wasm: metered, HostModules: modules, MemoryPages: o.pages(), Cache: e.compiled(), Release: e.close,
		Checkpoint:  engine.Checkpoint{Module: module.MeterModule, Function: module.MeterFunction},
		Interpreter: o.Interpreter,
	}
	program, err := engine.Compile(ctx, cfg)
	if err != nil && cfg.Cache != nil {
		e.discard()
		cfg.Cache = nil
		program, err = engine.Compile(ctx, cfg)
	}
	if err != nil {
		return nil, refuse(a.Reference, err)
	}
	if cfg.Cache != nil {
		e.seal()
	}
	return program, nil
}

// metered admits and meters a module, or takes what came of that before.
func (h *Host) metered(a *Artifact, o Options, e *entry) ([]byte, error) {
	if kept, ok := e.metered(); ok {
		return kept, nil
	}
	admitted, err := h.Admit(a)
	if err != nil {
		return nil, err
	}
	metered, err := admitted.Instrument(module.Meter{MaxPages: o.pages()})
	if err != nil {
		return nil, refuse(a.Reference, err)
	}
	e.keepMetered(metered)
	return metered, nil
}

// ErrClosed means that the host makes no programs any more.
var ErrClosed = errors.New("the host is closed")

// Close waits for compilations whose callers have left, until ctx is over, and closes the cache.
func (h *Host) Close(ctx context.Context) error {
	if err := h.busy.end(ctx); err != nil {
		return err
	}
	return h.cfg.Cache.Close()
}

// work is goroutines that can outlive the call that started them.
type work struct {
	mu    sync.Mutex
	ended bool
	group sync.WaitGroup
}

// start runs something in the background, unless the end has begun.
func (w *work) start(run func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.group.Go(run)
	}
	return !w.ended
}

// end refuses further work and waits for what runs.
func (w *work) end(ctx context.Context) error {
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
	over := make(chan struct{})
	go func() { // ends with the last of the work, which is the caller's trouble if ctx is over before
		w.group.Wait()
		close(over)
	}()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("a module is still being compiled: %w", context.Cause(ctx))
	}
}
