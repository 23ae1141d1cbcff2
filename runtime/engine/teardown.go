package engine

import (
	"context"
	"errors"
	"fmt"
)

// teardown gives back everything the instance held. The order is always the same: no new work, the instance's context ends
// (the guest has unwound by now, unless it is stuck), the ledger closes every handle under a fresh context, what worked
// for the instance is waited for, and the ledger is looked at. The module itself was closed when execute returned. It runs
// deferred, so a panic in Run passes through it too.
func teardown(ctx context.Context, instance *Instance, exit *Exit) {
	instance.detach("teardown")
	instance.Kill(errOver)
	instance.Mailbox.Close()
	// The instance's context is over and the caller's may be: closing must not be cut short by either.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), instance.Budgets.Close)
	defer cancel()
	errs := []error{instance.Ledger.CloseAll(ctx)}
	if instance.Finish != nil {
		errs = append(errs, instance.Finish(ctx))
	}
	if open := instance.Ledger.Open(); open > 0 {
		errs = append(errs, fmt.Errorf("%d handles left open after the teardown", open))
		exit.Stuck = true
	}
	exit.Teardown = errors.Join(errs...)
}

// joinClose adds a failed close to the error that comes first.
func joinClose(err, closing error) error {
	if closing == nil {
		return err
	}
	return errors.Join(err, fmt.Errorf("close: %w", closing))
}
