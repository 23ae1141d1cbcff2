package artifact

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"innkeeper/runtime/engine"
	"innkeeper/runtime/module"
	"innkeeper/runtime/outcome"
)

// fakeCompiler compiles in this process, and does before that what a test wants.
type fakeCompiler struct {
	before func(ctx context.Context, job Job) error // nil for nothing

	mu   sync.Mutex
	jobs []Job
	busy int // jobs at this moment
	most int // at once
}

func (f *fakeCompiler) Compile(ctx context.Context, job Job) error {
	f.mu.Lock()
	f.jobs = append(f.jobs, job)
	f.busy++
	f.most = max(f.most, f.busy)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.busy--
		f.mu.Unlock()
	}()
	if f.before != nil {
		if err := f.before(ctx, job); err != nil {
			return err
		}
	}
	cfg := engine.Config{
		Wasm: job.Wasm, MemoryPages: job.Pages, Interpreter: job.Folder == "",
		Checkpoint: engine.Checkpoint{Module: module.MeterModule, Function: module.MeterFunction},
	}
	if job.Folder != "" {
		cache, err := wazero.NewCompilationCacheWithDir(job.Folder)
		if err != nil {
			return err
		}
		defer cache.Close(ctx)
		cfg.Cache = cache
	}
	program, err := engine.Compile(ctx, cfg)
	return errors.Join(err, program.Close(ctx))
}

func (f *fakeCompiler) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.jobs)
}

// compilerHost is a host whose modules the fake compiles, with a cache in the folder or, if that is empty, none.
func compilerHost(t testing.TB, folder string, f *fakeCompiler) *Host {
	t.Helper()
	var cache *Cache
	if folder != "" {
		cache, _ = testCache(t, folder)
	}
	h := testHost(t, cache)
	h.cfg.Compiler = f
	return h
}

