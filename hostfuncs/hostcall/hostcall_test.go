package hostcall_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/hostcall"
)

// Every function of the table reaches the method of its name, with the values that the guest passed, in order.
func TestEveryFunctionArrives(t *testing.T) {
	each(t, func(t *testing.T, g *guest, r *recorder, name string, f abi.Function) {
		arguments := g.arguments(f)
		result, err := g.call(name, words(arguments))
		if err != nil || result != fakeResult {
			t.Errorf("result %d, %v", result, err)
		}
		if len(r.calls) != 1 || r.calls[0] != name {
			t.Fatalf("reached %v", r.calls)
		}
		for i, a := range arguments {
			if !reflect.DeepEqual(r.args[i], a.seen) {
				t.Errorf("parameter %s: the host saw %#v, want %#v", f.Params[i].Name, r.args[i], a.seen)
			}
			if a.check != nil {
				if err := a.check(g); err != nil {
					t.Errorf("parameter %s: %v", f.Params[i].Name, err)
				}
			}
		}
	})
}

// A call that failed leaves the guest's out parameters alone.
func TestFailureWritesNoOutParameter(t *testing.T) {
	each(t, func(t *testing.T, g *guest, r *recorder, name string, f abi.Function) {
		r.result = abi.EBADF.Result()
		arguments := g.arguments(f)
		before := bytes.Clone(g.memory)
		result, err := g.call(name, words(arguments))
		if err != nil || result != abi.EBADF.Result() {
			t.Errorf("result %d, %v", result, err)
		}
		for i, p := range f.Params {
			if p.Type != abi.OutU32 && p.Type != abi.OutI64 && p.Type != abi.OutF64 {
				continue
			}
			if at := arguments[i].words[0]; !bytes.Equal(g.memory[at:at+8], before[at:at+8]) {
				t.Errorf("parameter %s was written", p.Name)
			}
		}
	})
}

// hostile are pairs of pointer and length that are not inside of the guest's memory.
var hostile = [][2]uint64{
	{0, memorySize + 1}, {1, memorySize}, {memorySize, 1}, {memorySize - 1, 2}, {memorySize + 1, 0},
	{0, math.MaxUint32}, {1, math.MaxUint32}, {16, math.MaxUint32 - 8}, {math.MaxUint32, 0}, {math.MaxUint32, 1},
	{math.MaxUint32, math.MaxUint32}, {1 << 31, 1 << 31}, {1<<31 - 1, 1 << 31}, {memorySize - 8, math.MaxUint32 - memorySize + 9},
}

// A pointer and length outside of the memory: EFAULT, whichever parameter it is, and the family never hears of it.
func TestHostilePointers(t *testing.T) {
	each(t, func(t *testing.T, g *guest, r *recorder, name string, f abi.Function) {
		arguments := g.arguments(f)
		before := bytes.Clone(g.memory)
		for i, p := range f.Params {
			for _, bad := range hostilePairs(p.Type) {
				evil := append([]argument(nil), arguments...)
				evil[i].words = bad
				result, err := g.call(name, words(evil))
				if err != nil || result != abi.EFAULT.Result() {
					t.Errorf("parameter %s %#x: result %d, %v, want EFAULT", p.Name, bad, result, err)
				}
			}
		}
		if len(r.calls) != 0 {
			t.Errorf("%d calls reached the family", len(r.calls))
		}
		if !bytes.Equal(g.memory, before) {
			t.Error("the guest's memory was written")
		}
		if _, err := g.call(name, words(arguments)); err != nil || len(r.calls) != 1 {
			t.Errorf("a good call afterwards: %v", err)
		}
	})
}

