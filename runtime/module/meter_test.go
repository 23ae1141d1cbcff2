package module_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tetratelabs/wazero"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
)

// escapes are guests made to run for ever, or for as good as ever, without
// being noticed. Each is hostile in one way only.
var escapes = map[string]func(b *wt.Builder){
	"endless loop": func(b *wt.Builder) { b.Main("", wt.Forever()) },
	"loop by br_if": func(b *wt.Builder) {
		b.Main("", wt.Loop(wt.I32Const(1), wt.BrIf(0)))
	},
	"loop by br_if that carries a value": func(b *wt.Builder) {
		typ := b.Type(wt.I32, wt.I32)
		b.Main("", wt.I32Const(1)+"\x03"+wt.Code(wt.U32(typ))+wt.I32Const(1)+wt.BrIf(0)+wt.End, wt.Drop)
	},
	"loop by br_table": func(b *wt.Builder) {
		b.Main("", wt.Loop(wt.Block(wt.I32Const(1), wt.BrTable(0, 1, 0))))
	},
	"loop by the default of br_table": func(b *wt.Builder) {
		b.Main("", wt.Loop(wt.Block(wt.I32Const(9), wt.BrTable(0, 0, 1))))
	},
	"loop from deep inside": func(b *wt.Builder) {
		b.Main("", wt.Loop(wt.Block(wt.Block(wt.I32Const(1), wt.If(wt.Br(3))))))
	},
	"loop that only calls an import": func(b *wt.Builder) {
		note := b.Import("env", "note", wt.I32, "")
		b.Main("", wt.Forever(wt.I32Const(1), wt.Call(note)))
	},
	"loop in the start section": func(b *wt.Builder) {
		b.StartSection(b.Func("", "", "", "", wt.Forever()))
		b.Main("")
	},
	"loop behind return": func(b *wt.Builder) {
		inner := b.Func("", "", "", "", wt.Return)
		b.Main("", wt.Forever(wt.Call(inner)))
	},
	"recursion without a loop": func(b *wt.Builder) {
		f := b.Declare(wt.I32, "")
		again := wt.LocalGet(0) + wt.I32Const(1) + wt.I32Sub + wt.Call(f)
		b.Define(f, "", wt.LocalGet(0), wt.If(again, again))
		b.Main("", wt.I32Const(200), wt.Call(f))
	},
	"recursion of two": func(b *wt.Builder) {
		even, odd := b.Declare(wt.I32, ""), b.Declare(wt.I32, "")
		for _, pair := range [][2]uint32{{even, odd}, {odd, even}} {
			again := wt.LocalGet(0) + wt.I32Const(1) + wt.I32Sub + wt.Call(pair[1])
			b.Define(pair[0], "", wt.LocalGet(0), wt.If(again, again))
		}
		b.Main("", wt.I32Const(200), wt.Call(even))
	},
	"recursion through a table": func(b *wt.Builder) {
		typ := b.Type(wt.I32, "")
		table := b.Table(wt.FuncRef, 2)
		f := b.Declare(wt.I32, "")
		again := wt.LocalGet(0) + wt.I32Const(1) + wt.I32Sub + wt.I32Const(1) + wt.CallIndirect(typ, table)
		b.Define(f, "", wt.LocalGet(0), wt.If(again, again))
		b.Elem(table, 1, f)
		b.Main("", wt.I32Const(200), wt.Call(f))
	},
	"pyramid of calls without recursion": func(b *wt.Builder) {
		next := b.Func("", "", "", "")
		for range 60 {
			next = b.Func("", "", "", "", wt.Call(next), wt.Call(next))
		}
		b.Main("", wt.Call(next))
	},
	"pyramid of calls through a table": func(b *wt.Builder) {
		typ := b.Type("", "")
		table := b.Table(wt.FuncRef, 61)
		fns := []uint32{b.Func("", "", "", "")}
		for i := range 60 {
			call := wt.I32Const(i) + wt.CallIndirect(typ, table)
			fns = append(fns, b.Func("", "", "", "", call, call))
		}
		b.Elem(table, 0, fns...)
		b.Main("", wt.Call(fns[60]))
	},
	"short loops that call each other": func(b *wt.Builder) {
		next := b.Func("", "", "", "")
		for range 12 {
			next = b.Func("", "", "", wt.I32, wt.Repeat(0, 50, wt.Call(next)))
		}
		b.Main("", wt.Call(next))
	},
	"short loops inside each other": func(b *wt.Builder) {
		body := wt.Code("")
		for i := range 12 {
			body = wt.Repeat(uint32(i), 50, body)
		}
		b.Main(wt.I32x(12), body)
	},
	"jump table that goes backward": func(b *wt.Builder) {
		// Arm 1 jumps to arm 0, arm 0 to arm 1: one of the two must tick.
		b.Main(wt.I32, goto2(0, 1))
	},
	"jump table that repeats an arm": func(b *wt.Builder) { b.Main(wt.I32, goto2(0, 0)) },
	"jump table whose entry is the loop": func(b *wt.Builder) {
		b.Main(wt.I32, wt.Loop(wt.Block(wt.LocalGet(0), wt.BrTable(1, 1)), wt.Unreachable))
	},
	"jump by a number that is not constant": func(b *wt.Builder) {
		b.Main(wt.I32, wt.Loop(wt.Block(wt.Block(wt.LocalGet(0), wt.BrTable(0, 1)),
			wt.LocalGet(0), wt.LocalSet(0), wt.Br(1))))
	},
	"jump by a number set after a constant": func(b *wt.Builder) {
		b.Main(wt.I32x(2), wt.Loop(wt.Block(wt.Block(wt.LocalGet(0), wt.BrTable(0, 1)),
			wt.I32Const(1), wt.LocalSet(0), wt.LocalGet(1), wt.LocalSet(0), wt.Br(1))))
	},
	"jump by a constant in another local": func(b *wt.Builder) {
		b.Main(wt.I32x(2), wt.Loop(wt.Block(wt.Block(wt.LocalGet(0), wt.BrTable(0, 1)),
			wt.I32Const(1), wt.LocalSet(1), wt.Br(1))))
	},
	"jump after the constant was overwritten": func(b *wt.Builder) {
		b.Main(wt.I32, wt.Loop(wt.Block(wt.Block(wt.LocalGet(0), wt.BrTable(0, 1)),
			wt.I32Const(1), wt.LocalSet(0), wt.I32Const(0), wt.LocalSet(0), wt.Br(1))))
	},
	"jump beyond the table": func(b *wt.Builder) {
		b.Main(wt.I32, wt.Loop(wt.Block(wt.Block(wt.LocalGet(0), wt.BrTable(0, 1, 0)),
			wt.I32Const(-1), wt.LocalSet(0), wt.Br(1))))
	},
	"jump table after other blocks": func(b *wt.Builder) {
		// A block beside the dispatcher must not be taken for one of its arms.
		b.Main(wt.I32, wt.Loop(wt.Block(wt.Block(wt.LocalGet(0), wt.BrTable(0, 1, 0)),
			wt.Block(wt.I32Const(0), wt.LocalSet(0), wt.Br(2)))))
	},
	"filling memory": func(b *wt.Builder) {
		b.Memory(testPages)
		b.Main("", wt.Forever(wt.I32Const(0), wt.I32Const(0), wt.I32Const(testPages<<16), wt.MemoryFill))
	},
	"copying a table": func(b *wt.Builder) {
		b.Table(wt.FuncRef, 1<<20)
		b.Main("", wt.Forever(wt.I32Const(0), wt.I32Const(0), wt.I32Const(1<<20), "\xfc\x0e\x00\x00"))
	},
}

