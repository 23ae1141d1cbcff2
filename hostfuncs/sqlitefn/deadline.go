package sqlitefn

import (
	"context"
	"time"
)

// deadline is the context that SQLite's progress handler looks at. One serves a connection for its whole life and is
// set anew for each call, because a context.WithTimeout per step would cost more than many a step.
//
// The library only ever asks Err: once at the start of a call, then once in 1,000 instructions. Done is the instance's.
type deadline struct {
	context.Context // the instance's

	budget time.Duration
	base   time.Time     // any moment before the first call: a difference to it is cheaper than the time of day
	over   time.Duration // since base, when the current call is over
	fresh  bool          // the current call has not asked yet

	work     func(context.Context) // as in Config; nil for none
	counted  time.Duration         // since base, when work was called last
	watchdog *watchdog             // of the connection; nil before there is one
}

func newDeadline(ctx context.Context, budget time.Duration, work func(context.Context)) *deadline {
	return &deadline{Context: ctx, budget: budget, base: time.Now(), work: work}
}

// start begins the budget of the next call.
func (d *deadline) start() { d.startWith(d.budget) }

func (d *deadline) startWith(budget time.Duration) {
	d.over = time.Since(d.base) + budget
	d.fresh = true
}

// Err returns an error once the instance is over or the current call has used up its budget.
func (d *deadline) Err() error {
	if err := d.Context.Err(); err != nil {
		return err
	}
	if d.fresh {
		d.fresh = false
		return nil
	}
	now := time.Since(d.base)
	if now > d.over {
		return context.DeadlineExceeded
	}
	if d.work == nil || now-d.counted < WorkEvery {
		return nil
	}
	d.share(now)
	return d.Context.Err()
}

// share counts the guest's work, and waits here when others are to have the processor. That time is none of the call's budget.
func (d *deadline) share(now time.Duration) {
	paused := d.watchdog.pause(d.over)
	d.work(d.Context)
	d.counted = time.Since(d.base)
	d.over += d.counted - now
	if paused {
		d.watchdog.begin(d.over)
	}
}
