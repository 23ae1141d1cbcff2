package hostcall_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/agentfn"
	"innkeeper/hostfuncs/configfn"
	"innkeeper/hostfuncs/eventfn"
	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/hostcall"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/hostfuncs/lifecyclefn"
	"innkeeper/hostfuncs/logfn"
	"innkeeper/hostfuncs/sqlitefn"
	wt "innkeeper/runtime/module/wasmtest"
)

const memorySize = 64 << 10

// guest is a running module that imports every function of the ABI and exports each again under "family.function".
type guest struct {
	t      testing.TB
	ctx    context.Context
	module api.Module
	memory []byte
}

// configurations are the two engines; a guest must not be able to tell them apart.
func configurations() map[string]wazero.RuntimeConfig {
	return map[string]wazero.RuntimeConfig{
		"compiler": wazero.NewRuntimeConfigCompiler(), "interpreter": wazero.NewRuntimeConfigInterpreter(),
	}
}

func newGuest(t testing.TB, config wazero.RuntimeConfig, instance *hostcall.Instance) *guest {
	t.Helper()
	ctx := hostcall.With(context.Background(), instance)
	r := wazero.NewRuntimeWithConfig(ctx, config)
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	modules, err := hostcall.Modules(tables(), all)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		builder := r.NewHostModuleBuilder(m.ImportName())
		m.Export(builder)
		if _, err := builder.Instantiate(ctx); err != nil {
			t.Fatal(err)
		}
	}
	module, err := r.Instantiate(ctx, forwarder())
	if err != nil {
		t.Fatal(err)
	}
	memory, ok := module.Memory().Read(0, memorySize)
	if !ok {
		t.Fatal("no memory")
	}
	return &guest{t, ctx, module, memory}
}

// tables are all families of the ABI.
func tables() []hostcall.Table {
	var list []hostcall.Table
	for _, plug := range plugs() {
		list = append(list, plug.Table)
	}
	return list
}

func plugs() []family.Plug {
	return []family.Plug{
		lifecyclefn.Plug(), eventfn.Plug(), configfn.Plug(), logfn.Plug(), sqlitefn.Plug(), httpfn.Plug(), agentfn.Plug(nil),
	}
}

func all(string) bool { return true }

// only is an instance with one family, which is where the table of that name is.
func only(name string, functions any) *hostcall.Instance {
	instance := &hostcall.Instance{}
	for _, table := range tables() {
		var here any
		if table.ABI.Name == name {
			here = functions
		}
		instance.Families = append(instance.Families, here)
	}
	return instance
}

// forwarder is the guest's binary: for every function an import and an export that calls it with its own parameters.
func forwarder() []byte {
	b := wt.New()
	type function struct {
		name   string
		params wt.Types
		index  uint32
	}
	var functions []function
	for _, family := range abi.Families() {
		for _, f := range family.Functions {
			params := wt.Types(f.Wasm())
			functions = append(functions,
				function{family.Name + "." + f.Name, params, b.Import(family.Module(), f.Name, params, wt.I32)})
		}
	}
	for _, f := range functions {
		var body wt.Code
		for i := range f.params {
			body += wt.LocalGet(uint32(i))
		}
		b.Func(f.name, f.params, wt.I32, "", body, wt.Call(f.index))
	}
	return b.Build()
}

// call calls one function with stack words.
func (g *guest) call(function string, words []uint64) (int32, error) {
	g.t.Helper()
	results, err := g.module.ExportedFunction(function).Call(g.ctx, words...)
	if err != nil {
		return 0, err
	}
	return api.DecodeI32(results[0]), nil
}

// each runs a subtest for every function of the ABI on both engines.
func each(t *testing.T, test func(t *testing.T, g *guest, r *recorder, name string, f abi.Function)) {
	for engine, config := range configurations() {
		t.Run(engine, func(t *testing.T) {
			r := &recorder{}
			g := newGuest(t, config, &hostcall.Instance{Families: r.families()})
			for _, family := range abi.Families() {
				for _, f := range family.Functions {
					t.Run(family.Name+"."+f.Name, func(t *testing.T) {
						g.t = t
						clear(g.memory)
						*r = recorder{result: fakeResult}
						test(t, g, r, family.Name+"."+f.Name, f)
					})
				}
			}
		})
	}
}

// argument is one parameter's value: the words that the guest passes, and what the host must see and leave behind.
type argument struct {
	words []uint64
	seen  any
	check func(g *guest) error
}

// arguments makes a set of good arguments, each unlike the others. In parameters are placed in the guest's memory.
func (g *guest) arguments(f abi.Function) []argument {
	list := make([]argument, len(f.Params))
	for i, p := range f.Params {
		number, at := uint64(i+1), uint64(1024*(i+1))
		switch p.Type {
		case abi.Handle, abi.U32: // bits above the sign, to see that nothing is cut or widened
			v := uint32(0xfff00000 + number)
			list[i] = argument{words: []uint64{uint64(v)}, seen: v}
		case abi.I32:
			v := int32(-1000 - int32(number))
			list[i] = argument{words: []uint64{api.EncodeI32(v)}, seen: v}
		case abi.I64:
			v := math.MinInt64 + int64(number)
			list[i] = argument{words: []uint64{api.EncodeI64(v)}, seen: v}
		case abi.F64:
			v := -0.1 * float64(number)
			list[i] = argument{words: []uint64{api.EncodeF64(v)}, seen: v}
		case abi.In:
			text := fmt.Sprintf("parameter %d is %s", i, p.Name)
			copy(g.memory[at:], text)
			list[i] = argument{[]uint64{at, uint64(len(text))}, text, g.holds(at, text)}
		case abi.Out:
			const n = 13
			list[i] = argument{[]uint64{at, n}, string(make([]byte, n)), g.holds(at, string(fillOf(n))+"\x00")}
		case abi.OutU32:
			list[i] = argument{[]uint64{at}, nil, g.holds(at, string(binary.LittleEndian.AppendUint32(nil, fakeU32))+"\x00")}
		case abi.OutI64:
			v := fakeI64
			list[i] = argument{[]uint64{at}, nil, g.holds(at, string(binary.LittleEndian.AppendUint64(nil, uint64(v)))+"\x00")}
		case abi.OutF64:
			bits := math.Float64bits(fakeF64)
			list[i] = argument{[]uint64{at}, nil, g.holds(at, string(binary.LittleEndian.AppendUint64(nil, bits))+"\x00")}
		default:
			g.t.Fatalf("parameter %s: type %d is unknown to this test", p.Name, p.Type)
		}
	}
	return list
}

func fillOf(n int) []byte {
	b := make([]byte, n)
	fill(b)
	return b
}

func (g *guest) holds(at uint64, want string) func(*guest) error {
	return func(g *guest) error {
		if got := string(g.memory[at : at+uint64(len(want))]); got != want {
			return fmt.Errorf("memory at %d holds %q, want %q", at, got, want)
		}
		return nil
	}
}

func words(arguments []argument) (list []uint64) {
	for _, a := range arguments {
		list = append(list, a.words...)
	}
	return list
}
