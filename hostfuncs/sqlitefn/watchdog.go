package sqlitefn

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// watchdog ends the calls that a deadline cannot end. SQLite looks at the deadline only at the jumps of its program, and a
// single function can take minutes: trim with 5,000 characters to trim took 13 s for a text of 256 KiB, LIKE and replace
// take the product of their lengths, and an expression may have thousands of them in a row.
//
// It takes the connection's memory away. The call faults at its next access and ends in a panic, which the connection
// turns into a result. After that nothing is left of the connection but its files, as if the process had been killed;
// SQLite is made to recover from that.
//
// A tick looks at the call in flight. Between calls, and that is nearly always, no tick runs.
type watchdog struct {
	ctx    context.Context // the instance's
	memory []byte
	base   time.Time // as the deadline's
	grace  time.Duration

	// call is when the call in flight is over, in nanoseconds since base; or one of the states below.
	call   atomic.Int64
	asleep atomic.Bool
	wake   chan struct{}
	stop   chan struct{}
	done   sync.WaitGroup

	mu      sync.Mutex // held while memory is taken away
	tripped bool       // guarded by mu
}

// callNone and callEnding are states of watchdog.call. An end of a call is always greater.
const (
	callNone   = 0
	callEnding = -1
)

// startWatchdog starts it. Whoever starts it closes it.
func startWatchdog(deadline *deadline, memory []byte) *watchdog {
	w := &watchdog{
		ctx:    deadline.Context,
		memory: memory,
		base:   deadline.base,
		grace:  CallGrace,
		wake:   make(chan struct{}, 1),
		stop:   make(chan struct{}),
	}
	w.asleep.Store(true)
	w.done.Go(w.run)
	return w
}

// close stops the watchdog and waits for it.
func (w *watchdog) close() {
	close(w.stop)
	w.done.Wait()
}

// begin notes that a call is in flight, and when it is over.
func (w *watchdog) begin(over time.Duration) {
	w.call.Store(int64(over))
	if w.asleep.Load() && w.asleep.CompareAndSwap(true, false) {
		w.wake <- struct{}{}
	}
}

// pause takes the call out of flight while it waits, until begin is called again. It reports whether it was in flight, and is safe on nil.
func (w *watchdog) pause(over time.Duration) bool {
	return w != nil && w.call.CompareAndSwap(int64(over), callNone)
}

// end notes that the call has ended, and reports whether the memory was taken away meanwhile.
func (w *watchdog) end() (tripped bool) {
	if w.call.Swap(callNone) != callEnding {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tripped
}

func (w *watchdog) run() {
	for {
		select {
		case <-w.wake:
		case <-w.stop:
			return
		}
		if !w.tick() {
			return
		}
	}
}

// tick looks from time to time until no call is in flight. It reports whether to go on.
func (w *watchdog) tick() bool {
	ticker := time.NewTicker(w.grace / 4)
	defer ticker.Stop()
	var killed time.Duration // when the instance was first seen to be over
	for {
		select {
		case <-ticker.C:
		case <-w.stop:
			return false
		}
		now := time.Since(w.base)
		call := w.call.Load()
		if call == callNone {
			w.asleep.Store(true)
			// A call that began just now may have seen us awake.
			if w.call.Load() == callNone || !w.asleep.CompareAndSwap(true, false) {
				return true
			}
			continue
		}
		if killed == 0 && w.ctx.Err() != nil {
			killed = now
		}
		late := now > time.Duration(call)+w.grace || killed != 0 && now > killed+w.grace
		if late && w.trip(call) {
			return true
		}
	}
}

// trip takes the memory away from the call, if that one is still in flight.
func (w *watchdog) trip(call int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if call <= 0 || !w.call.CompareAndSwap(call, callEnding) {
		return false
	}
	w.tripped = true
	forbid(w.memory)
	return true
}
