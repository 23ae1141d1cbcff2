package engine_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"innkeeper/runtime/budget"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/outcome"
)

// grower waits for the others, takes all memory that it can get, page by page, writes into it, and waits for the others again.
func grower() []byte {
	b := wt.New()
	begun, full := importTest(b, "begun"), importTest(b, "full")
	b.Main(wt.I32,
		wt.Call(begun),
		wt.Loop(
			wt.I32Const(1), wt.MemoryGrow, wt.LocalTee(0), wt.I32Const(-1), wt.I32Ne,
			wt.If(wt.LocalGet(0), wt.I32Const(16), wt.I32Shl, wt.I32Const(1), wt.I32Store, wt.Br(1))),
		wt.Call(full))
	return b.Build()
}

// All guests together have no more than the budget, whichever is how fast; each that asks for more sees -1 and goes on; and when
// they have ended nothing is charged any more.
func TestTheMemoryOfAllGuestsIsBounded(t *testing.T) {
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		const guests, pages = 6, 100 // each alone could have testPages
		shared := budget.New(pages << 16)
		var begun, full, looked sync.WaitGroup
		begun.Add(guests)
		full.Add(guests)
		looked.Add(guests)
		program := compile(t, grower(), host{
			"begun": func(context.Context) { begun.Done(); begun.Wait() },
			"full": func(context.Context) {
				full.Done()
				full.Wait()
				if use := shared.Use(); use.Used != pages<<16 || use.Short < guests-1 {
					t.Errorf("with all guests at their end: %+v", use)
				}
				looked.Done()
				looked.Wait() // before anybody gives back
			},
		}, interpreter)
		var group sync.WaitGroup
		for range guests {
			group.Go(func() {
				s := newStay()
				s.Memory = shared
				check(t, s.run(t, program), outcome.Done, "exit")
			})
		}
		group.Wait()
		if use := shared.Use(); use.Used != 0 || use.Peak != use.Limit {
			t.Errorf("after all have ended: %+v", use)
		}
	})
}

// A guest for whose first memory there is no room is tried again, and says what it takes.
func TestAGuestWithoutMemoryIsTriedAgain(t *testing.T) {
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		b := wt.New()
		b.Main("")
		program := compile(t, b.Build(), nil, interpreter)
		shared := budget.New(4 << 16)
		shared.Force(4 << 16)
		s := newStay()
		s.Memory = shared
		exit := s.run(t, program)
		check(t, exit, outcome.Retry, "no_memory")
		if want := "256.0 KiB of 256.0 KiB are taken"; !strings.Contains(exit.Message, want) {
			t.Errorf("message %q", exit.Message)
		}
		shared.Give(4 << 16)
		s = newStay()
		s.Memory = shared
		check(t, s.run(t, program), outcome.Done, "exit")
		if use := shared.Use(); use.Used != 0 {
			t.Errorf("%+v", use)
		}
	})
}
