package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"innkeeper/runtime/outcome"
)

// teardown gives back everything the instance held. The order is always the same: no new work, the instance's context ends
// (the guest has unwound by now, unless it hangs), the ledger closes every handle under a fresh context, what worked
// for the instance is waited for, and what could not be closed is taken over. So the ledger is empty then. The module itself was
// closed when execute returned. A step that fails or hangs does not keep the next from running.
func (r *run) teardown(ctx context.Context, exit *outcome.Outcome) {
	errs := []error{r.detach("teardown")}
	if r.Ended != nil {
		errs = append(errs, r.call("ended", r.Ended))
	}
	r.Kill(errOver)
	r.Mailbox.Close()
	// The instance's context is over and the caller's may be: closing must not be cut short by either. Both steps share the
	// budget, and some of it is kept for the second.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.Budgets.Close)
	defer cancel()
	closing, closed := context.WithTimeout(ctx, r.Budgets.Close*3/4)
	errs = append(errs, r.step(closing, "close all", r.Ledger.CloseAll))
	closed()
	if r.Finish != nil {
		err := r.step(ctx, "finish", r.Finish)
		if errors.Is(err, context.DeadlineExceeded) {
			r.leave("what worked for it")
		}
		errs = append(errs, err)
	}
	if open := r.Ledger.Open(); open > 0 {
		what := handles(open)
		r.leave(what)
		errs = append(errs, fmt.Errorf("%s not closed in time, to be closed in the background", what))
	}
	exit.Teardown = errors.Join(errs...)
	exit.Left = r.handOver()
}

func handles(n int) string {
	if n == 1 {
		return "a handle"
	}
	return fmt.Sprintf("%d handles", n)
}

// step runs one step of the teardown under ctx. One that does not return at the end of ctx is given up a little later.
func (r *run) step(ctx context.Context, name string, do func(context.Context) error) error {
	result := make(chan error, 1)
	go func() {
		var err error
		panicked := r.call(name, func() { err = do(ctx) })
		result <- errors.Join(err, panicked)
	}()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-result:
		return err
	case <-time.After(r.Budgets.Close / 4): // the time to notice that ctx is over
		r.late = append(r.late, result)
		return fmt.Errorf("%s did not come back: %w", name, context.Cause(ctx))
	}
}

// handOver hands what could not be closed to a goroutine that closes it, however long that takes; nil if there is nothing. The
// goroutine lives as long as what it waits for, which nobody can end, and says so to whoever is told of it.
func (r *run) handOver() *outcome.Left {
	closeAll := r.Ledger.TakeOver()
	if len(r.left)+len(r.late) == 0 {
		return nil
	}
	left := &outcome.Left{What: r.left}
	go func() {
		defer left.End()
		_ = r.call("close all", closeAll)
		for _, late := range r.late {
			<-late
		}
		if r.Finish != nil {
			_ = r.call("finish", func() { _ = r.Finish(context.Background()) }) // there is no hurry any more
		}
	}()
	return left
}

// joinClose adds a failed close to the error that comes first.
func joinClose(err, closing error) error {
	if closing == nil {
		return err
	}
	return errors.Join(err, fmt.Errorf("close: %w", closing))
}
