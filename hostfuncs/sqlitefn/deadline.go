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
}

func newDeadline(ctx context.Context, budget time.Duration) *deadline {
	return &deadline{Context: ctx, budget: budget, base: time.Now()}
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
	if time.Since(d.base) > d.over {
		return context.DeadlineExceeded
	}
	return nil
}
