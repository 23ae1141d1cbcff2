package engine_test

import (
	"context"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/engine"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/outcome"
)

// Guests that never end by themselves, wherever they are.
func endless() map[string]func(*wt.Builder) {
	return map[string]func(*wt.Builder){
		"loop": func(b *wt.Builder) { b.Main("", wt.Forever()) },
		"loop in the start section": func(b *wt.Builder) {
			b.StartSection(b.Func("", "", "", "", wt.Forever()))
			b.Main("")
		},
		"loop after ready": func(b *wt.Builder) {
			ready := importReady(b)
			b.Main("", wt.Call(ready), wt.Drop, wt.Forever())
		},
		"loop after the mailbox": func(b *wt.Builder) {
			ready, wait := importReady(b), importWait(b)
			b.Main("", wt.Call(ready), wt.Drop, wt.I64Const(0), wt.Call(wait), wt.Drop, wt.Forever())
		},
		"exponential recursion without a loop": func(b *wt.Builder) {
			fn := b.Declare(wt.I32, "")
			again := wt.LocalGet(0) + wt.I32Const(1) + wt.I32Sub + wt.Call(fn)
			b.Define(fn, "", wt.LocalGet(0), wt.If(again, again))
			b.Main("", wt.I32Const(60), wt.Call(fn))
		},
		"clock in a loop": func(b *wt.Builder) {
			clock := b.Import("wasi_snapshot_preview1", "clock_time_get", wt.I32+wt.I64+wt.I32, wt.I32)
			b.Main("", wt.Forever(wt.I32Const(1), wt.I64Const(0), wt.I32Const(8), wt.Call(clock), wt.Drop))
		},
		"one print of the memory a thousand times": func(b *wt.Builder) {
			b.Memory(16)
			write := b.Import("wasi_snapshot_preview1", "fd_write", wt.I32x(4), wt.I32)
			// Every pair of words says "the whole memory": a list of lists that takes for ever to print.
			b.Main(wt.I32, wt.Repeat(0, 16*8192, wt.LocalGet(0), wt.I32Const(1), wt.I32Sub, wt.I32Const(8), wt.I32Mul,
				wt.I32Const(4), wt.I32Add, wt.I32Const(16<<16), wt.I32Store),
				wt.Forever(wt.I32Const(1), wt.I32Const(0), wt.I32Const(16*8192), wt.I32Const(0), wt.Call(write), wt.Drop))
		},
		"two thousand reads into empty buffers without a loop": func(b *wt.Builder) {
			b.Memory(testPages)
			read := b.Import("wasi_snapshot_preview1", "fd_read", wt.I32x(4), wt.I32)
			const empty = testPages<<16/8 - 1
			once := wt.I32Const(0) + wt.I32Const(0) + wt.I32Const(empty) + wt.I32Const(empty*8) + wt.Call(read) + wt.Drop
			b.Main("", wt.Code(strings.Repeat(string(once), 2000)), wt.Forever())
		},
		"random bytes for ever": func(b *wt.Builder) {
			b.Memory(64)
			random := b.Import("wasi_snapshot_preview1", "random_get", wt.I32x(2), wt.I32)
			b.Main("", wt.Forever(wt.I32Const(0), wt.I32Const(64<<16), wt.Call(random), wt.Drop))
		},
		"a sleep that does not look at the mailbox": func(b *wt.Builder) {
			poll := b.Import("wasi_snapshot_preview1", "poll_oneoff", wt.I32x(4), wt.I32)
			in, out := b.Reserve(48), b.Reserve(32)
			b.Main("", wt.I32Const(in+16), wt.I32Const(1), wt.I32Store, // monotonic clock
				wt.I32Const(in+24), wt.I64Const(int64(time.Hour)), wt.I64Store,
				wt.I32Const(in), wt.I32Const(out), wt.I32Const(1), wt.I32Const(out), wt.Call(poll), wt.Drop)
		},
	}
}

func TestEndlessGuestIsKilledWithinItsStallBudget(t *testing.T) {
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		for name, guest := range endless() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				b := wt.New()
				guest(b)
				s := newStay()
				s.Budgets.Stall = brief
				s.stdout = io.Discard
				check(t, s.run(t, compile(t, b.Build(), nil, interpreter)), outcome.Retry, "stall")
			})
		}
	})
}

// While a guest spins, other goroutines and Go's garbage collector must get their turn.
func TestNeighboursOfASpinningGuest(t *testing.T) {
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		spinning := make(chan struct{})
		b := wt.New()
		mark := importTest(b, "mark")
		b.Main("", wt.Call(mark), wt.Forever())
		program := compile(t, b.Build(), host{"mark": func(context.Context) { close(spinning) }}, interpreter)
		s := newStay()
		exit := make(chan outcome.Outcome, 1)
		go func() { exit <- program.Run(context.Background(), s.Instance) }()
		<-spinning
		for range 3 {
			runtime.GC() // stops the world, the guest too; without metering it never comes back
		}
		ping, pong := make(chan int), make(chan int)
		go func() {
			for n := range ping {
				pong <- n
			}
			close(pong)
		}()
		for n := range 1000 {
			ping <- n
			<-pong
		}
		close(ping)
		select {
		case e := <-exit:
			t.Fatalf("the guest ended by itself: %+v", e)
		default:
		}
		s.Kill(context.Canceled)
		check(t, s.finished(t, <-exit), outcome.Retry, "killed")
	})
}

