package artifact

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"innkeeper/runtime/engine"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
)

// event is a host module with one function.
type event struct{}

func (event) ImportName() string { return "innkeeper:event@1" }

func (event) Export(builder wazero.HostModuleBuilder) {
	builder.NewFunctionBuilder().WithFunc(func() int32 { return 0 }).Export("wait")
}

// testHost has two families, one of which has no code.
func testHost(t testing.TB, cache *Cache) *Host {
	t.Helper()
	h := NewHost(Config{
		Families: map[string]module.Family{
			"innkeeper:event@1": {Name: "event", Functions: map[string]module.FuncType{"wait": {Results: []module.ValueType{module.I32}}}},
			"innkeeper:agent@1": {Name: "agent", Hint: "ask for agent"},
		},
		HostModules: func([]string) ([]engine.HostModule, error) { return []engine.HostModule{event{}}, nil },
		Cache:       cache,
	})
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

func artifactOf(t testing.TB, raw []byte, manifest string) *Artifact {
	t.Helper()
	a, err := New("/modules/guest.wasm", packed(t, raw, manifest))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func options() Options { return Options{Memory: limits.MemoryBytesMin} }

func TestCompile(t *testing.T) {
	h := testHost(t, nil)
	b := wt.New()
	wait := b.Import("innkeeper:event@1", "wait", "", wt.I32)
	b.Main("", wt.Call(wait), wt.Drop)
	a := artifactOf(t, b.Build(), described)
	for _, o := range []Options{options(), {Memory: limits.MemoryBytesMin, Interpreter: true}} {
		program, err := h.Compile(t.Context(), a, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := program.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := h.Check(t.Context(), a, options()); err != nil {
		t.Error(err)
	}
}

// What a run refuses, a check refuses, and both name the author's file.
func TestCheckRefusesWhatCompileRefuses(t *testing.T) {
	h := testHost(t, nil)
	invalid := wt.New()
	invalid.Main("", wt.Drop)
	greedy := wt.New()
	greedy.Import("innkeeper:agent@1", "cancel", "", wt.I32)
	greedy.Main("")
	large := wt.New()
	large.Memory(limits.MemoryBytesMin/limits.MemoryPageBytes + 1)
	large.Main("")
	for name, c := range map[string]struct {
		raw      []byte
		manifest string
		says     string
		hint     string
	}{
		"unknown family":           {bare(), strings.Replace(described, "event", "evnt", 1), `family "evnt"`, "agent, event"},
		"family not asked for":     {greedy.Build(), described, "agent is not granted", "ask for agent"},
		"invalid code":             {invalid.Build(), described, "compile", ""},
		"more memory than granted": {large.Build(), described, "memory", "raise the"},
	} {
		a := artifactOf(t, c.raw, c.manifest)
		_, compiled := h.Compile(t.Context(), a, options())
		checked := h.Check(t.Context(), a, options())
		for way, err := range map[string]error{"compile": compiled, "check": checked} {
			var refusal *Refusal
			if !errors.As(err, &refusal) || !strings.Contains(err.Error(), c.says) || !strings.Contains(refusal.Hint, c.hint) || refusal.Reference != a.Reference {
				t.Errorf("%s, %s: %v (%+v)", name, way, err, refusal)
			}
		}
	}
}

// A caller that gives up has its answer at once; what the compiler still does is waited for by Close.
func TestCompileOfACallerThatLeaves(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	h := testHost(t, nil)
	h.cfg.HostModules = func([]string) ([]engine.HostModule, error) {
		close(entered)
		<-leave
		return []engine.HostModule{event{}}, nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-entered
		cancel()
	}()
	if _, err := h.Compile(ctx, artifactOf(t, bare(), described), options()); !errors.Is(err, context.Canceled) || !Temporary(err) {
		t.Errorf("%v", err)
	}
	if err := h.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("close does not wait: %v", err)
	}
	close(leave)
	if err := h.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := h.Compile(t.Context(), artifactOf(t, bare(), described), options()); !errors.Is(err, ErrClosed) {
		t.Errorf("%v", err)
	}
}

type broken struct{ event }

func (broken) Export(wazero.HostModuleBuilder) { panic("unreachable state") }

// A bug in the compiler ends one attempt and not the process.
func TestPanicOfTheCompiler(t *testing.T) {
	h := testHost(t, nil)
	h.cfg.HostModules = func([]string) ([]engine.HostModule, error) { return []engine.HostModule{broken{}}, nil }
	var refusal *Refusal
	if _, err := h.Compile(t.Context(), artifactOf(t, bare(), described), options()); !errors.As(err, &refusal) || !strings.Contains(err.Error(), "unreachable state") {
		t.Errorf("%v", err)
	}
}

// So does one in what comes before the compiler, and nothing of the cache stays in use.
func TestPanicBeforeTheCompiler(t *testing.T) {
	cache, _ := testCache(t, t.TempDir())
	h := testHost(t, cache)
	h.cfg.HostModules = func([]string) ([]engine.HostModule, error) { panic("unreachable state") }
	a := artifactOf(t, bare(), described)
	_, compiled := h.Compile(t.Context(), a, options())
	for way, err := range map[string]error{"compile": compiled, "check": h.Check(t.Context(), a, options())} {
		var refusal *Refusal
		if !errors.As(err, &refusal) || refusal.Reference != a.Reference || !strings.Contains(err.Error(), "unreachable state") {
			t.Errorf("%s: %v", way, err)
		}
	}
}
