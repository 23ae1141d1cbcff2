package share

import (
	"context"
	"sync/atomic"
	"time"

	"innkeeper/runtime/limits"
)

// Guest is the time of one guest. Its methods are for the guest's own goroutine, but for Busy.
type Guest struct {
	turns *Turns // nil: nothing is divided
	start time.Time
	busy  atomic.Int64 // since when it works, after start; idle while it waits

	seen time.Duration // until when its work is in the debt
	debt time.Duration // its work beyond its waiting
	turn *turn         // nil while it has none

	served  time.Duration // when it last fetched an event
	yielded time.Duration // when it last let others run
}

// idle stands in busy while the guest waits, for an event or for its turn.
const idle = -1

// Guest makes the time of a guest that works from now on. Without turns it only tells how long it works.
func (t *Turns) Guest() *Guest {
	if t == nil {
		return &Guest{start: time.Now()}
	}
	g := &Guest{turns: t, start: t.start, seen: t.now()}
	g.busy.Store(int64(g.seen))
	return g
}

// Busy returns how long the guest has worked since it last was with the host in a way that shows it is alive; 0 while it waits.
func (g *Guest) Busy() time.Duration {
	since := g.busy.Load()
	if since == idle {
		return 0
	}
	return time.Since(g.start) - time.Duration(since)
}

// Alive notes that the guest has not stalled.
func (g *Guest) Alive() { g.busy.Store(int64(g.work())) }

// Rest notes that the guest begins to wait, right after Alive. Its turn goes to others.
func (g *Guest) Rest() {
	g.busy.Store(idle)
	g.Leave()
}

// Woke notes that the guest has waited, and works again.
func (g *Guest) Woke() {
	g.Back()
	g.Alive()
}

// Away notes that the guest waits for something that does not show it to be alive: it may stall. Its turn goes to others.
func (g *Guest) Away() {
	g.work()
	g.Leave()
}

// Back notes that the guest works again.
func (g *Guest) Back() {
	now := time.Since(g.start)
	if rested := now - g.seen; rested > limits.ShareWait {
		g.seen, g.debt = now, max(g.debt-rested, 0)
	}
}

// Served notes that the guest has fetched an event: something for which others waited.
func (g *Guest) Served() {
	g.debt = max(g.debt-limits.ShareEvent, 0)
	g.served = g.seen
}

// Work counts the guest's work. One that burns waits here for its turn, until ctx ends.
func (g *Guest) Work(ctx context.Context) {
	now := g.work()
	if g.debt < limits.ShareSlice || g.turns == nil {
		return
	}
	if now-g.served >= limits.ShareQuiet && now-g.yielded >= limits.ShareYield {
		g.turns.yield()
		g.yielded = time.Since(g.start)
	}
	if g.mayGoOn(now) {
		return
	}
	busy := g.busy.Swap(idle) // to wait for a turn is not to stall
	g.turn = g.turns.next(ctx, g.turn, g.debt)
	g.seen = time.Since(g.start)
	g.busy.Store(busy + int64(g.seen-now))
}

// work adds the time since the last look to the debt and returns the time.
func (g *Guest) work() time.Duration {
	now := time.Since(g.start)
	g.debt = min(g.debt+now-g.seen, limits.ShareMemory)
	g.seen = now
	return now
}

// mayGoOn reports whether a guest that burns has a turn, and nobody else should have it: because it is over, or because somebody
// waits who has waited a slice more than this guest.
func (g *Guest) mayGoOn(now time.Duration) bool {
	if g.turn == nil || g.turn.revoked.Load() {
		return false
	}
	first := g.turns.first.Load()
	return first == nobody || now-g.turn.since < limits.ShareSlice && time.Duration(first)+limits.ShareSlice > g.debt
}

// Leave gives the guest's turn back; it is called when the guest has ended as well.
func (g *Guest) Leave() {
	if g.turn != nil {
		g.turns.done(g.turn)
		g.turn = nil
	}
}
