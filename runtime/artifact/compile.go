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
	admitted, err := h.Admit(a)
	if err != nil {
		return err
	}
	metered, err := meter(a, admitted, o)
	if err != nil {
		return err
	}
	program, err := h.compileWithin(ctx, a, metered, o, nil)
	if err != nil {
		return err
	}
	return program.Close(context.WithoutCancel(ctx))
}

// Compile makes a program of a module: admitted, metered and compiled, or taken from the cache. It comes whole or not at all.
func (h *Host) Compile(ctx context.Context, a *Artifact, o Options) (*engine.Program, error) {
	metered, err := h.metered(a, o)
	if err != nil {
		return nil, err
	}
	return h.compileWithin(ctx, a, metered, o, h.cfg.Cache)
}

// metered admits and meters a module, or takes what came of that before.
func (h *Host) metered(a *Artifact, o Options) ([]byte, error) {
	name := h.cfg.Cache.name(a, o)
	if kept, ok := h.cfg.Cache.get(name); ok {
		return kept, nil
	}
	admitted, err := h.Admit(a)
	if err != nil {
		return nil, err
	}
	metered, err := meter(a, admitted, o)
	if err != nil {
		return nil, err
	}
	h.cfg.Cache.put(name, metered)
	return metered, nil
}

func meter(a *Artifact, admitted *module.Module, o Options) ([]byte, error) {
	metered, err := admitted.Instrument(module.Meter{MaxPages: o.pages()})
	if err != nil {
		return nil, refuse(a.Reference, err)
	}
	return metered, nil
}

// compileWithin compiles within the context and the budget. The engine's compiler, run so that a panic in it can be caught,
// does not look at a context: the caller gets its error in time, and what the compiler still does is waited for by Close.
func (h *Host) compileWithin(ctx context.Context, a *Artifact, metered []byte, o Options, cache *Cache) (*engine.Program, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limits.ModuleCompileBudget, errCompileBudget)
	defer cancel()
	type result struct {
		program *engine.Program
		err     error
	}
	done := make(chan result)
	started := h.busy.start(func() {
		program, err := h.compile(context.WithoutCancel(ctx), a, metered, o, cache)
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

func (h *Host) compile(ctx context.Context, a *Artifact, metered []byte, o Options, cache *Cache) (_ *engine.Program, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = refuse(a.Reference, panicked(value))
		}
	}()
	modules, err := h.cfg.HostModules(a.Manifest.Families)
	if err != nil {
		return nil, refuse(a.Reference, err)
	}
	program, err := engine.Compile(ctx, engine.Config{
		Wasm: metered, HostModules: modules, MemoryPages: o.pages(), Cache: cache.compiled(),
		Checkpoint:  engine.Checkpoint{Module: module.MeterModule, Function: module.MeterFunction},
		Interpreter: o.Interpreter,
	})
	if err != nil {
		return nil, refuse(a.Reference, err)
	}
	return program, nil
}

// panicked is what the compiler threw. It throws what the system refused as it does its own bugs.
func panicked(value any) error {
	if err, ok := value.(error); ok {
		return fmt.Errorf("the compiler gave up: %w", err)
	}
	return fmt.Errorf("the compiler gave up: %v", value)
}

// ErrClosed means that the host makes no programs any more.
var ErrClosed = errors.New("the host is closed")

// Close waits for compilations whose callers have left, until ctx is over, and closes the cache.
func (h *Host) Close(ctx context.Context) error {
	if err := h.busy.end(ctx); err != nil {
		return err
	}
	return h.cfg.Cache.close(ctx)
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
