package engine_test

import (
	"testing"

	"innkeeper/runtime/engine"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/outcome"
)

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
