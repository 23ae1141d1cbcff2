package module_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
)

// algorithms returns exported functions of one i32 that return one i32.
func algorithms() []byte {
	b := wt.New()
	table := b.Table(wt.FuncRef, 4)
	unary := b.Type(wt.I32, wt.I32)

	fib := b.Declare(wt.I32, wt.I32)
	less := func(n int) wt.Code { return wt.LocalGet(0) + wt.I32Const(n) + wt.I32Sub + wt.Call(fib) }
	b.Define(fib, "", wt.LocalGet(0), wt.I32Const(2), wt.I32LtU,
		wt.Typed(wt.I32, wt.If(wt.LocalGet(0), wt.Else, less(1), less(2), wt.I32Add)))
	b.Export("fib", wt.KindFunc, fib)

	// sieve counts primes below n with one byte per number, from address 4096.
	at := func(local uint32) wt.Code { return wt.I32Const(4096) + wt.LocalGet(local) + wt.I32Add }
	next := func(local, by uint32) wt.Code {
		return wt.LocalGet(local) + wt.LocalGet(by) + wt.I32Add + wt.LocalSet(local)
	}
	b.Func("sieve", wt.I32, wt.I32, wt.I32x(4), // 1: i, 2: j, 3: count, 4: one
		wt.I32Const(4096), wt.I32Const(0), wt.LocalGet(0), wt.MemoryFill,
		wt.I32Const(1), wt.LocalTee(4), wt.LocalSet(1),
		wt.Block(wt.Loop(
			next(1, 4), wt.LocalGet(1), wt.LocalGet(0), wt.I32GeU, wt.BrIf(1),
			at(1), wt.I32Load8U, wt.BrIf(0),
			next(3, 4), wt.LocalGet(1), wt.LocalSet(2),
			wt.Loop(next(2, 1), wt.LocalGet(2), wt.LocalGet(0), wt.I32LtU,
				wt.If(at(2), wt.I32Const(1), wt.I32Store8, wt.Br(1))),
			wt.Br(0))),
		wt.LocalGet(3))

	// collatz counts steps by jumps between arms, the way Go does.
	jump := func(to int, depth uint32) wt.Code { return wt.I32Const(to) + wt.LocalSet(1) + wt.Br(depth) }
	b.Func("collatz", wt.I32, wt.I32, wt.I32x(2), // 1: pc, 2: steps
		wt.Loop(wt.Block(wt.Block(wt.Block(wt.LocalGet(1), wt.BrTable(0, 1, 2)),
			wt.LocalGet(0), wt.I32Const(1), wt.I32LeS, wt.If(jump(2, 3)),
			wt.LocalGet(2), wt.I32Const(1), wt.I32Add, wt.LocalSet(2),
			wt.LocalGet(0), wt.I32Const(1), wt.I32And, wt.If(jump(1, 3)),
			wt.LocalGet(0), wt.I32Const(1), wt.I32ShrU, wt.LocalSet(0), jump(0, 2)),
			wt.LocalGet(0), wt.I32Const(3), wt.I32Mul, wt.I32Const(1), wt.I32Add, wt.LocalSet(0), jump(0, 1))),
		wt.LocalGet(2))

	// carry adds 1 to n with a loop that takes and returns values.
	two := b.Type(wt.I32+wt.I32, wt.I32)
	b.Func("carry", wt.I32, wt.I32, wt.I32,
		wt.I32Const(0), wt.LocalGet(0),
		"\x03"+wt.Code(wt.U32(two)), // loop (sum, left) -> sum
		wt.LocalSet(1), wt.LocalGet(1), wt.I32Add, wt.LocalGet(1), wt.I32Const(1), wt.I32Sub,
		wt.LocalTee(1), wt.LocalGet(1), wt.I32Const(0), wt.I32GtS, wt.BrIf(0), wt.Drop, wt.End)

	// twice applies fib through the table, twice, and a tail of block results.
	b.Func("twice", wt.I32, wt.I32, "",
		wt.LocalGet(0), wt.I32Const(2), wt.CallIndirect(unary, table),
		wt.I32Const(7), wt.I32And, wt.I32Const(2), wt.CallIndirect(unary, table))
	b.Elem(table, 2, fib)
	b.Main("")
	return b.Build()
}

