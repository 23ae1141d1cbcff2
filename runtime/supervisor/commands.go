package supervisor

import (
	"context"
	"errors"
	"fmt"
)

// Update begins a change. It is carried out once its generation serves, or the slot is idle or paused with it.
//
// With Overlap and a connected run the successor starts beside it and takes its place when it is ready. If it fails before,
// the predecessor goes on and the error matches [ErrUpdateRefused]. Otherwise what runs ends first; a failure of the next run
// is then told with [ErrNotReady], and retried like any other. While two generations live a change waits, and a later one
// takes the place of one that waits. The spec's runner is the slot's from here on, whatever becomes of the change.
func (s *Slot) Update(ctx context.Context, c Change) (*Operation, error) {
	return s.hand(ctx, c.Spec, func(l *loop, op *Operation) { l.update(c, op) })
}

// Adopt puts a spec in the place of the one that is wanted, for the runs to come. What runs goes on undisturbed.
func (s *Slot) Adopt(ctx context.Context, spec Spec) error {
	op, err := s.hand(ctx, &spec, func(l *loop, op *Operation) {
		l.replaceWanted(spec)
		op.finish(nil)
	})
	if err != nil {
		return err
	}
	return op.Wait(ctx)
}

// Refuse notes that a change could not be made ready, so that there is nothing to carry out. The status says so when an earlier one
// that has begun or waits is in force.
func (s *Slot) Refuse(ctx context.Context, reason string) error {
	return s.do(ctx, func(l *loop) error {
		l.refused = reason
		l.set(func(st *Status) {
			if l.pending == nil && l.successor == nil {
				st.Update = Update{}
			}
		})
		return nil
	})
}

// Keep says that what is wanted already is wanted still: a change that was refused is forgotten.
func (s *Slot) Keep(ctx context.Context) error {
	return s.do(ctx, func(l *loop) error {
		l.refused = ""
		if l.Status().Update.State == UpdateRefused {
			l.set(func(st *Status) { st.Update = Update{} })
		}
		return nil
	})
}

// Pause begins to end what runs, and keeps the slot from running until Resume. It is carried out once nothing runs.
func (s *Slot) Pause(ctx context.Context) (*Operation, error) {
	return s.ask(ctx, func(l *loop, op *Operation) {
		if err := l.runnable(); err != nil {
			op.finish(err)
			return
		}
		l.refused = ""
		l.settleForWanted()
		l.endAll(ReasonPause, paused, op, func() {
			l.enter(Paused, "paused by an operator")
			op.finish(nil)
		})
	})
}

// Resume lets a paused slot run again. It is carried out once that is connected, and ends with [ErrNotReady] otherwise.
func (s *Slot) Resume(ctx context.Context) (*Operation, error) {
	return s.ask(ctx, func(l *loop, op *Operation) {
		if err := l.runnable(); err != nil {
			op.finish(err)
			return
		}
		if !l.paused() {
			op.finish(fmt.Errorf("it is %s, not paused: %w", l.Status().State, ErrRefused))
			return
		}
		l.retries.reset()
		l.endAll("resume", running, op, func() { l.begin(op) })
	})
}

// Stop ends the slot for good and waits for it. The reason goes to the guest. If ctx ends first, its cause is returned and the
// slot goes on stopping. What its runs left is none of its business any more.
func (s *Slot) Stop(ctx context.Context, reason string) error {
	op, err := s.ask(ctx, func(l *loop, op *Operation) {
		l.withdraw(fmt.Errorf("the slot is being stopped: %w", ErrRefused))
		l.quitting = true
		l.endAll(reason, stopped, op, func() { l.leave(reason, op) })
	})
	if err == nil {
		err = op.Wait(ctx)
	}
	if err != nil && !errors.Is(err, errOver) {
		return err
	}
	select {
	case <-s.stopped:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave ends the loop.
func (l *loop) leave(reason string, op *Operation) {
	l.quit = true
	if l.spec.Idle == "" {
		l.enter(Stopped, reason)
	}
	op.finish(nil)
}

// runnable refuses for a slot that may not run.
func (l *loop) runnable() error {
	switch {
	case l.quitting:
		return fmt.Errorf("the slot is being stopped: %w", ErrRefused)
	case l.spec.Idle != "":
		return fmt.Errorf("it is %s: %s: %w", l.spec.Idle, l.spec.IdleReason, ErrRefused)
	}
	return nil
}

// paused reports whether the slot is paused or about to be.
func (l *loop) paused() bool {
	if l.ending != nil {
		return l.ending.goal == paused
	}
	return l.Status().State == Paused
}