func TestConnectBudget(t *testing.T) {
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		b := wt.New()
		wait := importWait(b)
		b.Main("", wt.Forever(wt.I64Const(-1), wt.Call(wait), wt.Drop)) // comes to the mailbox and never says ready
		s := newStay()
		s.Budgets.Connect = brief
		check(t, s.run(t, compile(t, b.Build(), nil, interpreter)), outcome.Retry, "connect_timeout")
		if len(s.events) != 2 {
			t.Errorf("callbacks %q", s.events)
		}
	})
}

// A guest that waits in the mailbox is idle for as long as it likes, and is awake at once when it is killed.
func TestGuestInItsMailboxDoesNotStall(t *testing.T) {
	program := compile(t, server(func(b *wt.Builder, wait uint32) wt.Code { return wt.Forever(untilEvent(b, wait)) }), nil, false)
	s := newStay()
	s.Budgets.Stall = time.Millisecond
	s.Mailbox = &observed{Mailbox: s.guest.Mailbox, looks: 20, then: func() { s.Kill(context.Canceled) }}
	check(t, s.run(t, program), outcome.Retry, "killed")
}

// observed is a mailbox that does not tell how long its guest took to come to it for the first time.
type observed struct {
	engine.Mailbox
	waited bool
	looks  int // how often the watch may look after that
	then   func()
}

func (o *observed) Busy() time.Duration {
	busy := o.Mailbox.Busy()
	if o.waited = o.waited || busy == 0; !o.waited {
		return 0
	}
	if o.looks--; o.looks == 0 {
		o.then()
	}
	return busy
}

// After Kill a guest's next call of a host function does nothing.
func TestNoHostCallAfterTheKill(t *testing.T) {
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		b := wt.New()
		log := b.Import("innkeeper:log@1", "write", wt.I32x(5), wt.I32)
		b.Main("", wt.Forever(wt.I32Const(0), wt.I32Const(0), wt.I32Const(0), wt.I32Const(0), wt.I32Const(0), wt.Call(log), wt.Drop))
		s := newStay()
		calls := 0
		s.intercept = func(string, string) (int32, bool) {
			if calls++; calls == 5 {
				s.Kill(context.Canceled)
			}
			return 0, calls%2 == 0 // answered here, or by the family
		}
		check(t, s.run(t, compile(t, b.Build(), nil, interpreter)), outcome.Retry, "killed")
		if calls != 5 {
			t.Errorf("%d calls, want none after the fifth", calls)
		}
	})
}

// The same for what a guest prints.
func TestNoOutputAfterTheKill(t *testing.T) {
	b := wt.New()
	write := b.Import("wasi_snapshot_preview1", "fd_write", wt.I32x(4), wt.I32)
	iov := b.Reserve(8)
	b.Main("", wt.I32Const(iov+4), wt.I32Const(1), wt.I32Store,
		wt.Forever(wt.I32Const(1), wt.I32Const(iov), wt.I32Const(1), wt.I32Const(iov), wt.Call(write), wt.Drop))
	s := newStay()
	out := &killer{stay: s, after: 7}
	s.stdout = out
	check(t, s.run(t, compile(t, b.Build(), nil, false)), outcome.Retry, "killed")
	if out.writes != out.after {
		t.Errorf("%d writes, want none after %d", out.writes, out.after)
	}
}

// killer ends its instance at one of the writes.
type killer struct {
	stay          *stay
	writes, after int
}

func (k *killer) Write(p []byte) (int, error) {
	if k.writes++; k.writes == k.after {
		k.stay.Kill(context.Canceled)
	}
	return len(p), nil
}

// A host function that looks at its context is left when the instance is killed.
func TestBlockingHostFunctionUnwinds(t *testing.T) {
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		b := wt.New()
		block := importTest(b, "block")
		b.Main("", wt.Call(block), wt.Forever())
		program := compile(t, b.Build(), host{"block": func(ctx context.Context) { <-ctx.Done() }}, interpreter)
		s := newStay()
		s.Budgets.Stall = brief
		check(t, s.run(t, program), outcome.Retry, "stall")
	})
}

func TestInstanceKilledBeforeTheStart(t *testing.T) {
	b := wt.New()
	mark := importTest(b, "mark")
	b.Main("", wt.Call(mark))
	started := false
	program := compile(t, b.Build(), host{"mark": func(context.Context) { started = true }}, false)
	s := newStay()
	s.Kill(context.Canceled)
	check(t, s.run(t, program), outcome.Retry, "killed")
	if started {
		t.Error("the guest ran")
	}
}

// A guest that said ready in the moment of its end is not passed on as connected.
func TestNotConnectedAfterTheEnd(t *testing.T) {
	b := wt.New()
	b.Main("")
	program := compile(t, b.Build(), nil, false)
	for round := range 200 {
		s := newStay()
		ready := make(chan struct{})
		s.Ready = ready
		close(ready)
		ctx, stop := context.WithCancel(context.Background())
		if round%2 == 0 {
			s.Kill(context.Canceled)
		} else {
			stop()
		}
		s.finished(t, program.Run(ctx, s.Instance))
		stop()
		if s.events[0] == "ready" {
			t.Fatalf("round %d: callbacks %q", round, s.events)
		}
	}
}
