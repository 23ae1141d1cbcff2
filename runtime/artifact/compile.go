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
		return h.guarded(a, func() (*engine.Program, error) { return h.check(ctx, a, o) })
	})
	if err != nil {
		return err
	}
	return program.Close(context.WithoutCancel(ctx))
}

// check has the compiler say whether the engine takes a module; without one it makes a program.
func (h *Host) check(ctx context.Context, a *Artifact, o Options) (*engine.Program, error) {
	if h.cfg.Compiler == nil {
		return h.compile(ctx, a, o, nil)
	}
	cfg, err := h.admitted(a, o, nil)
	if err != nil {
		return nil, err
	}
	return nil, refuse(a.Reference, h.apart(ctx, jobOf(cfg)))
}

// Compile makes a program of a module: admitted, metered and compiled, or taken from the cache. It comes whole or not at all.
func (h *Host) Compile(ctx context.Context, a *Artifact, o Options) (*engine.Program, error) {
	return h.within(ctx, a, func(ctx context.Context) (*engine.Program, error) {
		e := h.cfg.Cache.entry(a, o)
		if e == nil && h.cfg.Compiler != nil {
			return h.compileInScratch(ctx, a, o)
		}
		program, err := h.compileIn(ctx, e, a, o)
		if errors.Is(err, ErrNoRoom) {
			return h.compileInScratch(ctx, a, o)
		}
		return program, err
	})
}

// Prepare has the compiler make the code of a module, so that [Host.Compile] finds it in the cache. Where there is no compiler or no cache
// it does nothing.
func (h *Host) Prepare(ctx context.Context, a *Artifact, o Options) error {
	if h.cfg.Compiler == nil || h.cfg.Cache == nil {
		return nil
	}
	_, err := h.within(ctx, a, func(ctx context.Context) (*engine.Program, error) {
		return h.guarded(a, func() (*engine.Program, error) { return nil, h.prepare(ctx, h.cfg.Cache.entry(a, o), a, o) })
	})
	return err
}

func (h *Host) prepare(ctx context.Context, e *entry, a *Artifact, o Options) (err error) {
	if e == nil {
		return nil // Compile finds another place
	}
	defer func() { err = errors.Join(err, e.close(context.WithoutCancel(ctx))) }()
	if err := e.lock(ctx); err != nil {
		return err
	}
	defer e.unlock()
	cfg, err := h.admitted(a, o, e)
	if err != nil || e.ready(cfg.Interpreter) {
		return err
	}
	if err := h.precompile(ctx, cfg, e); !errors.Is(err, ErrNoRoom) {
		return refuse(a.Reference, err)
	}
	return nil
}

// compileIn compiles in an entry of the cache, and gives that to the program.
func (h *Host) compileIn(ctx context.Context, e *entry, a *Artifact, o Options) (*engine.Program, error) {
	if err := e.lock(ctx); err != nil {
		return nil, errors.Join(err, e.close(context.WithoutCancel(ctx)))
	}
	defer e.unlock()
	program, err := h.guarded(a, func() (*engine.Program, error) { return h.compile(ctx, a, o, e) })
	if err != nil {
		return nil, errors.Join(err, e.close(context.WithoutCancel(ctx)))
	}
	return program, nil
}

// compileInScratch compiles in a folder for temporary files, from which nothing is needed once the program is there.
func (h *Host) compileInScratch(ctx context.Context, a *Artifact, o Options) (*engine.Program, error) {
	cache, err := scratch()
	if err != nil {
		return nil, fmt.Errorf("module[%s]: %w", a.Reference, err)
	}
	defer cache.remove(cache.folder)
	return h.compileIn(ctx, cache.entry(a, o), a, o)
}

// within makes a program within the context. Admission, metering, loading and an engine that compiles in this process do not look at
// it: the caller gets its error in time, and what they still do is waited for by Close.
func (h *Host) within(ctx context.Context, a *Artifact, compile func(context.Context) (*engine.Program, error)) (*engine.Program, error) {
	if h.cfg.Compiler == nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limits.ModuleCompileBudget, errCompileBudget)
		defer cancel()
	}
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

