package sdk

import (
	"context"
	"errors"
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
		l.parker.Wake()
	}
	l.mu.Unlock()
}

// join ends the contexts of goroutines and waits for those of Go.
func (l *Loop) join() {
	l.cancel(ErrLoopEnded)
	l.group.Wait()
	l.parker.Close()
}
