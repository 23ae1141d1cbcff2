package sdk

import (
	"context"
	"errors"
	"runtime"
	"time"
)

// ErrLoopEnded is the cause of a goroutine's context after the loop has ended.
var ErrLoopEnded = errors.New("loop has ended")

// Go runs f in a goroutine whose context ends with the loop, and that [Loop.Run] waits for. A plain go statement does without
// both: such a goroutine is cut when the loop has ended. Either may use what belongs to the loop inside of [Loop.OnLoop] only.
func (l *Loop) Go(f func(ctx context.Context)) { l.group.Go(func() { f(l.ctx) }) }

// OnLoop runs f as if it were a callback: no other part of the loop runs meanwhile. It is how a goroutine uses what belongs
// to the loop. f must not block, and neither setup nor a callback may call OnLoop.
func (l *Loop) OnLoop(f func()) {
	l.mu.Lock()
	defer l.unlock()
	f()
}

// unlock ends what a goroutine did on the loop, and wakes the loop if it would otherwise sleep too long.
func (l *Loop) unlock() {
	if l.parked && (l.timers.dueBefore(l.until) || l.over()) {
		l.parker.wake()
	}
	l.mu.Unlock()
}

// yield lets goroutines run between two batches of events: a guest has one thread and no preemption. It is also where a timer of
// package time that is due starts its function. The caller holds l.mu, which is free meanwhile.
func (l *Loop) yield() {
	l.mu.Unlock()
	runtime.Gosched()
	l.mu.Lock()
}

// park waits in Go's own poller, so that goroutines and the timers of package time run meanwhile: until an event is there, the
// timeout is over or a goroutine wakes the loop. The caller holds l.mu, which is free meanwhile.
func (l *Loop) park(timeout time.Duration) error {
	l.parked, l.until = true, time.Time{}
	if timeout >= 0 {
		l.until = time.Now().Add(timeout)
	}
	l.parker.arm(l.host.Event, l.until)
	l.mu.Unlock()
	err := l.parker.wait()
	l.mu.Lock()
	l.parked = false
	return err
}

// join ends the contexts of goroutines and waits for those of Go.
func (l *Loop) join() {
	l.cancel(ErrLoopEnded)
	l.group.Wait()
	l.parker.close()
}
