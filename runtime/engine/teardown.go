package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"innkeeper/runtime/outcome"
)

// teardown gives back everything the instance held. The order is always the same: no new work, the instance's context ends
// (the guest has unwound by now, unless it is stuck), the ledger closes every handle under a fresh context, what worked
// for the instance is waited for, and the ledger must be empty. The module itself was closed when execute returned. A step
// that fails or hangs does not keep the next from running.
func (r *run) teardown(ctx context.Context, exit *outcome.Outcome) {
	errs := []error{r.detach("teardown")}
	if r.Ended != nil {
		errs = append(errs, r.call("ended", r.Ended))
	}
	r.Kill(errOver)
	r.Mailbox.Close()
	// The instance's context is over and the caller's may be: closing must not be cut short by either.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.Budgets.Close)
	defer cancel()
	errs = append(errs, r.step(ctx, "close all", exit, r.Ledger.CloseAll))
	if r.Finish != nil {
		errs = append(errs, r.step(ctx, "finish", exit, r.Finish))
	}
	if open := r.Ledger.Open(); open > 0 {
		errs = append(errs, fmt.Errorf("%d handles left open after the teardown", open))
		exit.Stuck = true
	}
	exit.Teardown = errors.Join(errs...)
}

// step runs one step of the teardown under ctx. A step that is not done when ctx ends has left something alive; one that
// does not return then is given up after as long again.
func (r *run) step(ctx context.Context, name string, exit *outcome.Outcome, do func(context.Context) error) error {
	result := make(chan error, 1)
	go func() {
		var err error
		panicked := r.call(name, func() { err = do(ctx) })
		result <- errors.Join(err, panicked)
	}()
	err := r.awaitStep(ctx, name, result)
	if errors.Is(err, context.DeadlineExceeded) {
		exit.Stuck = true
	}
	return err
}

// awaitStep waits for a step until its time is over, and once more as long for it to notice.
func (r *run) awaitStep(ctx context.Context, name string, result <-chan error) error {
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-result:
		return err
	case <-time.After(r.Budgets.Close):
		r.late = append(r.late, result)
		return fmt.Errorf("%s did not come back: %w", name, context.Cause(ctx))
	}
}

// free finishes the teardown of a run that ended stuck, when what it hangs on comes back, and closes the channel once nothing
// of the run is left. Its goroutine lives as long as what is stuck, which nobody can end.
func (r *run) free() <-chan struct{} {
	freed := make(chan struct{})
	go func() {
		for _, late := range r.late {
			<-late
		}
		ctx := context.Background() // there is no hurry any more
		_ = r.call("close all", func() { _ = r.Ledger.CloseAll(ctx) })
		if r.Finish != nil {
			_ = r.call("finish", func() { _ = r.Finish(ctx) })
		}
		if r.Ledger.Open() == 0 {
			close(freed)
		}
	}()
	return freed
}

// joinClose adds a failed close to the error that comes first.
func joinClose(err, closing error) error {
	if closing == nil {
		return err
	}
	return errors.Join(err, fmt.Errorf("close: %w", closing))
}
