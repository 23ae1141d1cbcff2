package share_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/share"
)

// A guest that works and waits never needs a turn, however long it goes on.
func TestGuestThatWaitsNeedsNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := share.New(2)
		g := turns.Guest()
		for range 1000 {
			time.Sleep(limits.ShareSlice / 2) // work
			g.Work(t.Context())
			g.Alive()
			g.Rest()
			time.Sleep(limits.ShareSlice / 2)
			g.Woke()
			if _, burning := turns.Waiting(); burning != 0 {
				t.Fatal("it has a turn")
			}
		}
	})
}

// A guest that burns lets other threads run. One that serves does not, however much it works: others would take the processor that the
// system gives it.
func TestWhoYields(t *testing.T) {
	for name, test := range map[string]struct {
		round  func(g *share.Guest)
		yields bool
	}{
		"spinning": {func(*share.Guest) {}, true},
		"serving":  {func(g *share.Guest) { g.Alive(); g.Served() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				turns, yields := share.New(2), 0
				turns.OnYield(func() { yields++ })
				g := turns.Guest()
				for range 200 {
					time.Sleep(limits.ShareSlice)
					g.Work(t.Context())
					test.round(g)
				}
				if (yields > 0) != test.yields {
					t.Errorf("it has let others run %d times", yields)
				}
			})
		})
	}
}

// Neither looking at an empty mailbox nor waiting for next to nothing is waiting; an event that was fetched makes up for its work.
func TestWhoBurns(t *testing.T) {
	const piece = limits.ShareWait / 2
	for name, test := range map[string]struct {
		round func(g *share.Guest)
		burns bool
	}{
		"spinning":               {func(*share.Guest) {}, true},
		"a look at the mailbox":  {func(g *share.Guest) { g.Alive() }, true},
		"waiting for a moment":   {func(g *share.Guest) { g.Alive(); g.Rest(); time.Sleep(2 * piece); g.Woke() }, true},
		"waiting as long":        {func(g *share.Guest) { g.Alive(); g.Rest(); time.Sleep(4 * piece); g.Woke() }, false},
		"sleeping as long":       {func(g *share.Guest) { g.Away(); time.Sleep(4 * piece); g.Back() }, false},
		"serving without a wait": {func(g *share.Guest) { g.Alive(); g.Served() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				turns := share.New(2)
				g := turns.Guest()
				for range 200 {
					time.Sleep(piece)
					g.Work(t.Context())
					test.round(g)
				}
				time.Sleep(piece)
				g.Work(t.Context())
				if _, burning := turns.Waiting(); (burning == 1) != test.burns {
					t.Errorf("%d turns taken", burning)
				}
				g.Leave()
			})
		})
	}
}

// company runs guests that burn, until it is stopped, and counts.
type company struct {
	turns *share.Turns
	most  atomic.Int32 // how many ran at once
	run   atomic.Int32
	wide  time.Duration // of a piece of work
}

// burn works in pieces; each runs with a turn.
func (c *company) burn(ctx context.Context, g *share.Guest) (worked time.Duration) {
	defer g.Leave()
	time.Sleep(2 * limits.ShareSlice) // without a turn until now
	for {
		g.Work(ctx)
		if ctx.Err() != nil {
			return worked
		}
		for now, most := c.run.Add(1), c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); most = c.most.Load() {
		}
		time.Sleep(c.wide)
		c.run.Add(-1)
		worked += c.wide
	}
}

// However many burn, at most one less than there are processors run at once, at least one, and all get the same.
func TestTurnsAreFew(t *testing.T) {
	for processors, want := range map[int]int32{1: 1, 2: 1, 4: 3} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
			defer stop()
			c := &company{turns: share.New(processors), wide: limits.ShareSlice / 10}
			worked := make([]time.Duration, 10)
			var group sync.WaitGroup
			for i := range worked {
				group.Go(func() { worked[i] = c.burn(ctx, c.turns.Guest()) })
			}
			group.Wait()
			if c.most.Load() != want {
				t.Errorf("%d processors: %d guests burnt at once, want %d", processors, c.most.Load(), want)
			}
			least, most := slices.Min(worked), slices.Max(worked)
			if fair := 2 * time.Second * time.Duration(want) / 10; least < fair*9/10 || most > fair*11/10 {
				t.Errorf("%d processors: guests worked between %v and %v, want %v", processors, least, most, fair)
			}
			if waiting, burning := c.turns.Waiting(); waiting+burning != 0 {
				t.Errorf("%d wait, %d turns taken when all are over", waiting, burning)
			}
		})
	}
}

