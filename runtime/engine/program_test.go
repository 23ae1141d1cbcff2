package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"innkeeper/runtime/engine"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/outcome"
)

func TestCompileRefuses(t *testing.T) {
	noStart := wt.New()
	noStart.Func("main", "", "", "")
	illTyped := wt.New()
	illTyped.Main("", wt.I32Add)
	good := wt.New()
	good.Main("")
	for name, test := range map[string]struct {
		raw  []byte
		want string
	}{
		"no _start": {noStart.Build(), "_start"},
		"ill-typed": {illTyped.Build(), "compile"},
		"no module": {[]byte("text"), "compile"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t, good.Build(), nil, false, testPages)
			cfg.Wasm = test.raw
			if _, err := engine.Compile(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// The cache is shared, and counts its users: closing one program twice must not take the code from another.
func TestCloseTwiceWithASharedCache(t *testing.T) {
	cache := wazero.NewCompilationCache()
	defer cache.Close(context.Background())
	b := wt.New()
	b.Main("")
	var programs [2]*engine.Program
	for i := range programs {
		cfg := config(t, b.Build(), nil, false, testPages)
		cfg.Cache = cache
		var err error
		if programs[i], err = engine.Compile(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := programs[0].Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
	check(t, newStay().run(t, programs[1]), outcome.Done, "exit")
	if err := programs[1].Close(context.Background()); err != nil {
		t.Error(err)
	}
	var none *engine.Program
	if err := none.Close(context.Background()); err != nil {
		t.Errorf("nil: %v", err)
	}
}

// A program that was closed runs nothing, and says so.
func TestRunAfterClose(t *testing.T) {
	b := wt.New()
	b.Main("")
	program := compile(t, b.Build(), nil, false)
	if err := program.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	exit := newStay().run(t, program)
	if exit.Verdict != outcome.Retry || !strings.Contains(exit.Message, "closed") {
		t.Errorf("%+v", exit)
	}
}

// Many instances of one program live side by side, each with a memory of its own.
func TestInstancesAtOnce(t *testing.T) {
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		b := wt.New()
		exit := b.ProcExit()
		word := b.Reserve(4)
		b.Main(wt.I32, wt.Repeat(0, 10000, wt.I32Const(word), wt.I32Const(word), wt.I32Load, wt.I32Const(1), wt.I32Add, wt.I32Store),
			wt.I32Const(word), wt.I32Load, wt.I32Const(10000), wt.I32Ne, wt.Call(exit))
		program := compile(t, b.Build(), nil, interpreter)
		exits := make(chan outcome.Outcome)
		for range 20 {
			go func() { exits <- program.Run(context.Background(), newStay().Instance) }()
		}
		for range 20 {
			check(t, <-exits, outcome.Done, "exit")
		}
	})
}