// hostilePairs is the words to pass for a parameter of that type; none for a type that is no pointer.
func hostilePairs(p abi.Type) (list [][]uint64) {
	switch p {
	case abi.In, abi.Out:
		for _, pair := range hostile {
			list = append(list, []uint64{pair[0], pair[1]})
		}
	case abi.OutU32:
		for _, at := range []uint64{memorySize - 3, memorySize, math.MaxUint32 - 3, math.MaxUint32, 1 << 31} {
			list = append(list, []uint64{at})
		}
	case abi.OutI64, abi.OutF64:
		for _, at := range []uint64{memorySize - 7, memorySize - 4, memorySize, math.MaxUint32 - 7, math.MaxUint32, 1 << 31} {
			list = append(list, []uint64{at})
		}
	}
	return list
}

// Empty and overlapping areas are the guest's right.
func TestEmptyAndOverlappingAreas(t *testing.T) {
	each(t, func(t *testing.T, g *guest, r *recorder, name string, f abi.Function) {
		for _, pair := range [][2]uint64{{0, 0}, {memorySize, 0}, {512, 64}, {0, memorySize}} {
			var stack []uint64
			for _, a := range g.arguments(f) {
				switch {
				case len(a.words) == 2:
					stack = append(stack, pair[0], pair[1])
				case a.seen == nil: // an out parameter
					stack = append(stack, 512)
				default:
					stack = append(stack, a.words...)
				}
			}
			if result, err := g.call(name, stack); err != nil || result != fakeResult {
				t.Errorf("areas %#x: result %d, %v", pair, result, err)
			}
		}
	})
}

// What a guest passes above 32 bits in a word is no business of the host: an i32 has none.
func TestStackWordsAreCut(t *testing.T) {
	r := &recorder{result: fakeResult}
	modules, err := hostcall.Modules(tables(), func(family string) bool { return family == "sqlite" })
	if err != nil {
		t.Fatal(err)
	}
	g := newGuest(t, wazero.NewRuntimeConfigInterpreter(), &hostcall.Instance{Families: r.families()})
	for _, f := range modules[0].Functions {
		if f.Name == "close" {
			stack := []uint64{0xdeadbeef_00000007}
			f.Call.Call(g.ctx, g.module, stack)
			if r.args[0] != uint32(7) || int32(stack[0]) != fakeResult {
				t.Errorf("the host saw %v and left %#x", r.args[0], stack[0])
			}
		}
	}
}

// The exported table is the declared one: names, order, signatures.
func TestModulesMatchTheTable(t *testing.T) {
	modules, err := hostcall.Modules(tables(), all)
	if err != nil {
		t.Fatal(err)
	}
	families := abi.Families()
	if len(modules) != len(families) {
		t.Fatalf("%d modules of %d families", len(modules), len(families))
	}
	for i, family := range families {
		if modules[i].Name != family.Module() || len(modules[i].Functions) != len(family.Functions) {
			t.Errorf("family %s: module %s with %d functions", family.Name, modules[i].Name, len(modules[i].Functions))
			continue
		}
		for j, f := range family.Functions {
			got := modules[i].Functions[j]
			if got.Name != f.Name || !bytes.Equal(got.Params, f.Wasm()) || !bytes.Equal(got.Results, []byte{abi.WasmI32}) {
				t.Errorf("%s.%s: got %s %x -> %x", family.Name, f.Name, got.Name, got.Params, got.Results)
			}
		}
	}
}

func TestOnlyWhatIsGranted(t *testing.T) {
	modules, err := hostcall.Modules(tables(), func(family string) bool { return family == "log" })
	if err != nil || len(modules) != 1 || modules[0].Name != "innkeeper:log@1" {
		t.Errorf("got %+v, %v", modules, err)
	}
}