// guarded turns a panic into an error: what makes a program works in a goroutine of its own, where a bug that some module brings out
// would end the process.
func (h *Host) guarded(a *Artifact, compile func() (*engine.Program, error)) (_ *engine.Program, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = refuse(a.Reference, fmt.Errorf("panic while it was made ready: %v", value))
		}
	}()
	return compile()
}

// compile takes what the entry has, makes what it lacks, and gives the entry to the program.
func (h *Host) compile(ctx context.Context, a *Artifact, o Options, e *entry) (*engine.Program, error) {
	cfg, err := h.admitted(a, o, e)
	if err != nil {
		return nil, err
	}
	load := h.load
	if h.cfg.Compiler == nil {
		load = h.loadHere
	}
	program, err := load(ctx, cfg, e)
	if err != nil {
		return nil, refuse(a.Reference, err)
	}
	return program, nil
}

// admitted is what the engine is told of a module that was admitted and metered.
func (h *Host) admitted(a *Artifact, o Options, e *entry) (engine.Config, error) {
	metered, err := h.metered(a, o, e)
	if err != nil {
		return engine.Config{}, err
	}
	modules, err := h.cfg.HostModules(a.Manifest.Families)
	if err != nil {
		return engine.Config{}, refuse(a.Reference, err)
	}
	return engine.Config{
		Wasm: metered, HostModules: modules, MemoryPages: o.pages(), Release: e.close, Interpreter: o.Interpreter,
		Checkpoint: engine.Checkpoint{Module: module.MeterModule, Function: module.MeterFunction},
	}, nil
}

// load has the compiler make the code, unless it lies in the entry, and loads it. An error with code that was found may be the
// cache's: the last word has code that was made now.
func (h *Host) load(ctx context.Context, cfg engine.Config, e *entry) (*engine.Program, error) {
	found := e.ready(cfg.Interpreter)
	if !found {
		if err := h.precompile(ctx, cfg, e); err != nil {
			return nil, err
		}
	}
	cfg.Cache = e.compiled()
	program, err := engine.Compile(context.WithoutCancel(ctx), cfg)
	if err == nil || !found {
		return program, err
	}
	e.discard()
	if err := h.precompile(ctx, cfg, e); err != nil {
		return nil, err
	}
	return engine.Compile(context.WithoutCancel(ctx), cfg)
}

// precompile has the compiler make the code in a folder of its own, which then takes the place of the entry's.
func (h *Host) precompile(ctx context.Context, cfg engine.Config, e *entry) error {
	job := jobOf(cfg)
	if cfg.Interpreter {
		err := h.apart(ctx, job)
		e.tried = err == nil
		return err
	}
	var err error
	if job.Folder, err = e.jobFolder(); err != nil {
		return err
	}
	defer e.cache.remove(job.Folder) // it is not there any more if all went well
	if err := h.apart(ctx, job); err != nil {
		return err
	}
	return e.install(job.Folder)
}

func jobOf(cfg engine.Config) Job { return Job{Wasm: cfg.Wasm, Pages: cfg.MemoryPages} }

// loadHere has the engine compile in this process what it does not find in the entry. Again, the last word has an attempt without
// the cache.
func (h *Host) loadHere(ctx context.Context, cfg engine.Config, e *entry) (*engine.Program, error) {
	ctx = context.WithoutCancel(ctx) // for the cache it is better that it comes to its end
	cfg.Cache = e.compiled()
	program, err := engine.Compile(ctx, cfg)
	if err != nil && cfg.Cache != nil {
		e.discard()
		cfg.Cache = nil
		program, err = engine.Compile(ctx, cfg)
	}
	if err == nil && cfg.Cache != nil {
		e.seal()
	}
	return program, err
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
