package artifact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/limits"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/outcome"
)

// counting is a log that counts the records of a level.
type counting struct {
	slog.Handler
	level slog.Level
	n     int
}

func (c *counting) Enabled(context.Context, slog.Level) bool { return true }
func (c *counting) Handle(_ context.Context, r slog.Record) error {
	if r.Level == c.level {
		c.n++
	}
	return nil
}

// testCache opens the cache in a folder.
func testCache(t testing.TB, folder string) (*Cache, *counting) {
	t.Helper()
	warnings := &counting{level: slog.LevelWarn}
	c, err := OpenCache(folder, slog.New(warnings))
	if err != nil {
		t.Fatal(err)
	}
	return c, warnings
}

// answers is a guest that ends with the exit code 0 only if a computation comes out right.
func answers(t testing.TB) *Artifact {
	t.Helper()
	b := wt.New()
	b.Main("", wt.I32Const(6), wt.I32Const(7), wt.I32Mul, wt.I32Const(42), wt.I32Ne, wt.If(wt.Unreachable))
	return artifactOf(t, b.Build(), described)
}

// start opens the cache as a start of the host does, compiles the guest, runs it and gives everything back.
func start(t testing.TB, folder string, a *Artifact) (damaged int) {
	t.Helper()
	c, warnings := testCache(t, folder)
	h := testHost(t, c)
	program, err := h.Compile(t.Context(), a, options())
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	if o := runs(t, program); o.Verdict != outcome.Done {
		t.Errorf("%+v", o)
	}
	if err := errors.Join(program.Close(t.Context()), h.Close(t.Context())); err != nil {
		t.Error(err)
	}
	return warnings.n
}

// files are the files of the cache.
func files(t testing.TB, folder string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestWhatWasMadeIsKept(t *testing.T) {
	folder, a := t.TempDir(), answers(t)
	start(t, folder, a)
	before := files(t, folder)
	if len(before) != 3 {
		t.Fatalf("%q", before)
	}
	times := func() (all []time.Time) {
		for _, path := range before {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, info.ModTime())
		}
		return all
	}
	written := times()
	if n := start(t, folder, a); n != 0 || !slices.Equal(files(t, folder), before) || !slices.Equal(times(), written) {
		t.Errorf("the second start wrote again; %d warnings", n)
	}
}

// Once, one flipped bit in the engine's part of the cache made every start fail until somebody emptied it.
func TestFlippedBits(t *testing.T) {
	folder, a := t.TempDir(), answers(t)
	start(t, folder, a)
	for _, path := range files(t, folder) {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		step := max(1, len(whole)/97)
		for at := 0; at < len(whole); at += step {
			flipped := slices.Clone(whole)
			flipped[at] ^= 1 << (at % 8)
			write(t, path, flipped)
			if n := start(t, folder, a); n != 1 {
				t.Errorf("%s byte %d: damage was told %d times", path, at, n)
			}
			if now, err := os.ReadFile(path); err != nil || string(now) != string(whole) {
				t.Fatalf("%s byte %d: it was not made again: %v", path, at, err)
			}
		}
	}
}