// A guest that waited goes before those that only burn, and does not wait for the end of a slice.
func TestWhoWaitedGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		const piece = limits.ShareSlice / 20
		c := &company{turns: share.New(2), wide: piece}
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() { c.burn(ctx, c.turns.Guest()) })
		}
		time.Sleep(time.Second)
		g := c.turns.Guest()
		time.Sleep(limits.ShareSlice) // works, and has waited for nothing yet: it burns a little
		start := time.Now()
		g.Work(ctx)
		if took := time.Since(start); took > piece {
			t.Errorf("waited %v for its turn, want at most %v", took, piece)
		}
		g.Leave()
		stop()
		group.Wait()
	})
}

// A guest that waits for its turn is not stalled, and is gone at once when its instance ends.
func TestWaitingForATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := share.New(1)
		holder, g := turns.Guest(), turns.Guest()
		time.Sleep(2 * limits.ShareSlice)
		holder.Work(t.Context())
		ctx, end := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			g.Work(ctx)
		}()
		synctest.Wait()
		if waiting, burning := turns.Waiting(); waiting != 1 || burning != 1 {
			t.Fatalf("%d wait, %d burn", waiting, burning)
		}
		time.Sleep(limits.ShareLease / 2)
		if busy := g.Busy(); busy != 0 {
			t.Errorf("busy for %v while it waits for its turn", busy)
		}
		start := time.Now()
		end()
		<-done
		if took := time.Since(start); took != 0 {
			t.Errorf("ended after %v", took)
		}
		if busy := g.Busy(); busy != 2*limits.ShareSlice {
			t.Errorf("busy for %v, want what it worked before", busy)
		}
		if waiting, _ := turns.Waiting(); waiting != 0 {
			t.Error("it still waits")
		}
	})
}

// A guest that does not come back from a host function loses its turn after a while; what it gives back then is nobody's.
func TestLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := share.New(1)
		stuck, g := turns.Guest(), turns.Guest()
		time.Sleep(2 * limits.ShareSlice)
		stuck.Work(t.Context())
		start := time.Now()
		g.Work(t.Context())
		if took := time.Since(start); took > 2*limits.ShareLease {
			t.Errorf("waited %v for a guest that does not come back", took)
		}
		soon, cancel := context.WithTimeout(t.Context(), limits.ShareSlice/2)
		defer cancel()
		if stuck.Work(soon); soon.Err() == nil {
			t.Error("it burns on with the turn that it lost")
		}
		stuck.Leave()
		if _, burning := turns.Waiting(); burning != 1 {
			t.Errorf("%d turns taken, want the one of the other", burning)
		}
		g.Leave()
		if _, burning := turns.Waiting(); burning != 0 {
			t.Errorf("%d turns taken at the end", burning)
		}
	})
}

// A guest that sleeps has no turn meanwhile, and stalls: it hears nothing.
func TestSleepingGuest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := share.New(1)
		g := turns.Guest()
		time.Sleep(2 * limits.ShareSlice)
		g.Work(t.Context())
		g.Away()
		time.Sleep(time.Second)
		if _, burning := turns.Waiting(); burning != 0 || g.Busy() < time.Second {
			t.Errorf("%d turns taken, busy for %v", burning, g.Busy())
		}
		g.Back()
	})
}

// Without turns there is nothing to wait for.
func TestNoTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turns *share.Turns
		g := turns.Guest()
		time.Sleep(time.Second)
		g.Work(t.Context())
		if g.Busy() != time.Second {
			t.Errorf("busy for %v", g.Busy())
		}
		g.Alive()
		g.Leave()
		if g.Busy() != 0 {
			t.Errorf("busy for %v", g.Busy())
		}
	})
}

// What a guest pays that waits for its events: nothing is allocated and no lock is taken.
func BenchmarkGuestThatWaits(b *testing.B) {
	g := share.New(2).Guest()
	b.ReportAllocs()
	for b.Loop() {
		g.Alive()
		g.Served()
		g.Work(b.Context())
	}
}
