package sdk

import (
	"context"
	"errors"
	"runtime"
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

// fairUses is how often goroutines may use the loop before it gets its turn: a guest has one thread, and Go does not look at its
// poller while anything can run. A look each time would cost more than most uses; with every 16th a request paid a tenth more.
const fairUses = 64

// unlock ends what a goroutine did on the loop, and wakes the loop if it would otherwise sleep too long.
func (l *Loop) unlock() {
	l.uses++
	fair := l.uses%fairUses == 0
	if l.parked && (l.timers.dueBefore(l.until) || l.over() || fair && l.guest && l.host.Event.Wait(0) != 0) {
		l.parker.Wake()
	}
	l.mu.Unlock()
	if fair {
		runtime.Gosched()
	}
}

// join ends the contexts of goroutines and waits for those of Go.
func (l *Loop) join() {
	l.cancel(ErrLoopEnded)
	l.group.Wait()
	l.parker.Close()
}
