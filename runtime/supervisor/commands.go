package supervisor

import (
	"context"
	"fmt"
)

// Restart ends the current run, if there is one, and starts another at once.
func (s *Slot) Restart(ctx context.Context) error {
	return s.do(ctx, func(l *slotLoop, r *running) error {
		if err := l.runnable(); err != nil {
			return err
		}
		if l.Status().State == Paused {
			return fmt.Errorf("it is paused, resume it: %w", ErrRefused)
		}
		l.afterRun(r, "restart", func() {
			l.retries.reset()
			l.next = run
		})
		return nil
	})
}

// Pause ends the current run and keeps the slot from running until Resume.
func (s *Slot) Pause(ctx context.Context) error {
	return s.do(ctx, func(l *slotLoop, r *running) error {
		if err := l.runnable(); err != nil {
			return err
		}
		l.afterRun(r, "pause", func() {
			l.next = idle
			l.enter(Paused, "paused by an operator")
		})
		return nil
	})
}

// Resume lets a paused slot run again.
func (s *Slot) Resume(ctx context.Context) error {
	return s.do(ctx, func(l *slotLoop, r *running) error {
		if err := l.runnable(); err != nil {
			return err
		}
		paused := l.Status().State == Paused || r != nil && r.reason == "pause"
		if !paused {
			return fmt.Errorf("it is %s, not paused: %w", l.Status().State, ErrRefused)
		}
		l.afterRun(r, "resume", func() {
			l.retries.reset()
			l.next = run
		})
		return nil
	})
}

// Stop ends the slot for good and waits for it. The reason goes to the guest: "stop" or "reload". If ctx ends first, its
// cause is returned and the slot goes on stopping.
func (s *Slot) Stop(ctx context.Context, reason StopReason) error {
	asked := s.do(ctx, func(l *slotLoop, r *running) error {
		l.quitting = true
		l.afterRun(r, reason, func() {
			l.next = quit
			if l.Status().State != Disabled && l.Status().State != Unconfigured {
				l.enter(Stopped, string(reason))
			}
		})
		return nil
	})
	select {
	case <-s.stopped:
		return nil
	default:
	}
	if asked != nil {
		return asked
	}
	select {
	case <-s.stopped:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// afterRun does what is wanted once nothing runs: now, or when the current run has ended.
func (l *slotLoop) afterRun(r *running, reason StopReason, then func()) {
	if r == nil {
		then()
		return
	}
	l.end(r, reason, then)
}
