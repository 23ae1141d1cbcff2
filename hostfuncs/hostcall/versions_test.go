package hostcall_test

import (
	"context"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/hostfuncs/hostcall"
	wt "innkeeper/runtime/module/wasmtest"
)

// greeter is a family in two versions: the later one wants to know how often.
type greeter struct{ greetings int32 }

func (g *greeter) hello(times int32) int32 {
	g.greetings += times
	return g.greetings
}

func greeterTables() []hostcall.Table {
	row := abi.Family{Name: "greet", Version: 1, Functions: []abi.Function{{Name: "hello", Result: abi.ReturnsCount}}}
	later := abi.Family{Name: "greet", Version: 2, Functions: []abi.Function{
		{Name: "hello", Params: []abi.Param{{Name: "times", Type: abi.U32}}, Result: abi.ReturnsCount},
	}}
	return []hostcall.Table{
		{ABI: row, Calls: []hostcall.Call{{Name: "hello", Run: func(family any, _ guestmem.Memory, _ []uint64) int32 {
			return family.(*greeter).hello(1)
		}}}},
		{ABI: later, Calls: []hostcall.Call{{Name: "hello", Run: func(family any, _ guestmem.Memory, stack []uint64) int32 {
			return family.(*greeter).hello(int32(stack[0]))
		}}}},
	}
}

// A later version of a family lives beside the first, in one guest: a name grants both, and each import reaches its own.
func TestTwoVersionsOfAFamily(t *testing.T) {
	ctx := hostcall.With(context.Background(), &hostcall.Instance{Families: []any{&greeter{}, &greeter{100}}})
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(context.Background())
	modules, err := hostcall.Modules(greeterTables(), func(family string) bool { return family == "greet" })
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
	b := wt.New()
	first := b.Import("innkeeper:greet@1", "hello", "", wt.I32)
	second := b.Import("innkeeper:greet@2", "hello", wt.I32, wt.I32)
	b.Func("both", "", wt.I32, "", wt.Call(first), wt.I32Const(7), wt.Call(second), wt.I32Add)
	guest, err := r.Instantiate(ctx, b.Build())
	if err != nil {
		t.Fatal(err)
	}
	got, err := guest.ExportedFunction("both").Call(ctx)
	if err != nil || api.DecodeI32(got[0]) != 1+107 {
		t.Errorf("got %v, %v", got, err)
	}
}
