// Package share divides the processor among guests that do not wait.
//
// A guest that works and waits, as adapters do, never meets it. One that has worked a slice more than it waited burns: it
// needs a turn to go on, of which there is one less than processors. So one processor is always there for the network, for
// guests that woke up, and for the control socket, however many burn, and whatever they do: spin, look at an
// empty mailbox, copy memory. Go's scheduler alone gives all of them the same: it looks at the network when nobody wants
// to run, or after ten milliseconds.
//
// Who waited more goes first, and among equals who asked first: so a busy server passes those that only burn.
//
// It owns the counting of a guest's work and waiting, which is also how a stalled guest is told. It knows neither engine nor
// mailbox nor why a guest waits.
package share

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"innkeeper/runtime/limits"
)

// Turns are what burning guests share.
type Turns struct {
	start time.Time
	// first is the debt of the guest that is first in the queue; nobody waits if it is the largest number. A guest looks at it at
	// every checkpoint, without the lock.
	first atomic.Int64
	yield func()

	mu    sync.Mutex
	free  int
	held  []*turn
	queue []*waiter // who goes first stands first
}

// turn is the right to burn.
type turn struct {
	since   time.Duration // when it was given
	revoked atomic.Bool   // another guest has it by now
}

// waiter is a guest that waits for a turn.
type waiter struct {
	debt  time.Duration
	given chan *turn
}

const nobody = math.MaxInt64

// New makes turns for a machine with that many processors.
func New(processors int) *Turns {
	t := &Turns{start: time.Now(), yield: yield, free: max(processors-1, 1)}
	t.first.Store(nobody)
	return t
}

// now is the time since the turns were made.
func (t *Turns) now() time.Duration { return time.Since(t.start) }

// Waiting returns how many guests wait for a turn, and how many have one.
func (t *Turns) Waiting() (waiting, burning int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.queue), len(t.held)
}

// next gives a turn back, if there is one, and waits for the next one. It is nil if ctx ends first.
func (t *Turns) next(ctx context.Context, old *turn, debt time.Duration) *turn {
	w := &waiter{debt: debt, given: make(chan *turn, 1)}
	t.mu.Lock()
	t.enqueue(w)
	t.giveBack(old)
	t.serve()
	t.mu.Unlock()
	lease := time.NewTimer(limits.ShareLease)
	defer lease.Stop()
	for {
		select {
		case turn := <-w.given:
			return turn
		case <-ctx.Done():
			t.leave(w)
			return nil
		case <-lease.C:
			t.revoke()
			lease.Reset(limits.ShareLease)
		}
	}
}

// done gives a turn back.
func (t *Turns) done(old *turn) {
	t.mu.Lock()
	t.giveBack(old)
	t.serve()
	t.mu.Unlock()
}

// enqueue puts a waiter behind those that go before it. The caller holds t.mu, also below.
func (t *Turns) enqueue(w *waiter) {
	at := len(t.queue)
	for at > 0 && w.debt < t.queue[at-1].debt {
		at--
	}
	t.queue = slices.Insert(t.queue, at, w)
}

// giveBack takes a turn from its guest, unless it was taken before.
func (t *Turns) giveBack(old *turn) {
	if i := slices.Index(t.held, old); i >= 0 {
		t.held = slices.Delete(t.held, i, i+1)
		t.free++
	}
}

// serve gives what is free to those who are first.
func (t *Turns) serve() {
	for t.free > 0 && len(t.queue) > 0 {
		given := &turn{since: t.now()}
		t.held = append(t.held, given)
		t.queue[0].given <- given
		t.queue, t.free = slices.Delete(t.queue, 0, 1), t.free-1
	}
	first := int64(nobody)
	if len(t.queue) > 0 {
		first = int64(t.queue[0].debt)
	}
	t.first.Store(first)
}

// leave takes a guest from the queue that waits no longer. If it was given a turn meanwhile, that goes to the next.
func (t *Turns) leave(w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.queue, w); i >= 0 {
		t.queue = slices.Delete(t.queue, i, i+1)
	} else {
		t.giveBack(<-w.given)
	}
	t.serve()
}

// revoke takes the turns whose guests have not been back from a host function for longer than the lease. They burn on until they
// are, but nobody waits for them.
func (t *Turns) revoke() {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	for _, turn := range slices.Clone(t.held) {
		if now-turn.since >= limits.ShareLease {
			turn.revoked.Store(true)
			t.giveBack(turn)
		}
	}
	t.serve()
}
