package engine_test

import (
	"context"
	"runtime"
	"testing"

	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/outcome"
	"innkeeper/runtime/share"
)

// burners are guests that use the processor without end, each in another way.
func burners() map[string]func(*wt.Builder) {
	return map[string]func(*wt.Builder){
		"in a loop": func(b *wt.Builder) { b.Main("", wt.Forever()) },
		"in looks at the mailbox": func(b *wt.Builder) {
			wait := importWait(b)
			b.Main("", wt.Forever(wt.I64Const(0), wt.Call(wait), wt.Drop))
		},
		"in copies of its memory": func(b *wt.Builder) {
			b.Memory(testPages)
			b.Main("", wt.Forever(wt.I32Const(1), wt.I32Const(0), wt.I32Const(testPages<<16-1), wt.MemoryCopy))
		},
		"in random bytes": func(b *wt.Builder) {
			b.Memory(testPages)
			random := b.Import("wasi_snapshot_preview1", "random_get", wt.I32x(2), wt.I32)
			b.Main("", wt.Forever(wt.I32Const(0), wt.I32Const(testPages<<16), wt.Call(random), wt.Drop))
		},
	}
}

// Whatever burns the processor needs a turn; the others wait for it, are not taken for stalled meanwhile, and end at once when
// they are killed. The last one gives its turn back.
func TestGuestsThatBurnTakeTurns(t *testing.T) {
	const guests = 3
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		for name, guest := range burners() {
			t.Run(name, func(t *testing.T) {
				b := wt.New()
				guest(b)
				program := compile(t, b.Build(), nil, interpreter)
				turns := share.New(2)
				var stays [guests]*stay
				exits := make(chan outcome.Outcome, guests)
				for i := range stays {
					stays[i] = newStaySharing(turns)
					go func() { exits <- program.Run(context.Background(), stays[i].Instance) }()
				}
				for {
					waiting, burning := turns.Waiting()
					if burning > 1 {
						t.Fatalf("%d burn at once", burning)
					}
					if waiting == guests-1 && burning == 1 {
						break
					}
					runtime.Gosched()
				}
				for _, s := range stays {
					s.Kill(context.Canceled)
				}
				for range stays {
					check(t, <-exits, outcome.Retry, "killed")
				}
				if waiting, burning := turns.Waiting(); waiting+burning != 0 {
					t.Errorf("%d wait, %d turns taken at the end", waiting, burning)
				}
			})
		}
	})
}

// A loop without end is ended by the time that it works itself, however many others there are.
func TestStallAmongGuestsThatBurn(t *testing.T) {
	const guests = 3
	b := wt.New()
	b.Main("", wt.Forever())
	program := compile(t, b.Build(), nil, false)
	turns := share.New(2)
	exits := make(chan outcome.Outcome, guests)
	for range guests {
		s := newStaySharing(turns)
		s.Budgets.Stall = brief
		go func() { exits <- program.Run(context.Background(), s.Instance) }()
	}
	for range guests {
		check(t, <-exits, outcome.Retry, "stall")
	}
}