// goto2 returns a dispatcher with two arms: arm 0 jumps to number a, arm 1 to b.
func goto2(a, b int) wt.Code {
	jump := func(to int, depth uint32) wt.Code { return wt.I32Const(to) + wt.LocalSet(0) + wt.Br(depth) }
	return wt.Loop(wt.Block(wt.Block(wt.LocalGet(0), wt.BrTable(0, 1)), jump(1-a, 1)), jump(1-b, 0))
}

// Row 2: whatever a guest does, it comes by a checkpoint, again and again.
func TestNoGuestEscapesTheMeter(t *testing.T) {
	for engine, config := range engines() {
		for name, build := range escapes {
			t.Run(engine+"/"+name, func(t *testing.T) {
				b := wt.New()
				build(b)
				h := newHost(t, config)
				h.killAt(3)
				m, err := h.instantiate(instrument(t, b.Build()))
				if err == nil {
					_, err = m.ExportedFunction("_start").Call(context.Background())
				}
				if !errors.Is(err, errKilled) {
					t.Fatalf("got %v after %d checkpoints, want it killed at the third", err, h.checkpoints)
				}
			})
		}
	}
}

// A spinning guest blocks Go's garbage collector unless it comes by Go code.
func TestSpinningGuestDoesNotHoldUpTheCollector(t *testing.T) {
	b := wt.New()
	b.Main("", wt.Forever())
	h := newHost(t, wazero.NewRuntimeConfigCompiler())
	var stop atomic.Bool
	spinning := make(chan struct{})
	h.onCall = func(checkpoint int) {
		if checkpoint == 1 {
			close(spinning)
		}
		if stop.Load() {
			panic(errKilled)
		}
		runtime.Gosched()
	}
	m, err := h.instantiate(instrument(t, b.Build()))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := m.ExportedFunction("_start").Call(context.Background())
		done <- err
	}()
	<-spinning
	runtime.GC()
	stop.Store(true)
	if err := <-done; !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
}