func TestInstrumentedModulesComputeTheSame(t *testing.T) {
	raw := algorithms()
	for engine, config := range engines() {
		plain, err := newHost(t, config).instantiate(raw)
		if err != nil {
			t.Fatal(err)
		}
		for _, budget := range []int32{1, 7, 4096} {
			out, err := admit(t, raw).Instrument(module.Meter{MaxPages: testPages, Budget: budget})
			if err != nil {
				t.Fatal(err)
			}
			h := newHost(t, config)
			metered, err := h.instantiate(out)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range []string{"fib", "sieve", "collatz", "carry", "twice"} {
				for _, n := range []uint64{0, 1, 2, 13, 21} {
					want, got := call(t, plain, f, n), call(t, metered, f, n)
					if got != want {
						t.Errorf("%s, budget %d: %s(%d) = %d, plain %d", engine, budget, f, n, got, want)
					}
				}
			}
			a, _ := plain.Memory().Read(0, 1<<16)
			b, _ := metered.Memory().Read(0, 1<<16)
			if !bytes.Equal(a, b) {
				t.Errorf("%s, budget %d: memories differ", engine, budget)
			}
			if h.checkpoints == 0 && budget < 100 {
				t.Errorf("%s, budget %d: no checkpoint", engine, budget)
			}
		}
	}
}

func call(t *testing.T, m api.Module, f string, args ...uint64) uint64 {
	t.Helper()
	out, err := m.ExportedFunction(f).Call(context.Background(), args...)
	if err != nil {
		t.Fatalf("%s%v: %v", f, args, err)
	}
	return out[0]
}

func TestAlgorithmsAreRight(t *testing.T) {
	m, err := newHost(t, wazero.NewRuntimeConfigInterpreter()).instantiate(algorithms())
	if err != nil {
		t.Fatal(err)
	}
	for f, want := range map[string]uint64{"fib": 233, "sieve": 5, "collatz": 9, "carry": 91, "twice": 1} {
		if got := call(t, m, f, 13); got != want {
			t.Errorf("%s(13) = %d, want %d", f, got, want)
		}
	}
}

// All sections survive, and every reference to a function still means the same.
func TestEverySectionIsRewritten(t *testing.T) {
	for engine, config := range engines() {
		var results []uint64
		var notes [][]uint32
		for _, raw := range [][]byte{kitchenSink(), instrument(t, kitchenSink())} {
			h := newHost(t, config)
			m, err := h.instantiate(raw)
			if err != nil {
				t.Fatal(engine, err)
			}
			results = append(results, call(t, m, "check"))
			if _, err := m.ExportedFunction("_start").Call(context.Background()); err != nil {
				t.Fatal(err)
			}
			hello, _ := m.Memory().Read(2000, 5)
			if string(hello) != "hello" {
				t.Errorf("%s: data %q", engine, hello)
			}
			notes = append(notes, h.notes)
		}
		if results[0] != results[1] {
			t.Errorf("%s: plain %d, instrumented %d", engine, results[0], results[1])
		}
		if !slices.Equal(notes[0], []uint32{1, 2}) || !slices.Equal(notes[0], notes[1]) {
			t.Errorf("%s: notes %v", engine, notes)
		}
	}
}

func TestInstrumentIsDeterministic(t *testing.T) {
	for _, raw := range [][]byte{kitchenSink(), guest(t)} {
		if !bytes.Equal(instrument(t, raw), instrument(t, bytes.Clone(raw))) {
			t.Error("two runs differ")
		}
	}
}