// serves compiles a module with the host and runs it.
func serves(t testing.TB, h *Host, a *Artifact, o Options) {
	t.Helper()
	program, err := h.Compile(t.Context(), a, o)
	if err != nil {
		t.Fatal(err)
	}
	if got := runs(t, program); got.Verdict != outcome.Done {
		t.Errorf("%+v", got)
	}
	if err := program.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// The compiler works once for a module, and what it made is what runs: the engine finds it and writes nothing.
func TestTheCompilerWorksOnce(t *testing.T) {
	folder, f, a := t.TempDir(), &fakeCompiler{}, answers(t)
	for range 2 {
		h := compilerHost(t, folder, f)
		serves(t, h, a, options())
		serves(t, h, a, options())
	}
	if f.count() != 1 || len(files(t, folder)) != 3 {
		t.Errorf("%d jobs, files %q", f.count(), files(t, folder))
	}
	if job := f.jobs[0]; job.Budget != DefaultBudget() || job.Pages != options().pages() {
		t.Errorf("%+v", job)
	}
}

// Code that was damaged, or taken away while the host ran, is made by the compiler again and never by the engine here.
func TestTheCompilerMakesDamagedCodeAgain(t *testing.T) {
	folder, f, a := t.TempDir(), &fakeCompiler{}, answers(t)
	serves(t, compilerHost(t, folder, f), a, options())
	for _, path := range files(t, folder) {
		if strings.Contains(path, "wazero") {
			write(t, path, []byte("something else"))
		}
	}
	h := compilerHost(t, folder, f)
	serves(t, h, a, options())
	if f.count() != 2 {
		t.Errorf("%d jobs after damage", f.count())
	}
	held, err := h.Compile(t.Context(), a, options())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files(t, folder) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	serves(t, h, a, options())
	if f.count() != 3 {
		t.Errorf("%d jobs after the cache was emptied", f.count())
	}
	if err := held.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// Without a cache, or where the cache takes nothing, the code is made elsewhere, and nothing is left of it.
func TestTheCompilerWithoutACache(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("TMP", temporary)
	full := &fakeCompiler{before: func(_ context.Context, job Job) error {
		if !strings.HasPrefix(job.Folder, temporary) {
			return ErrNoRoom
		}
		return nil
	}}
	for name, h := range map[string]*Host{
		"none": compilerHost(t, "", &fakeCompiler{}), "full": compilerHost(t, t.TempDir(), full),
	} {
		serves(t, h, answers(t), options())
		if left := namesIn(temporary); len(left) > 0 {
			t.Errorf("%s: %q is left", name, left)
		}
	}
}

// A caller that leaves ends the work on its module, and nothing of that is left in the cache.
func TestTheCompilerIsTold(t *testing.T) {
	folder, entered := t.TempDir(), make(chan struct{})
	h := compilerHost(t, folder, &fakeCompiler{before: func(ctx context.Context, job Job) error {
		if err := os.WriteFile(filepath.Join(job.Folder, "half"), []byte("half"), 0o600); err != nil {
			t.Error(err)
		}
		close(entered)
		<-ctx.Done()
		return context.Cause(ctx)
	}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-entered
		cancel()
	}()
	if _, err := h.Compile(ctx, answers(t), options()); !errors.Is(err, context.Canceled) || !Temporary(err) {
		t.Errorf("%v", err)
	}
	if err := h.Close(t.Context()); err != nil { // waits for the work
		t.Error(err)
	}
	if left := files(t, folder); len(left) != 1 || filepath.Base(left[0]) != meteredFile {
		t.Errorf("left: %q", left)
	}
}

// A host that was killed while the compiler worked leaves a folder, which goes when the module is compiled next.
func TestWhatAKilledHostLeaves(t *testing.T) {
	folder, f, a := t.TempDir(), &fakeCompiler{}, answers(t)
	serves(t, compilerHost(t, folder, f), a, options())
	all := files(t, folder)
	entry := filepath.Dir(all[slices.IndexFunc(all, func(path string) bool { return filepath.Base(path) == meteredFile })])
	left := filepath.Join(entry, jobPrefix+"1", "half")
	if err := os.MkdirAll(filepath.Dir(left), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, left, []byte("half"))
	serves(t, compilerHost(t, folder, f), a, options())
	if len(files(t, folder)) != 3 || f.count() != 1 {
		t.Errorf("%d jobs, files %q", f.count(), files(t, folder))
	}
}

// What is charged is the memory of one compilation: a second one waits, and one that has waited enough leaves.
func TestOneCompilationAtATime(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	f := &fakeCompiler{before: func(context.Context, Job) error {
		entered <- struct{}{}
		<-leave
		return nil
	}}
	h := compilerHost(t, t.TempDir(), f)
	var group sync.WaitGroup
	for _, comment := range []string{"# one", "# another"} {
		a := artifactOf(t, bare(), described+comment)
		group.Go(func() { serves(t, h, a, options()) })
	}
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := h.Compile(ctx, answers(t), options()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	leave <- struct{}{}
	<-entered
	leave <- struct{}{}
	group.Wait()
	if f.most != 1 {
		t.Errorf("%d at once", f.most)
	}
}

// A module that costs too much is refused with its figure and with what an operator can do; so it is in a check.
func TestTooCostlyIsRefused(t *testing.T) {
	h := compilerHost(t, t.TempDir(), &fakeCompiler{before: func(_ context.Context, job Job) error {
		return &NeedsMoreError{Memory: job.Memory}
	}})
	h.cfg.Budget = func() Budget { return Budget{Memory: 96 << 20, Time: time.Second} }
	a := answers(t)
	_, compiled := h.Compile(t.Context(), a, options())
	_, interpreted := h.Compile(t.Context(), a, Options{Memory: options().Memory, Interpreter: true})
	for way, err := range map[string]error{"compile": compiled, "interpreter": interpreted, "check": h.Check(t.Context(), a, options())} {
		var refusal *Refusal
		if !errors.As(err, &refusal) || !strings.Contains(err.Error(), "96 MiB") || !strings.Contains(refusal.Hint, "compile_memory") || Temporary(err) {
			t.Errorf("%s: %v", way, err)
		}
	}
}

// The interpreter's form of a module cannot be handed over: it is tried there first, once while it is in use.
func TestTheInterpreterIsTriedApart(t *testing.T) {
	f, a := &fakeCompiler{}, answers(t)
	h := compilerHost(t, t.TempDir(), f)
	o := Options{Memory: options().Memory, Interpreter: true}
	held, err := h.Compile(t.Context(), a, o)
	if err != nil {
		t.Fatal(err)
	}
	serves(t, h, a, o)
	if f.count() != 1 || f.jobs[0].Folder != "" {
		t.Errorf("%d jobs: %+v", f.count(), f.jobs)
	}
	if err := errors.Join(held.Close(t.Context()), h.Check(t.Context(), a, options())); err != nil || f.count() != 2 {
		t.Errorf("check: %v, %d jobs", err, f.count())
	}
}
