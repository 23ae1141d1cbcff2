package sdk

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// ErrLoopEnded is the cause of a goroutine's context after the loop has ended.
var ErrLoopEnded = errors.New("loop has ended")

// background is what the loop needs of its goroutines. It is an interface so that a guest without goroutines does not link
// the poller and package context.
type background interface {
	// parks tells whether the loop has to wait through wait.
	parks() bool
	wait(timeout time.Duration) error
	yield()
	join()
}

// goroutines are those that an adapter started on a loop.
type goroutines struct {
	loop   *Loop
	ctx    context.Context
	cancel context.CancelCauseFunc
	group  sync.WaitGroup
	count  atomic.Int64
	parker parker

	// Under loop.mu:
	waiting bool      // the loop is in parker.wait
	until   time.Time // and comes back by itself then; zero for never
}

var _ background = (*goroutines)(nil)

// Go runs f in a goroutine of its own. Its context ends with the loop, and Run waits for it to return. f must not use what belongs
// to the loop, other than inside of [Loop.OnLoop]. While a goroutine is alive the loop waits in Go's own poller, which costs some
// microseconds an event and lets goroutines, timers and channels run; without one it blocks in the host.
//
// The first call comes from setup or a callback; later ones may come from goroutines too.
func (l *Loop) Go(f func(ctx context.Context)) {
	g := l.background()
	g.count.Add(1)
	g.group.Go(func() {
		defer g.ended()
		f(g.ctx)
	})
}

// background is the loop's goroutines, made at the first call.
func (l *Loop) background() *goroutines {
	if g, ok := l.tasks.(*goroutines); ok {
		return g
	}
	g := &goroutines{loop: l}
	g.ctx, g.cancel = context.WithCancelCause(context.Background())
	g.parker.init(l.host.Event)
	l.tasks = g
	return g
}

// OnLoop runs f as if it were a callback: no other part of the loop runs meanwhile. It is how a goroutine uses what belongs
// to the loop. f must not block, and a callback must not call OnLoop.
func (l *Loop) OnLoop(f func()) {
	l.mu.Lock()
	defer l.unlock()
	f()
}

// unlock ends what a goroutine did on the loop, and wakes the loop if that is of interest to it.
func (l *Loop) unlock() {
	if g, ok := l.tasks.(*goroutines); ok {
		g.wake()
	}
	l.mu.Unlock()
}

// wake makes a waiting loop look around if it would otherwise sleep too long. The caller holds loop.mu.
func (g *goroutines) wake() {
	if !g.waiting {
		return
	}
	early := false
	if timers := g.loop.timers; len(timers) > 0 {
		early = g.until.IsZero() || timers[0].when.Before(g.until)
	}
	if early || g.loop.over() || !g.alive() {
		g.parker.wake()
	}
}

func (g *goroutines) ended() {
	g.count.Add(-1)
	g.loop.mu.Lock()
	g.loop.unlock()
}

func (g *goroutines) alive() bool { return g.count.Load() > 0 }

func (g *goroutines) parks() bool { return g.alive() || g.parker.busy() }

// wait parks the loop and lets goroutines run. The caller holds loop.mu, as ever; it is free meanwhile.
func (g *goroutines) wait(timeout time.Duration) error {
	g.waiting, g.until = true, time.Time{}
	if timeout >= 0 {
		g.until = time.Now().Add(timeout)
	}
	g.parker.arm(g.until)
	g.loop.mu.Unlock()
	err := g.parker.wait()
	g.loop.mu.Lock()
	g.waiting = false
	return err
}

// yield lets goroutines run between two batches of events: a guest has one thread and no preemption.
func (g *goroutines) yield() {
	g.loop.mu.Unlock()
	runtime.Gosched()
	g.loop.mu.Lock()
}

// join ends the contexts and waits for every goroutine.
func (g *goroutines) join() {
	g.cancel(ErrLoopEnded)
	g.group.Wait()
	g.parker.close()
}