func TestGoProgramRunsTheSame(t *testing.T) {
	raw := guest(t)
	wantOut, wantErr := program(t, newHost(t, wazero.NewRuntimeConfigInterpreter()), raw)(t)
	h := newHost(t, wazero.NewRuntimeConfigCompiler())
	gotOut, gotErr := program(t, h, instrument(t, raw))(t)
	if gotOut != wantOut || gotErr != wantErr || wantErr != "done\n" {
		t.Errorf("instrumented:\n%s%s\nplain:\n%s%s", gotOut, gotErr, wantOut, wantErr)
	}
	if h.checkpoints < 10 {
		t.Errorf("%d checkpoints", h.checkpoints)
	}
}

// Growth stops at the caps, whatever the module declared.
func TestMemoryAndTablesAreCapped(t *testing.T) {
	grow := func(declared, entries []uint32) (memory, table uint64) {
		b := wt.New()
		b.Memory(declared...)
		tbl := b.Table(wt.FuncRef, entries...)
		b.Func("memory.grow", wt.I32, wt.I32, "", wt.LocalGet(0), wt.MemoryGrow)
		b.Func("table.grow", wt.I32, wt.I32, "", wt.RefNull(wt.FuncRef), wt.LocalGet(0), wt.TableGrow(tbl))
		b.Main("")
		m, err := newHost(t, wazero.NewRuntimeConfigInterpreter()).instantiate(instrument(t, b.Build()))
		if err != nil {
			t.Fatal(err)
		}
		most := func(f string) uint64 {
			size := uint64(1)
			for step := uint64(1 << 25); step > 0; step /= 2 {
				if call(t, m, f, step) != 1<<32-1 {
					size += step
				}
			}
			return size
		}
		return most("memory.grow"), most("table.grow")
	}
	for _, c := range []struct {
		pages, entries []uint32
		memory, table  uint64
	}{
		{[]uint32{1}, []uint32{1}, testPages, 1 << 20},
		{[]uint32{1, 65536}, []uint32{1, 1 << 22}, testPages, 1 << 20},
		{[]uint32{1, 5}, []uint32{1, 5}, 5, 5},
	} {
		if memory, table := grow(c.pages, c.entries); memory != c.memory || table != c.table {
			t.Errorf("declared %v, %v: grew to %d pages and %d entries, want %d and %d",
				c.pages, c.entries, memory, table, c.memory, c.table)
		}
	}
	b := minimal()
	b.Memory(testPages + 1)
	_, err := admit(t, b.Build()).Instrument(module.Meter{MaxPages: testPages})
	refused(t, err, module.CodeLimit)
}

// Stack traces name the guest's functions although their indices moved, and
// names that are not in order do no harm.
func TestFunctionNamesSurvive(t *testing.T) {
	trap := func(names string) error {
		b := wt.New()
		b.Import("env", "note", wt.I32, "")
		boom := b.Func("", "", "", "", wt.Unreachable)
		b.Main("", wt.Call(boom))
		b.Custom("name", names)
		m, err := newHost(t, wazero.NewRuntimeConfigCompiler()).instantiate(instrument(t, b.Build()))
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.ExportedFunction("_start").Call(context.Background())
		return err
	}
	moduleName := wt.Section(0, wt.Name("guest"))
	entry := func(index uint32, name string) string { return wt.U32(index) + wt.Name(name) }
	good := moduleName + wt.Section(1, wt.Vec(entry(0, "note"), entry(1, "boom"), entry(2, "main")))
	if err := trap(good); !strings.Contains(err.Error(), "boom()") || !strings.Contains(err.Error(), "main()") {
		t.Errorf("names are missing: %v", err)
	}
	for name, section := range map[string]string{
		"no such function": wt.Section(1, wt.Vec(entry(1, "boom"), entry(9, "nine"))),
		"descending":       wt.Section(1, wt.Vec(entry(2, "main"), entry(1, "boom"))),
		"not UTF-8":        wt.Section(1, wt.Vec(entry(1, "boom\xff"))),
		"count too large":  wt.Section(1, "\xff\xff\xff\xff\x0f"),
		"bytes behind":     wt.Section(1, wt.Vec(entry(1, "boom"))+"\x00"),
		"cut off":          "\x01\x99",
	} {
		if err := trap(section); err == nil || strings.Contains(err.Error(), "boom") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
