package gateway

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/module"
	"innkeeper/runtime/supervisor"
)

// fakeCompiler has the engine compile in this process, unless a test wants something else of it.
type fakeCompiler struct {
	entered chan struct{} // is told when it holds a job
	holds   bool          // each job until its context is over
	only    string        // holds jobs with this text in the module, and no others
	refuses error         // each job
}

func (c *fakeCompiler) Compile(ctx context.Context, job artifact.Job) error {
	switch {
	case c.refuses != nil:
		return c.refuses
	case c.holds, c.only != "" && bytes.Contains(job.Wasm, []byte(c.only)):
		c.entered <- struct{}{}
		<-ctx.Done()
		return context.Cause(ctx)
	}
	cache, err := wazero.NewCompilationCacheWithDir(job.Folder)
	if err != nil {
		return err
	}
	defer cache.Close(ctx)
	program, err := engine.Compile(ctx, engine.Config{
		Wasm: job.Wasm, MemoryPages: job.Pages, Cache: cache,
		Checkpoint: engine.Checkpoint{Module: module.MeterModule, Function: module.MeterFunction},
	})
	return errors.Join(err, program.Close(ctx))
}

// answersSoon fails if a command has not come back when the test would be over long ago.
func answersSoon(t *testing.T, command func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := command(ctx); err != nil {
		t.Error(err)
	}
}

// twoPuppets are an adapter whose module the compiler is about to hold, and another one.
func twoPuppets(t *testing.T, compiler *fakeCompiler) (h *harness, rewrite func()) {
	t.Helper()
	dir := t.TempDir()
	a, b := newPuppet(), newPuppet()
	held := a.main(a.serve("held")).write(t, dir, "held", puppetManifest)
	other := b.main(b.serve("other")).write(t, dir, "other", puppetManifest)
	h = newHarness(t, dir, plan{toml: adapter("held", held, quick) + adapter("other", other, quick), compiler: compiler})
	return h, func() {
		c := newPuppet()
		c.main(c.serve("held again")).write(t, dir, "held", puppetManifest)
	}
}

// While a module is compiled for a change, everything else goes on: status, other adapters' changes, and the end of the host.
func TestOthersGoOnWhileAnUpdateCompiles(t *testing.T) {
	compiler := &fakeCompiler{entered: make(chan struct{})}
	h, rewrite := twoPuppets(t, compiler)
	h.start()
	h.await("held", supervisor.Connected)
	h.await("other", supervisor.Connected)
	rewrite()
	compiler.holds = true
	updated := make(chan error)
	go func() { updated <- h.Restart(context.Background(), "held") }()
	<-compiler.entered
	answersSoon(t, func(ctx context.Context) error { return h.Restart(ctx, "other") })
	h.answersWith("held", "held")
	if all := h.Status().Adapters; len(all) != 2 {
		t.Errorf("%+v", all)
	}
	h.stop() // the compiler leaves with its context
	if err := <-updated; !errors.Is(err, ErrStopped) {
		t.Errorf("%v", err)
	}
}

// So it does while a module is compiled for the first time, also if that adapter is told to start anew.
func TestOthersGoOnWhileAStartCompiles(t *testing.T) {
	compiler := &fakeCompiler{entered: make(chan struct{}, 8)}
	compiler.only = "held"
	h, _ := twoPuppets(t, compiler)
	h.start()
	<-compiler.entered
	restarted := make(chan error)
	go func() { restarted <- h.Restart(context.Background(), "held") }()
	<-compiler.entered // a new attempt: the one before was given up
	answersSoon(t, func(ctx context.Context) error { _, err := h.Reload(ctx); return err })
	h.stop()
	if err := <-restarted; !errors.Is(err, ErrStopped) {
		t.Errorf("%v", err)
	}
}

// A module that costs too much is refused, and what ran goes on; the compiler is not asked twice.
func TestUpdateThatCostsTooMuch(t *testing.T) {
	dir := t.TempDir()
	p := newPuppet()
	file := p.main(p.serve("hello")).write(t, dir, "m", puppetManifest)
	compiler := &fakeCompiler{}
	h := newHarness(t, dir, plan{toml: adapter(puppetName, file, quick)})
	h.plan.compiler = compiler
	h.start()
	h.await(puppetName, supervisor.Connected)
	compiler.refuses = &artifact.NeedsMoreError{Memory: 64 << 20}
	q := newPuppet()
	q.main(q.serve("other")).write(t, dir, "m", puppetManifest)
	if err := h.Restart(context.Background(), puppetName); !errors.Is(err, ErrUpdateRefused) || !strings.Contains(err.Error(), "64 MiB") {
		t.Errorf("%v", err)
	}
	h.answersWith(puppetName, "hello")
}