// A host that was killed while it wrote leaves half of a file, or one without its checksum.
func TestUnfinishedEntries(t *testing.T) {
	folder, a := t.TempDir(), answers(t)
	start(t, folder, a)
	for _, path := range files(t, folder) {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, length := range []int{0, 1, len(whole) / 2, len(whole) - 1} {
			if err := os.WriteFile(path, whole[:length], 0o600); err != nil {
				t.Fatal(err)
			}
			start(t, folder, a)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		write(t, path+".123.tmp", whole)
		start(t, folder, a)
		if now, err := os.ReadFile(path); err != nil || string(now) != string(whole) {
			t.Errorf("%s: it was not made again: %v", path, err)
		}
	}
}

// An entry must never answer for another module, other grants or another limit.
func TestEntryAnswersForOneQuestion(t *testing.T) {
	a := answers(t)
	granted := artifactOf(t, a.raw, strings.Replace(described, `"event"`, `"event", "agent"`, 1))
	turned := artifactOf(t, a.raw, strings.Replace(described, `"event"`, `"agent", "event"`, 1))
	granted.Hash, turned.Hash = a.Hash, a.Hash
	larger := options()
	larger.Memory *= 2
	name := nameOf(a, options())
	for what, other := range map[string]string{
		"module": nameOf(artifactOf(t, bare(), described), options()), "grants": nameOf(granted, options()), "limit": nameOf(a, larger),
	} {
		if other == name {
			t.Errorf("another %s has the same entry", what)
		}
	}
	if nameOf(granted, options()) != nameOf(turned, options()) {
		t.Error("the order of the grants makes a difference")
	}
}

func TestOldEntriesAreRemoved(t *testing.T) {
	folder := t.TempDir()
	start(t, folder, answers(t))
	c, _ := testCache(t, folder)
	used, old := filepath.Join(c.folder, nameOf(answers(t), options())), filepath.Join(c.folder, "old")
	other := filepath.Join(folder, "another build")
	for _, path := range []string{old, other} {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(path, meteredFile), nil)
	}
	long := time.Now().Add(-2 * limits.CacheAge)
	for _, path := range []string{old, used} {
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
	}
	e := c.entry(answers(t), options())
	c.prune(c.keeps)
	if err := errors.Join(e.close(t.Context()), c.Close()); err != nil {
		t.Error(err)
	}
	testCache(t, folder)
	for path, stays := range map[string]bool{old: false, other: false, used: true} {
		if _, err := os.Stat(path); (err == nil) != stays {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// version is one of many versions of a module.
func version(t testing.TB, n int) *Artifact {
	t.Helper()
	b := wt.New()
	b.Main("", wt.I32Const(uint32(n)), wt.Drop)
	return artifactOf(t, b.Build(), described)
}

// A host that runs for long and whose modules are replaced often keeps the versions that were used last, within what is kept, and
// whatever programs use.
func TestVersionsThatNobodyUsesAreBounded(t *testing.T) {
	const versions, kept = 9, 3
	for _, interpreter := range []bool{false, true} {
		for what, most := range map[string]func(each int64) room{
			"in number": func(int64) room { return room{kept, math.MaxInt64} },
			"in bytes":  func(each int64) room { return room{math.MaxInt, kept*each + each/2} },
		} {
			c, _ := testCache(t, t.TempDir())
			h := testHost(t, c)
			o := options()
			o.Interpreter = interpreter
			isKept := func(n int) bool { return exists(filepath.Join(c.folder, nameOf(version(t, n), o))) }
			program := func(n int) *engine.Program {
				p, err := h.Compile(t.Context(), version(t, n), o)
				if err != nil {
					t.Fatal(err)
				}
				return p
			}
			used := program(0) // all the time, and the first one that was
			for n := 1; n <= versions; n++ {
				if err := program(n).Close(t.Context()); err != nil {
					t.Fatal(err)
				}
				if n == 1 {
					c.keeps = most(c.unused()[0].bytes)
				}
				at := time.Now().Add(time.Duration(n-versions) * time.Hour)
				if err := os.Chtimes(filepath.Join(c.folder, nameOf(version(t, n), o)), at, at); err != nil {
					t.Fatal(err)
				}
			}
			last := program(versions + 1)
			for n := range versions + 2 {
				if stays := n == 0 || n > versions-kept; isKept(n) != stays {
					t.Errorf("interpreter %t, bounded %s: version %d of %d is kept: %t", interpreter, what, n, versions+1, !stays)
				}
			}
			if o := runs(t, used); o.Verdict != outcome.Done {
				t.Errorf("%+v", o)
			}
			if err := errors.Join(used.Close(t.Context()), last.Close(t.Context())); err != nil {
				t.Error(err)
			}
		}
	}
}

// A start removes nothing that it may be about to use.
func TestAStartFindsAllThatWasKept(t *testing.T) {
	folder := t.TempDir()
	start(t, folder, answers(t))
	c, _ := testCache(t, folder)
	for n := range limits.CacheEntries + 1 {
		if err := os.Mkdir(filepath.Join(c.folder, fmt.Sprint(n)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	before := len(namesIn(c.folder))
	start(t, folder, answers(t))
	if now := len(namesIn(c.folder)); now != before {
		t.Errorf("%d entries of %d are left", now, before)
	}
	start(t, folder, version(t, 1)) // is new
	if now := len(namesIn(c.folder)); now != limits.CacheEntries+1 {
		t.Errorf("%d entries are left", now)
	}
}

// Two programs of one module share its code, which stays until the last of them is closed.
func TestSharedEntry(t *testing.T) {
	c, _ := testCache(t, t.TempDir())
	h := testHost(t, c)
	a := answers(t)
	var programs []*engine.Program
	for range 2 {
		program, err := h.Compile(t.Context(), a, options())
		if err != nil {
			t.Fatal(err)
		}
		programs = append(programs, program)
	}
	if len(c.open) != 1 || c.Close() == nil {
		t.Errorf("%d entries are open", len(c.open))
	}
	for _, program := range programs {
		if o := runs(t, program); o.Verdict != outcome.Done {
			t.Errorf("%+v", o)
		}
		if err := errors.Join(program.Close(t.Context()), program.Close(t.Context())); err != nil {
			t.Error(err)
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// A cache that cannot be written costs time and nothing else.
func TestCacheThatCannotBeWritten(t *testing.T) {
	folder, a := t.TempDir(), answers(t)
	c, _ := testCache(t, folder)
	write(t, filepath.Join(c.folder, nameOf(a, options())), nil) // a file where the entry's folder belongs
	start(t, folder, a)
	if err := os.Remove(filepath.Join(c.folder, nameOf(a, options()))); err != nil {
		t.Fatal(err)
	}
	e := c.entry(a, options())
	write(t, e.path(codeFolder), nil)
	write(t, e.path(sealFile), nil)
	h := testHost(t, c)
	h.cfg.HostModules = func([]string) ([]engine.HostModule, error) {
		// When the engine comes to write, its folder is gone.
		e.compiled()
		return []engine.HostModule{event{}}, os.RemoveAll(e.path(codeFolder))
	}
	program, err := h.Compile(t.Context(), a, options())
	if err != nil {
		t.Fatal(err)
	}
	if o := runs(t, program); o.Verdict != outcome.Done {
		t.Errorf("%+v", o)
	}
	if err := errors.Join(program.Close(t.Context()), e.close(t.Context())); err != nil {
		t.Error(err)
	}
}

// runs runs a guest that needs nothing of its host.
func runs(t testing.TB, program *engine.Program) outcome.Outcome {
	t.Helper()
	ctx, kill := context.WithCancelCause(t.Context())
	return program.Run(t.Context(), engine.Instance{
		Context: ctx, Kill: kill, Mailbox: nothing{}, Ledger: nothing{}, Ready: make(chan struct{}),
		Failure: func() (outcome.Failure, bool) { return outcome.Failure{}, false },
		Finish:  func(context.Context) error { return nil },
		Budgets: engine.Budgets{Connect: time.Minute, Stall: time.Minute, Close: time.Minute},
	})
}

// nothing is a mailbox and a ledger of an instance that has neither.
type nothing struct{}

func (nothing) RefuseNew()                                    {}
func (nothing) PostLevel(abi.EventKind, uint32, []byte) error { return nil }
func (nothing) Close()                                        {}
func (nothing) Busy() time.Duration                           { return 0 }
func (nothing) TakeOver() (closeAll func())                   { return func() {} }
func (nothing) Seal()                                         {}
func (nothing) CloseAll(context.Context) error                { return nil }
func (nothing) Open() int                                     { return 0 }
func (nothing) Work(context.Context)                          {}
func (nothing) Leave()                                        {}
