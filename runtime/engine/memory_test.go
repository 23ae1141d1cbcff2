package engine_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"innkeeper/runtime/engine"
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

func TestStackOverflow(t *testing.T) {
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		b := wt.New()
		deep(b)
		program := compile(t, b.Build(), nil, interpreter)
		exit := newStay().run(t, program)
		check(t, exit, outcome.Retry, "trap")
		if !strings.Contains(exit.Message, "stack overflow") {
			t.Errorf("message %q", exit.Message)
		}
	})
}

func TestSixteenStackOverflowsAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("takes gigabytes for a moment")
	}
	b := wt.New()
	deep(b)
	program := compile(t, b.Build(), nil, false)
	before, peak := residentBytes(t), atomic.Int64{}
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			check(t, newStay().run(t, program), outcome.Retry, "trap")
			for {
				old, now := peak.Load(), residentBytes(t)
				if now <= old || peak.CompareAndSwap(old, now) {
					return
				}
			}
		})
	}
	group.Wait()
	t.Logf("resident memory: %d MiB before, %d MiB at most when one had ended", before>>20, peak.Load()>>20)
}

// A guest gets its limit of memory and not a page more, all of it zero, in every generation.
func TestMemoryEndsAtTheLimit(t *testing.T) {
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		b := wt.New()
		exit := b.ProcExit()
		size := testPages << 16
		want := func(code int, ok ...wt.Code) wt.Code {
			all := wt.Code("")
			for _, c := range ok {
				all += c
			}
			return all + wt.I32Eqz + wt.If(wt.I32Const(code), wt.Call(exit))
		}
		b.Main(wt.I32,
			want(10, wt.I32Const(testPages), wt.MemoryGrow, wt.I32Const(-1), wt.I32Eq), // one too many
			want(11, wt.I32Const(-1), wt.MemoryGrow, wt.I32Const(-1), wt.I32Eq),
			want(12, wt.I32Const(testPages-2), wt.MemoryGrow, wt.I32Const(1), wt.I32Eq),
			want(13, wt.I32Const(1), wt.MemoryGrow, wt.I32Const(testPages-1), wt.I32Eq),
			want(14, wt.I32Const(1), wt.MemoryGrow, wt.I32Const(-1), wt.I32Eq),
			want(15, wt.I32Const(0), wt.MemoryGrow, wt.I32Const(testPages), wt.I32Eq),
			wt.I32Const(size), wt.LocalSet(0),
			wt.Loop(want(16, wt.LocalGet(0), wt.I32Const(8), wt.I32Sub, wt.LocalTee(0), wt.I64Load, wt.I64Eqz), wt.LocalGet(0), wt.BrIf(0)),
			wt.I32Const(0), wt.I32Const(0xaa), wt.I32Const(size), wt.MemoryFill)
		program := compile(t, b.Build(), nil, interpreter)
		for range 3 {
			check(t, newStay().run(t, program), outcome.Done, "exit")
		}
	})
}

// Growing keeps what is there: the memory may move, its content may not.
func TestMemoryKeepsItsContentWhenItGrows(t *testing.T) {
	b := wt.New()
	b.Main(wt.I32, wt.I32Const(64), wt.I64Const(0x0123456789abcdef), wt.I64Store,
		wt.Repeat(0, testPages-1, wt.I32Const(1), wt.MemoryGrow, wt.Drop),
		wt.I32Const(64), wt.I64Load, wt.I64Const(0x0123456789abcdef), wt.I64Sub, wt.I64Eqz, wt.I32Eqz, wt.If(wt.Unreachable))
	for name, change := range map[string]func(*engine.Program){"mapped": func(*engine.Program) {}, "heap": (*engine.Program).OnHeap} {
		t.Run(name, func(t *testing.T) {
			program := compile(t, b.Build(), nil, false)
			change(program)
			check(t, newStay().run(t, program), outcome.Done, "exit")
		})
	}
}
