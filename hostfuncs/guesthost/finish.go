package guesthost

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// Drain tells every family that the instance is about to end.
func (g *Guest) Drain() {
	for _, instance := range g.families {
		if instance.Drain != nil {
			instance.Drain()
		}
	}
}

// Finish waits for everything that worked for the instance and was not in its ledger, all families at the same time, so that
// none takes another's time. Call it after Ledger.CloseAll.
func (g *Guest) Finish(ctx context.Context) error {
	errs := make([]error, len(g.families))
	var all sync.WaitGroup
	for i, instance := range g.families {
		if instance.Close != nil {
			all.Go(func() { errs[i] = finish(ctx, instance.Close) })
		}
	}
	all.Wait()
	return errors.Join(errs...)
}

// finish turns a panic of a family into an error: it must not cost the others.
func finish(ctx context.Context, closer func(context.Context) error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("panic while finishing: %v\n%s", value, debug.Stack())
		}
	}()
	return closer(ctx)
}
