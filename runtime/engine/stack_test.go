package engine_test

import (
	"runtime/metrics"
	"strings"
	"sync"
	"testing"

	"innkeeper/runtime/limits"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/outcome"
)

// deep calls itself without end. It keeps many values over the call, so that few frames fill the stack.
func deep(b *wt.Builder) {
	const values = 64
	fn := b.Declare(wt.I64, wt.I64)
	var make, sum wt.Code
	for i := range uint32(values) {
		make += wt.LocalGet(0) + wt.I64Const(int64(i+1)) + wt.I64Mul + wt.LocalSet(1+i)
		sum += wt.LocalGet(1+i) + wt.I64Add
	}
	b.Define(fn, wt.Types(strings.Repeat(string(wt.I64), values)), make, wt.LocalGet(0), wt.I64Const(1), wt.I64Add, wt.Call(fn), sum)
	b.Main("", wt.I64Const(0), wt.Call(fn), wt.Drop)
}

// overflows are guests whose stack grows without end, each in another way.
func overflows() map[string]func(*wt.Builder) {
	return map[string]func(*wt.Builder){
		"large frames": deep,
		"small frames": func(b *wt.Builder) {
			fn := b.Declare(wt.I32, wt.I32)
			b.Define(fn, "", wt.LocalGet(0), wt.Call(fn), wt.I32Const(1), wt.I32Add)
			b.Main("", wt.I32Const(0), wt.Call(fn), wt.Drop)
		},
		"frames of passed values": func(b *wt.Builder) {
			const values = 1000
			many := wt.Types(strings.Repeat(string(wt.I64), values))
			give := b.Func("", "", many, "", wt.Code(strings.Repeat(string(wt.GlobalGet(b.Global(wt.I64, true, wt.I64Const(1)))), values)))
			take := b.Func("", many, "", "")
			fn := b.Declare("", "")
			b.Define(fn, "", wt.Call(give), wt.Call(fn), wt.Call(take))
			b.Main("", wt.Call(fn))
		},
		"through a table": func(b *wt.Builder) {
			table := b.Table(wt.FuncRef, 1)
			fn := b.Declare(wt.I32, wt.I32)
			b.Define(fn, "", wt.LocalGet(0), wt.I32Const(0), wt.CallIndirect(b.Type(wt.I32, wt.I32), table), wt.I32Const(1), wt.I32Add)
			b.Elem(table, 0, fn)
			b.Main("", wt.I32Const(0), wt.Call(fn), wt.Drop)
		},
		"in the start section": func(b *wt.Builder) {
			fn := b.Declare("", "")
			b.Define(fn, "", wt.Call(fn), wt.Call(fn))
			b.StartSection(fn)
			b.Main("")
		},
	}
}

// stackMemory is the most that is allocated for one stack: it doubles until it holds what may be used, and what may be pushed before
// that is seen; all its sizes together are twice the last.
const stackMemory = 4 * (limits.StackBytes + limits.MeterBudget*limits.MeterUnit)

// A stack that is too large ends its guest, like a trap, before the memory that it takes is much.
func TestStackOverflow(t *testing.T) {
	for name, guest := range overflows() {
		t.Run(name, func(t *testing.T) {
			b := wt.New()
			guest(b)
			program := compile(t, b.Build(), nil, false)
			before := allocated()
			exit := newStay().run(t, program)
			check(t, exit, outcome.Retry, "trap")
			if !strings.Contains(exit.Message, "stack overflow") {
				t.Errorf("message %q", exit.Message)
			}
			if used := allocated() - before; used < limits.StackBytes || used > stackMemory {
				t.Errorf("%d MiB allocated, want at most %d and at least the stack", used>>20, stackMemory>>20)
			}
		})
	}
}

// wazero's interpreter has no such stack and a bound of its own.
func TestStackOverflowInTheInterpreter(t *testing.T) {
	for name, guest := range overflows() {
		t.Run(name, func(t *testing.T) {
			b := wt.New()
			guest(b)
			exit := newStay().run(t, compile(t, b.Build(), nil, true))
			check(t, exit, outcome.Retry, "trap")
			if !strings.Contains(exit.Message, "stack overflow") {
				t.Errorf("message %q", exit.Message)
			}
		})
	}
}

// What a recursive program of 10,000 levels takes is granted.
func TestDeepRecursionWorks(t *testing.T) {
	b := wt.New()
	fn := b.Declare(wt.I32, wt.I32)
	down := wt.LocalGet(0) + wt.I32Const(1) + wt.I32Sub + wt.Call(fn) + wt.LocalGet(0) + wt.I32Add
	b.Define(fn, "", wt.LocalGet(0), wt.Typed(wt.I32, wt.If(down, wt.Else, wt.I32Const(0))))
	b.Main("", wt.I32Const(100_000), wt.Call(fn), wt.Drop)
	check(t, newStay().run(t, compile(t, b.Build(), nil, false)), outcome.Done, "exit")
}

// Sixteen at once take less than 384 MiB even if nothing is collected meanwhile, of which 256 MiB are in use at once.
func TestSixteenStackOverflowsAtOnce(t *testing.T) {
	const guests, most = 16, 384 << 20
	b := wt.New()
	deep(b)
	program := compile(t, b.Build(), nil, false)
	before := allocated()
	var group sync.WaitGroup
	for range guests {
		group.Go(func() { check(t, newStay().run(t, program), outcome.Retry, "trap") })
	}
	group.Wait()
	if used := allocated() - before; used > most {
		t.Errorf("%d MiB allocated, want at most %d", used>>20, most>>20)
	}
}

// allocated is how many bytes the process has ever allocated.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
