package compiler

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
)

// asCompiler makes the test program the other process; any other word makes it one of the spies.
const asCompiler = "compile"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if os.Args[1] == asCompiler {
			os.Exit(Main(os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
		}
		if spy := spies[os.Args[1]]; spy != nil {
			os.Exit(spy())
		}
	}
	os.Exit(m.Run())
}

func process() *Process { return &Process{Args: []string{asCompiler}} }

// metered is a module as it comes to the compiler.
func metered(t testing.TB, raw []byte) []byte {
	t.Helper()
	m, err := module.Admit(raw, module.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.Instrument(module.Meter{MaxPages: 16})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func jobOf(t testing.TB, raw []byte) artifact.Job {
	t.Helper()
	return artifact.Job{Wasm: metered(t, raw), Pages: 16, Folder: t.TempDir(), Budget: artifact.DefaultBudget()}
}

func small() []byte {
	b := wt.New()
	b.Main("", wt.I32Const(6), wt.Drop)
	return b.Build()
}

// costly has one function that the engine works on for seconds, and with which it takes gigabytes.
func costly(t testing.TB, n int) []byte {
	t.Helper()
	return wt.Costly()[0].Build(n)
}

// unmetered is a job with a module that admission would not let through.
func unmetered(t testing.TB, raw []byte) artifact.Job {
	t.Helper()
	job := jobOf(t, small())
	job.Wasm = raw
	return job
}

func files(t testing.TB, folder string) (all []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, path+" "+info.ModTime().String())
	}
	return all
}

// What was compiled there is what the engine looks for here: if it were not, this process would compile after all.
func TestTheEngineFindsTheCode(t *testing.T) {
	job := jobOf(t, small())
	if err := process().Compile(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	before := files(t, job.Folder)
	cache, err := wazero.NewCompilationCacheWithDir(job.Folder)
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close(t.Context())
	program, err := engine.Compile(t.Context(), engine.Config{
		Wasm: job.Wasm, MemoryPages: job.Pages, Cache: cache,
		Checkpoint: engine.Checkpoint{Module: module.MeterModule, Function: module.MeterFunction},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if after := files(t, job.Folder); len(before) != 1 || strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("the code was made again: %q, before %q", after, before)
	}
}

func TestWithoutAFolderNothingIsKept(t *testing.T) {
	job := jobOf(t, small())
	job.Folder = ""
	if err := process().Compile(t.Context(), job); err != nil {
		t.Error(err)
	}
}

func TestTheEngineRefuses(t *testing.T) {
	invalid := wt.New()
	invalid.Main("", wt.Drop)
	job := jobOf(t, small())
	job.Wasm = metered(t, invalid.Build())
	for _, folder := range []string{job.Folder, ""} {
		job.Folder = folder
		if err := process().Compile(t.Context(), job); err == nil || artifact.Temporary(err) || !strings.Contains(err.Error(), "compile") {
			t.Errorf("%v", err)
		}
	}
}

func TestNeedsMoreMemory(t *testing.T) {
	job := unmetered(t, costly(t, 2000))
	job.Memory = 100 << 20
	err := process().Compile(t.Context(), job)
	var more *artifact.NeedsMoreError
	if !errors.As(err, &more) || !strings.Contains(err.Error(), "more than 100 MiB") || !strings.Contains(more.Hint(), "compile_memory") {
		t.Fatalf("%v", err)
	}
	if len(files(t, job.Folder)) != 0 {
		t.Error("it left something")
	}
}

// A process that takes too long is killed. What that says depends on who had the processors meanwhile.
func TestNeedsMoreTime(t *testing.T) {
	job := unmetered(t, costly(t, 20_000))
	job.Time = time.Second
	err := process().Compile(t.Context(), job)
	if needs, busy := isNeedOfTime(err), errors.Is(err, artifact.ErrNoCompiler); needs == busy {
		t.Errorf("%v", err)
	}
	if len(files(t, job.Folder)) != 0 {
		t.Error("it left something")
	}
	if err := outOfTime(time.Second, time.Second/2); !isNeedOfTime(err) {
		t.Errorf("half of the time of a processor: %v", err)
	}
	if err := outOfTime(time.Second, time.Second/8); !artifact.Temporary(err) || !strings.Contains(err.Error(), "125ms of the 1s") {
		t.Errorf("an eighth of the time of a processor: %v", err)
	}
}

func isNeedOfTime(err error) bool {
	var more *artifact.NeedsMoreError
	return errors.As(err, &more) && !artifact.Temporary(err) && strings.Contains(err.Error(), "more than 1s") && strings.Contains(more.Hint(), "compile_time")
}

// A caller that leaves takes the process with it: when Compile returns, it was waited for.
func TestCancelled(t *testing.T) {
	leaving := errors.New("the host stops")
	for name, p := range map[string]*Process{"compiles": process(), "hangs": {Args: []string{"deaf"}}} {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(200*time.Millisecond, func() { cancel(leaving) })
		ended := make(chan error, 1)
		job := unmetered(t, costly(t, 2000))
		go func() { ended <- p.Compile(ctx, job) }()
		select {
		case err := <-ended:
			if !errors.Is(err, leaving) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s: it is not killed", name)
		}
		if left := children(t); left != 0 {
			t.Errorf("%s: %d processes are left", name, left)
		}
	}
}

func TestNoProgram(t *testing.T) {
	p := &Process{Program: filepath.Join(t.TempDir(), "gone")}
	if err := p.Compile(t.Context(), jobOf(t, small())); !errors.Is(err, artifact.ErrNoCompiler) || !artifact.Temporary(err) {
		t.Errorf("%v", err)
	}
}

// A folder that takes nothing is no fault of the module.
func TestNoRoom(t *testing.T) {
	job := jobOf(t, small())
	job.Folder = filepath.Join(job.Folder, "file")
	if err := os.WriteFile(job.Folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := process().Compile(t.Context(), job); !errors.Is(err, artifact.ErrNoRoom) {
		t.Errorf("%v", err)
	}
}