// The work between two checkpoints is bounded by what it costs, not by the
// number of instructions: long bulk instructions use the budget up sooner.
func TestBulkInstructionsPayByLength(t *testing.T) {
	const length = 16 << 10
	b := wt.New()
	b.Memory(testPages)
	fills := b.Global(wt.I32, true, wt.I32Const(0))
	b.Export("fills", wt.KindGlobal, fills)
	b.Main("", wt.Forever(wt.I32Const(0), wt.I32Const(0), wt.I32Const(length), wt.MemoryFill,
		wt.GlobalGet(fills), wt.I32Const(1), wt.I32Add, wt.GlobalSet(fills)))
	h := newHost(t, wazero.NewRuntimeConfigCompiler())
	h.killAt(1)
	m, err := h.instantiate(instrument(t, b.Build()))
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.ExportedFunction("_start").Call(context.Background())
	if !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	got := m.ExportedGlobal("fills").Get()
	if want := uint64(limits.MeterBudget * limits.MeterBulkUnit / length); got == 0 || got > want {
		t.Errorf("%d fills of %d bytes before the first checkpoint, want at most %d", got, length, want)
	}
}

// The counter and the checkpoint stand behind what the guest has, where its
// own indices do not reach.
func TestGuestCannotNameTheMeter(t *testing.T) {
	for name, code := range map[string]wt.Code{
		"set the counter":  wt.I32Const(1<<30) + wt.GlobalSet(0),
		"read the counter": wt.GlobalGet(0) + wt.Drop,
		"set the scratch":  wt.I32Const(1) + wt.LocalSet(0),
		"call it":          wt.Call(1),
	} {
		t.Run(name, func(t *testing.T) {
			b := wt.New()
			b.Main("", code)
			_, err := module.Admit(b.Build(), policy())
			refused(t, err, module.CodeIndex)
		})
	}
	b := minimal()
	b.Export("counter", wt.KindGlobal, 0)
	_, err := module.Admit(b.Build(), policy())
	refused(t, err, module.CodeIndex)
}

