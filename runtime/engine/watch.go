package engine

import (
	"context"
	"errors"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/outcome"
)

// Why an instance's context was cancelled.
var (
	errConnect = errors.New("not ready within the connect budget")
	errStall   = errors.New("did not come back to its mailbox within the stall budget")
	errDrain   = errors.New("drain budget used up")
	errStopped = errors.New("stopped")
	errOver    = errors.New("the run is over")
)

// errNotUnwound is the end of a run whose guest did not end.
var errNotUnwound = errors.New("the guest did not unwind within the close budget")

// watch waits for the guest's end and enforces the budgets. It gives up on a guest that does not unwind within the close
// budget after it was killed: that happens only if a host function ignores its context.
func (r *run) watch(ctx context.Context, done <-chan error) (err error, left bool) {
	connect := time.NewTimer(r.Budgets.Connect)
	defer connect.Stop()
	stall := time.NewTicker(max(r.Budgets.Stall/4, time.Millisecond))
	defer stall.Stop()
	ready, stop, killed := r.Ready, ctx.Done(), r.Context.Done()
	var drain timeLeft
	var unwind <-chan time.Time
	for {
		select {
		case err := <-done:
			return err, false
		case <-ready:
			ready = nil
			connect.Stop()
			r.connected(ctx)
		case <-connect.C:
			if !r.serving() {
				r.Kill(errConnect)
			}
		case <-stall.C:
			if r.Mailbox.Busy() > r.Budgets.Stall {
				r.Kill(errStall)
			}
		case <-stop:
			stop = nil
			r.shutdown(stopOf(ctx), &drain)
		case sooner := <-r.Sooner:
			r.shutdown(sooner, &drain)
		case <-drain.over:
			r.Kill(errDrain)
		case <-killed:
			killed = nil
			unwind = time.After(r.Budgets.Close)
		case <-unwind:
			return errNotUnwound, true
		}
	}
}

// serving reports whether the guest has said that it can serve.
func (r *run) serving() bool {
	select {
	case <-r.Ready:
		return true
	default:
		return false
	}
}

// connected passes the guest's ready on, unless the run is to end or the instance is over already.
func (r *run) connected(ctx context.Context) {
	if ctx.Err() == nil && r.Context.Err() == nil && r.OnReady != nil {
		_ = r.call("ready", r.OnReady) // a panic is the cause of the end by now
	}
}

// stopOf is the wish behind a context's end. One without a word of the budget means at once.
func stopOf(ctx context.Context) outcome.Stop {
	cause := context.Cause(ctx)
	if stop, ok := errors.AsType[outcome.Stop](cause); ok {
		return stop
	}
	return outcome.Stop{Reason: cause.Error()}
}

// timeLeft is the time to finish what is open.
type timeLeft struct {
	over  <-chan time.Time // nil while nobody has asked the guest to end
	until time.Time
}

// shutdown refuses new work and asks the guest to end within the budget, unless it has less already: wishes may be seen in
// another order than they were made in. A guest that is not serving yet has nothing to finish and is ended at once; so is one
// that gets no time.
func (r *run) shutdown(stop outcome.Stop, left *timeLeft) {
	_ = r.detach(stop.Reason) // a panic is the cause of the end by now
	until := time.Now().Add(stop.Budget)
	switch {
	case stop.Budget <= 0 || !r.serving():
		r.Kill(errStopped)
		return
	case left.over != nil && !until.Before(left.until):
		return
	}
	ask := abi.Shutdown{DrainMS: uint32(stop.Budget.Milliseconds()), Reason: stop.Reason}
	if r.Mailbox.PostLevel(abi.EventShutdown, 0, ask.Append(nil)) != nil {
		r.Kill(errStopped)
		return
	}
	*left = timeLeft{time.After(stop.Budget), until}
}