// A row and its code that do not match are found at start-up.
func TestRowsAndCodeThatDoNotMatch(t *testing.T) {
	row := abi.Family{Name: "greet", Version: 1, Functions: []abi.Function{{Name: "hello"}, {Name: "bye"}}}
	hello, bye := hostcall.Call{Name: "hello"}, hostcall.Call{Name: "bye"}
	for name, calls := range map[string][]hostcall.Call{
		"too few": {hello}, "in another order": {bye, hello}, "too many": {hello, bye, hello},
	} {
		if _, err := hostcall.Modules([]hostcall.Table{{ABI: row, Calls: calls}}, all); err == nil || !strings.Contains(err.Error(), "innkeeper:greet@1") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Intercept sees each call first, and may answer in its place, with or without parameters on the stack.
func TestIntercept(t *testing.T) {
	r := &recorder{result: fakeResult}
	var seen []string
	answer := false
	g := newGuest(t, wazero.NewRuntimeConfigInterpreter(), &hostcall.Instance{
		Families: r.families(),
		Intercept: func(family, function string) (int32, bool) {
			seen = append(seen, family+"."+function)
			return abi.EIO.Result(), answer
		},
	})
	for _, name := range []string{"lifecycle.ready", "sqlite.step"} {
		stack := map[string][]uint64{"sqlite.step": {1}}[name]
		if result, err := g.call(name, stack); err != nil || result != fakeResult {
			t.Errorf("%s let through: %d, %v", name, result, err)
		}
		answer = true
		if result, err := g.call(name, stack); err != nil || result != abi.EIO.Result() {
			t.Errorf("%s answered: %d, %v", name, result, err)
		}
		answer = false
	}
	if len(r.calls) != 2 || strings.Join(seen, " ") != "lifecycle.ready lifecycle.ready sqlite.step sqlite.step" {
		t.Errorf("calls %v, seen %v", r.calls, seen)
	}
}

// A panic in a host function reaches the engine as an error of the run, and the process lives.
func TestPanicBecomesAnError(t *testing.T) {
	for engine, config := range configurations() {
		t.Run(engine, func(t *testing.T) {
			r := &recorder{result: fakeResult}
			g := newGuest(t, config, &hostcall.Instance{
				Families:  r.families(),
				Intercept: func(string, string) (int32, bool) { panic("out of memory") },
			})
			if _, err := g.call("event.recv", []uint64{0, 0}); err == nil || !strings.Contains(err.Error(), "out of memory") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// An instance that is over reaches no family any more: the call unwinds the guest instead of returning to it.
func TestCallOfAnInstanceThatIsOver(t *testing.T) {
	each(t, func(t *testing.T, g *guest, r *recorder, name string, f abi.Function) {
		over, cancel := context.WithCancel(g.ctx)
		cancel()
		arguments := g.arguments(f)
		_, err := g.module.ExportedFunction(name).Call(over, words(arguments)...)
		if !errors.As(err, &hostcall.Unwound{}) {
			t.Errorf("got %v", err)
		}
		if len(r.calls) != 0 {
			t.Errorf("reached %v", r.calls)
		}
	})
}

// An instance that ends while a host function runs does not get its result.
func TestInstanceEndsDuringACall(t *testing.T) {
	for engine, config := range configurations() {
		t.Run(engine, func(t *testing.T) {
			over, cancel := context.WithCancel(context.Background())
			waits := ender{cancel: cancel}
			g := newGuest(t, config, only("event", waits))
			ctx := hostcall.With(over, hostcall.Of(g.ctx))
			if _, err := g.module.ExportedFunction("event.wait").Call(ctx, 0); !errors.As(err, &hostcall.Unwound{}) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// ender ends the instance in the middle of a wait.
type ender struct{ cancel context.CancelFunc }

func (e ender) Wait(int64) int32 {
	e.cancel()
	return abi.ECANCELED.Result()
}

func (ender) Recv([]byte) int32 { return abi.EAGAIN.Result() }

// BenchmarkCall is the way from the guest to a family and back.
func BenchmarkCall(b *testing.B) {
	g := newGuest(b, wazero.NewRuntimeConfigCompiler(), only("config", silent{}))
	read := g.module.ExportedFunction("config.read")
	stack := make([]uint64, 2)
	b.ReportAllocs()
	for b.Loop() {
		stack[0], stack[1] = 1024, 64
		if err := read.CallWithStack(g.ctx, stack); err != nil {
			b.Fatal(err)
		}
	}
}

type silent struct{}

func (silent) Read([]byte) int32      { return 0 }
func (silent) HasSecret([]byte) int32 { return 0 }