// Where nothing can go on for long, nothing is added: straight code, small
// functions that call each other downward, jumps ahead.
func TestHarmlessCodeDoesNotTick(t *testing.T) {
	b := wt.New()
	leaf := b.Func("", wt.I32, wt.I32, "", wt.LocalGet(0), wt.I32Const(3), wt.I32Mul)
	pair := b.Func("", wt.I32, wt.I32, "", wt.LocalGet(0), wt.Call(leaf), wt.Call(leaf))
	b.Main(wt.I32, wt.I32Const(5), wt.Call(pair), wt.Drop,
		wt.Loop(wt.Block(wt.Block(wt.LocalGet(0), wt.BrTable(0, 1)),
			wt.I32Const(1), wt.LocalSet(0), wt.Br(1)))) // on to arm 1
	out := instrument(t, b.Build())
	if n := strings.Count(string(out), "\x4e\x04\x40\x05\x10"); n != 0 { // i32.ge_s, if, else, call
		t.Errorf("%d ticks in code that cannot go on for long", n)
	}
	h := newHost(t, wazero.NewRuntimeConfigCompiler())
	m, err := h.instantiate(out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.ExportedFunction("_start").Call(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// Deep recursion that works on its way out has paid on its way in. The rest of
// each frame is paid for again, or the guest would run unseen for as long as
// its stack is deep.
func TestWorkOnTheWayOutOfRecursionIsPaid(t *testing.T) {
	for name, call := range map[string]func(b *wt.Builder, f uint32) wt.Code{
		"direct": func(_ *wt.Builder, f uint32) wt.Code { return wt.Call(f) },
		"through a table": func(b *wt.Builder, f uint32) wt.Code {
			table := b.Table(wt.FuncRef, 1)
			b.Elem(table, 0, f)
			return wt.I32Const(0) + wt.CallIndirect(b.Type(wt.I32, ""), table)
		},
	} {
		t.Run(name, func(t *testing.T) { testWayOut(t, call) })
	}
}

func testWayOut(t *testing.T, call func(b *wt.Builder, f uint32) wt.Code) {
	const depth, steps, stepBytes = 50_000, 1000, 7
	b := wt.New()
	work := b.Global(wt.I32, true, wt.I32Const(0))
	b.Export("work", wt.KindGlobal, work)
	step := wt.GlobalGet(work) + wt.I32Const(1) + wt.I32Add + wt.GlobalSet(work)
	if len(step) != stepBytes {
		t.Fatalf("a step has %d bytes", len(step))
	}
	f := b.Declare(wt.I32, "")
	b.Define(f, "", wt.LocalGet(0), wt.If(wt.LocalGet(0), wt.I32Const(1), wt.I32Sub, call(b, f)),
		wt.Code(strings.Repeat(string(step), steps)))
	b.Main("", wt.I32Const(depth), wt.Call(f))

	h := newHost(t, wazero.NewRuntimeConfigCompiler())
	m, err := h.instantiate(instrument(t, b.Build()))
	if err != nil {
		t.Fatal(err)
	}
	var last, longest uint64
	seen := func(int) {
		now := m.ExportedGlobal("work").Get()
		longest, last = max(longest, now-last), now
	}
	h.onCall = seen
	if _, err := m.ExportedFunction("_start").Call(context.Background()); err != nil {
		t.Fatal(err)
	}
	seen(0)
	if last != (depth+1)*steps {
		t.Fatalf("%d steps were done", last)
	}
	if most := uint64(limits.MeterBudget*limits.MeterUnit + depth*limits.MeterLight); longest*stepBytes > most {
		t.Errorf("%d bytes of code ran between two checkpoints, want at most %d", longest*stepBytes, most)
	}
}

// Instructions that take longer than their length says weigh what they take: short bulk instructions, which do not tick
// themselves, and those for which the engine leaves compiled code.
func TestSlowInstructionsAreCharged(t *testing.T) {
	const each = 100
	for name, test := range map[string]struct {
		code wt.Code
		cost int
	}{
		"memory.fill": {wt.I32Const(0) + wt.I32Const(0) + wt.I32Const(limits.MeterBulk-1) + wt.MemoryFill, limits.MeterBulk / 4},
		"memory.grow": {wt.I32Const(0) + wt.MemoryGrow + wt.Drop, 2048},
		"table.grow":  {wt.RefNull(wt.FuncRef) + wt.I32Const(0) + wt.TableGrow(0) + wt.Drop, 2048},
		"ref.func":    {wt.RefFunc(0) + wt.Drop, 2048},
	} {
		t.Run(name, func(t *testing.T) {
			b := wt.New()
			b.Table(wt.FuncRef, 1)
			rounds := b.Global(wt.I32, true, wt.I32Const(0))
			b.Export("rounds", wt.KindGlobal, rounds)
			b.Export("first", wt.KindFunc, b.Func("", "", "", ""))
			b.Main("", wt.Forever(wt.Code(strings.Repeat(string(test.code), each)),
				wt.GlobalGet(rounds), wt.I32Const(1), wt.I32Add, wt.GlobalSet(rounds)))
			h := newHost(t, wazero.NewRuntimeConfigCompiler())
			h.killAt(1)
			m, err := h.instantiate(instrument(t, b.Build()))
			if err != nil {
				t.Fatal(err)
			}
			if _, err = m.ExportedFunction("_start").Call(context.Background()); !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			most := uint64(limits.MeterBudget*limits.MeterUnit/(each*test.cost) + 1)
			if got := m.ExportedGlobal("rounds").Get(); got == 0 || got > most {
				t.Errorf("%d rounds before the first checkpoint, want at most %d", got, most)
			}
		})
	}
}

// Calls pay for their frames: however much stack a call takes, between two checkpoints all of them take little.
func TestCallsPayForTheirFrames(t *testing.T) {
	const most, values = limits.MeterBudget * limits.MeterUnit, 1000
	many := wt.Types(strings.Repeat(string(wt.I64), values))
	for name, test := range map[string]struct {
		build func(b *wt.Builder, f uint32, count wt.Code)
		frame int // at least
	}{
		"small": {func(b *wt.Builder, f uint32, count wt.Code) { b.Define(f, "", count, wt.Call(f)) }, limits.StackFrame},
		"much code": {func(b *wt.Builder, f uint32, count wt.Code) {
			b.Define(f, "", count, wt.Call(f), wt.Code(strings.Repeat(string(wt.Nop), 1000)))
		}, 1000 * limits.StackPerByte},
		"values of calls": {func(b *wt.Builder, f uint32, count wt.Code) {
			give := b.Func("", "", many, "", wt.Code(strings.Repeat(string(wt.I64Const(1)), values)))
			take := b.Func("", many, "", "")
			b.Define(f, "", count, wt.Call(f), wt.Call(give), wt.Call(take))
		}, 2 * values * 16},
		"values of calls through a table": {func(b *wt.Builder, f uint32, count wt.Code) {
			table := b.Table(wt.FuncRef, 2)
			give := b.Func("", "", many, "", wt.Code(strings.Repeat(string(wt.I64Const(1)), values)))
			take := b.Func("", many, "", "")
			b.Elem(table, 0, give, take)
			b.Define(f, "", count, wt.Call(f), wt.I32Const(0), wt.CallIndirect(b.Type("", many), table), wt.I32Const(1), wt.CallIndirect(b.Type(many, ""), table))
		}, 2 * values * 16},
	} {
		t.Run(name, func(t *testing.T) {
			b := wt.New()
			calls := b.Global(wt.I32, true, wt.I32Const(0))
			b.Export("calls", wt.KindGlobal, calls)
			f := b.Declare("", "")
			test.build(b, f, wt.GlobalGet(calls)+wt.I32Const(1)+wt.I32Add+wt.GlobalSet(calls))
			b.Main("", wt.Call(f))
			h := newHost(t, wazero.NewRuntimeConfigCompiler())
			h.killAt(1)
			m, err := h.instantiate(instrument(t, b.Build()))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.ExportedFunction("_start").Call(context.Background()); !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			if got := m.ExportedGlobal("calls").Get(); got == 0 || got > uint64(most/test.frame) {
				t.Errorf("%d calls inside each other before the first checkpoint, want at most %d", got, most/test.frame)
			}
		})
	}
}

// A tick in a large function weighs more: rounds of a loop over much code use
// the budget up sooner.
func TestLargeFunctionsPayForTheirSize(t *testing.T) {
	const size = 100_000
	b := wt.New()
	rounds := b.Global(wt.I32, true, wt.I32Const(0))
	b.Export("rounds", wt.KindGlobal, rounds)
	b.Main("", wt.Forever(wt.Code(strings.Repeat(string(wt.Nop), size)),
		wt.GlobalGet(rounds), wt.I32Const(1), wt.I32Add, wt.GlobalSet(rounds)))
	h := newHost(t, wazero.NewRuntimeConfigCompiler())
	h.killAt(1)
	m, err := h.instantiate(instrument(t, b.Build()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = m.ExportedFunction("_start").Call(context.Background()); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	got := m.ExportedGlobal("rounds").Get()
	if most := uint64(limits.MeterBudget*limits.MeterUnit/size + 1); got == 0 || got > most {
		t.Errorf("%d rounds before the first checkpoint, want at most %d", got, most)
	}
}
