package wasifn_test

import (
	"context"
	"encoding/binary"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/hostcall"
	"innkeeper/hostfuncs/wasifn"
	wt "innkeeper/runtime/module/wasmtest"
)

const memorySize = 64 << 10

// mailbox is an event family for tests: it notes the timeouts and answers as told, without waiting.
type mailbox struct {
	abi.Event
	result int32
	asked  []int64
	during func() // what happens while the guest waits
}

func (m *mailbox) Wait(timeout int64) int32 {
	m.asked = append(m.asked, timeout)
	if m.during != nil {
		m.during()
	}
	return m.result
}

// guest is a running module that imports every function of WASI and exports it again under its own name.
type guest struct {
	t       testing.TB
	ctx     context.Context
	module  api.Module
	memory  []byte
	mailbox *mailbox
	kill    context.CancelFunc
}

func newGuest(t testing.TB) *guest { return newGuestOf(t, memorySize>>16) }

// newGuestOf makes a guest with that many pages of memory.
func newGuestOf(t testing.TB, pages uint32) *guest {
	t.Helper()
	g := &guest{t: t, mailbox: &mailbox{}}
	ctx, kill := context.WithCancel(context.Background())
	g.ctx, g.kill = hostcall.With(ctx, &hostcall.Instance{Events: g.mailbox}), kill
	// The interpreter, because the functions are the same and nothing is to be compiled.
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	t.Cleanup(func() { kill(); _ = r.Close(context.Background()) })
	builder := r.NewHostModuleBuilder(wasifn.Module{}.ImportName())
	wasifn.Module{}.Export(builder)
	if _, err := builder.Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	var err error
	if g.module, err = r.Instantiate(g.ctx, forwarder(pages)); err != nil {
		t.Fatal(err)
	}
	var ok bool
	if g.memory, ok = g.module.Memory().Read(0, pages<<16); !ok {
		t.Fatal("no memory")
	}
	return g
}

// functions are those of WASI as the package exports them, by name.
var functions = sync.OnceValue(func() map[string]api.FunctionDefinition {
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	builder := r.NewHostModuleBuilder(wasifn.Module{}.ImportName())
	wasifn.Module{}.Export(builder)
	compiled, err := builder.Compile(ctx)
	if err != nil {
		panic(err)
	}
	return compiled.ExportedFunctions()
})

// forwarder returns the guest's binary: for every function an import and an export that calls it with its own parameters.
func forwarder(pages uint32) []byte {
	b := wt.New()
	b.Memory(pages)
	type function struct {
		name            string
		params, results wt.Types
		index           uint32
	}
	var all []function
	for name, f := range functions() {
		params, results := wt.Types(f.ParamTypes()), wt.Types(f.ResultTypes())
		all = append(all, function{name, params, results, b.Import(wasifn.Module{}.ImportName(), name, params, results)})
	}
	for _, f := range all {
		var push wt.Code
		for i := range f.params {
			push += wt.LocalGet(uint32(i))
		}
		b.Func(f.name, f.params, f.results, "", push, wt.Call(f.index))
	}
	return b.Build()
}

// call calls a function as a guest does.
func (g *guest) call(name string, params ...uint64) abi.Errno {
	g.t.Helper()
	results, err := g.module.ExportedFunction(name).Call(g.ctx, params...)
	if err != nil {
		g.t.Fatalf("%s%v: %v", name, params, err)
	}
	return abi.Errno(results[0])
}

func (g *guest) u32(at uint32) uint32 { return binary.LittleEndian.Uint32(g.memory[at:]) }
