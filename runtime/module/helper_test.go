package module_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
)

const testPages = 256

func fn(params, results wt.Types) module.FuncType {
	return module.FuncType{Params: []module.ValueType(params), Results: []module.ValueType(results)}
}

// policy offers a granted family, one that was not granted, and part of WASI.
func policy() module.Policy {
	return module.Policy{Families: map[string]module.Family{
		"innkeeper:sqlite@1": {Name: "sqlite", Granted: true, Functions: map[string]module.FuncType{
			"open": fn(wt.I32x(3), wt.I32), "close": fn(wt.I32, wt.I32), "prepare": fn(wt.I32x(4), wt.I32),
		}},
		"innkeeper:http@1": {Name: "http", Hint: `add "http" to the adapter's families`, Functions: map[string]module.FuncType{
			"respond": fn(wt.I32x(4), wt.I32),
		}},
		"wasi_snapshot_preview1": {Name: "WASI", Granted: true, Functions: wasi()},
		"env":                    {Name: "env", Granted: true, Functions: map[string]module.FuncType{"note": fn(wt.I32, "")}},
	}}
}

// wasi returns what a Go guest imports.
func wasi() map[string]module.FuncType {
	i, l := wt.I32, wt.I64
	return map[string]module.FuncType{
		"sched_yield": fn("", i), "proc_exit": fn(i, ""), "args_get": fn(i+i, i), "args_sizes_get": fn(i+i, i),
		"clock_time_get": fn(i+l+i, i), "environ_get": fn(i+i, i), "environ_sizes_get": fn(i+i, i),
		"fd_write": fn(i+i+i+i, i), "fd_read": fn(i+i+i+i, i), "fd_close": fn(i, i), "fd_fdstat_get": fn(i+i, i),
		"fd_fdstat_set_flags": fn(i+i, i), "fd_prestat_get": fn(i+i, i), "fd_prestat_dir_name": fn(i+i+i, i),
		"random_get": fn(i+i, i), "poll_oneoff": fn(i+i+i+i, i),
	}
}

func admit(t testing.TB, raw []byte) *module.Module {
	t.Helper()
	m, err := module.Admit(raw, policy())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func instrument(t testing.TB, raw []byte) []byte {
	t.Helper()
	out, err := admit(t, raw).Instrument(module.Meter{MaxPages: testPages})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// refused asserts that err is an Error with the code.
func refused(t testing.TB, err error, code module.Code) *module.Error {
	t.Helper()
	var e *module.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a module.Error with code %s", err, code)
	}
	if e.Code != code {
		t.Fatalf("got code %s (%v), want %s", e.Code, e, code)
	}
	return e
}

// engines returns both engines of wazero, the compiler and the interpreter.
func engines() map[string]wazero.RuntimeConfig {
	return map[string]wazero.RuntimeConfig{
		"compiler":    wazero.NewRuntimeConfigCompiler(),
		"interpreter": wazero.NewRuntimeConfigInterpreter(),
	}
}

// host is a runtime that offers the meter, WASI and env.note.
type host struct {
	wazero.Runtime
	checkpoints int
	notes       []uint32
	onCall      func(checkpoint int) // called at each checkpoint, from one
}

func newHost(t testing.TB, config wazero.RuntimeConfig) *host {
	t.Helper()
	ctx := context.Background()
	h := &host{Runtime: wazero.NewRuntimeWithConfig(ctx, config)}
	t.Cleanup(func() { h.Close(ctx) })
	wasi_snapshot_preview1.MustInstantiate(ctx, h)
	h.export(t, module.MeterModule, module.MeterFunction, nil, func([]uint64) {
		h.checkpoints++
		if h.onCall != nil {
			h.onCall(h.checkpoints)
		}
	})
	h.export(t, "env", "note", []api.ValueType{api.ValueTypeI32}, func(stack []uint64) {
		h.notes = append(h.notes, uint32(stack[0]))
	})
	return h
}

func (h *host) export(t testing.TB, mod, name string, params []api.ValueType, f func(stack []uint64)) {
	t.Helper()
	_, err := h.NewHostModuleBuilder(mod).NewFunctionBuilder().
		WithGoFunction(api.GoFunc(func(_ context.Context, stack []uint64) { f(stack) }), params, nil).
		Export(name).Instantiate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
}

// instantiate does not run _start, but a start section.
func (h *host) instantiate(raw []byte) (api.Module, error) {
	return h.InstantiateWithConfig(context.Background(), raw,
		wazero.NewModuleConfig().WithName("").WithStartFunctions())
}

var errKilled = errors.New("killed at a checkpoint")

// killAt ends the guest at the n'th checkpoint.
func (h *host) killAt(n int) {
	h.onCall = func(checkpoint int) {
		if checkpoint >= n {
			panic(errKilled)
		}
	}
}

// goGuest builds testdata/guest for wasip1, once for all tests.
var goGuest = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "guest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "guest.wasm")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", file, "./testdata/guest")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, errors.New(string(out))
	}
	return os.ReadFile(file)
})

func guest(t testing.TB) []byte {
	t.Helper()
	raw, err := goGuest()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// program compiles a WASI program and returns how to run it: with arguments,
// for what it prints.
func program(t testing.TB, h *host, raw []byte) func(testing.TB, ...string) (stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	compiled, err := h.CompileModule(ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	return func(t testing.TB, args ...string) (string, string) {
		t.Helper()
		var out, errs bytes.Buffer
		_, err := h.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName("").
			WithArgs(append([]string{"guest"}, args...)...).WithStdout(&out).WithStderr(&errs).
			WithSysNanotime().WithSysNanosleep())
		if err != nil {
			t.Fatalf("%v\n%s", err, errs.String())
		}
		return out.String(), errs.String()
	}
}
