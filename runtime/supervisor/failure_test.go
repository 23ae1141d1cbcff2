package supervisor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/outcome"
)

func TestFailedSuccessorLeavesThePredecessorUntouched(t *testing.T) {
	scripts(t, serve, func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		since := s.Status().Since
		refused, spec := next(crash(0))
		err := overlap(s, spec)()
		if !errors.Is(err, ErrUpdateRefused) || !strings.Contains(err.Error(), "trap: unreachable") {
			t.Fatalf("the update said %v", err)
		}
		got := wantState(t, s, Connected)
		if got.Generation != 1 || got.Newest != 2 || got.Attempts != 0 || !got.Since.Equal(since) {
			t.Errorf("the predecessor was touched: %+v", got)
		}
		if got.Update.String() != "refused: trap: unreachable" || refused.isClosed() != 1 {
			t.Errorf("update %q, closed %d times", got.Update, refused.isClosed())
		}
		time.Sleep(time.Hour)
		wantUpdate(t, s, UpdateRefused) // it stays until a later one succeeds
		_, spec = next(serve)
		if err := overlap(s, spec)(); err != nil {
			t.Fatal(err)
		}
		if got := wantUpdate(t, s, ""); got.Generation != 3 {
			t.Errorf("generation %d, want 3: numbers are never used again", got.Generation)
		}
	})
}

// A run that was ready for a moment is no sign that all is well: the delays go on growing.
func TestRunThatConnectsAndCrashesDoesNotResetTheBackoff(t *testing.T) {
	bubble(t, &script{step: crash(time.Millisecond)}, func(t *testing.T, s *Slot) {
		var last time.Duration
		for attempt := 1; attempt <= 8; attempt++ {
			time.Sleep(2 * time.Millisecond)
			got := wantState(t, s, Backoff)
			delay := time.Until(got.NextAttempt)
			if got.Attempts != attempt || attempt > 2 && delay < last*9/10 {
				t.Fatalf("attempt %d: %d counted, the next after %v, after %v before", attempt, got.Attempts, delay, last)
			}
			last = delay
			time.Sleep(delay)
		}
		if last < time.Minute {
			t.Errorf("the eighth delay is %v", last)
		}
	})
}

// A run that has been asked to end may still say that it is ready. It does not serve by that.
func TestReadyOfARunThatHasToEnd(t *testing.T) {
	late := func(ctx context.Context, run Run) outcome.Outcome {
		<-ctx.Done()
		run.Ready()
		time.Sleep(time.Second) // its teardown
		return outcome.Outcome{Verdict: outcome.Done, Code: "stopped"}
	}
	bubble(t, &script{step: late}, func(t *testing.T, s *Slot) {
		pausing := later(func() error { return wait(t.Context(), s.Pause) })
		wantState(t, s, Stopping)
		if err := <-pausing; err != nil {
			t.Error(err)
		}
		wantState(t, s, Paused)
	})
}

// A refusal does not hide a change that waits, and is told once that one is in force.
func TestRefusalBesideAChangeThatWaits(t *testing.T) {
	scripts(t, work(time.Minute), func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, second := next(work(time.Minute))
		if err := overlap(s, second)(); err != nil {
			t.Fatal(err)
		}
		_, third := next(serve)
		waiting := later(overlap(s, third))
		if err := s.Refuse(t.Context(), "the module cannot be read"); err != nil {
			t.Fatal(err)
		}
		wantUpdate(t, s, UpdateWaiting)
		undecided(t, waiting)
		if err := <-waiting; err != nil {
			t.Fatal(err)
		}
		if got := wantUpdate(t, s, UpdateRefused); got.Generation != 3 || got.Update.Reason != "the module cannot be read" {
			t.Errorf("%+v", got)
		}
		if err := update(t.Context(), s, Change{Overlap: true, Reason: "restart"}); err != nil {
			t.Fatal(err)
		}
		wantUpdate(t, s, "")
	})
}

func TestExclusiveSuccessorThatFailsIsToldAndRetried(t *testing.T) {
	scripts(t, serve, func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, spec := next(func(ctx context.Context, run Run) outcome.Outcome {
			if run.Generation == 2 {
				return crash(0)(ctx, run)
			}
			return serve(ctx, run)
		})
		if err := update(t.Context(), s, Change{Spec: spec, Reason: "reload"}); !errors.Is(err, ErrNotReady) {
			t.Fatalf("the update said %v", err)
		}
		wantState(t, s, Backoff)
		time.Sleep(time.Second)
		wantState(t, s, Connected)
	})
}

func TestPredecessorThatCrashesWhileItFinishesDoesNotCount(t *testing.T) {
	crashed := func(ctx context.Context, run Run) outcome.Outcome {
		run.Ready()
		<-ctx.Done()
		time.Sleep(time.Second)
		return outcome.Outcome{Verdict: outcome.Retry, Code: "trap"}
	}
	scripts(t, crashed, func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, spec := next(serve)
		if err := overlap(s, spec)(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got := wantState(t, s, Connected); got.Attempts != 0 || got.Generation != 2 || got.Predecessor != 0 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestPredecessorThatCrashesWhileItsSuccessorStartsDoesNotCount(t *testing.T) {
	scripts(t, crash(5*time.Second), func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, spec := next(slowly(10 * time.Second))
		updated := later(overlap(s, spec))
		time.Sleep(6 * time.Second)
		if got := wantState(t, s, Starting); got.Generation != 2 || got.Attempts != 0 || got.Update != (Update{}) {
			t.Fatalf("after the crash: %+v", got)
		}
		if err := <-updated; err != nil {
			t.Fatal(err)
		}
		wantState(t, s, Connected)
	})
}

func TestSuccessorWithoutAPredecessorLeftBacksOffLikeAnyRun(t *testing.T) {
	scripts(t, crash(time.Second), func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, spec := next(func(ctx context.Context, run Run) outcome.Outcome {
			time.Sleep(5 * time.Second)
			return outcome.Outcome{Verdict: outcome.Retry, Code: "net"}
		})
		if err := overlap(s, spec)(); !errors.Is(err, ErrNotReady) {
			t.Fatalf("the update said %v", err)
		}
		if got := wantState(t, s, Backoff); got.Attempts != 1 {
			t.Errorf("attempts %d", got.Attempts)
		}
	})
}

// The successor crashes after it was ready, while its predecessor still works: the next one starts beside that one, once the
// crashed one is closed.
func TestSuccessorThatCrashesIsRetriedBesideItsPredecessor(t *testing.T) {
	scripts(t, work(time.Minute), func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, spec := next(func(ctx context.Context, run Run) outcome.Outcome {
			if run.Generation > 2 {
				return serve(ctx, run)
			}
			o := crash(5*time.Second)(ctx, run)
			time.Sleep(2 * time.Second) // its teardown
			return o
		})
		if err := overlap(s, spec)(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Second)
		wantState(t, s, Stopping)
		time.Sleep(time.Second)
		if got := wantState(t, s, Backoff); got.Attempts != 1 || got.Predecessor != 1 {
			t.Fatalf("after the crash: %+v", got)
		}
		time.Sleep(time.Second)
		if got := wantState(t, s, Connected); got.Generation != 3 || got.Predecessor != 1 {
			t.Errorf("after the retry: %+v", got)
		}
	})
}

// A change that waits must not wait for a predecessor when the current run is gone: it may be the cure.
func TestChangeThatWaitsTakesThePlaceOfACrashedRun(t *testing.T) {
	scripts(t, work(time.Hour), func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, spec := next(crash(10 * time.Second))
		if err := overlap(s, spec)(); err != nil {
			t.Fatal(err)
		}
		_, spec = next(serve)
		waiting := later(overlap(s, spec))
		time.Sleep(5 * time.Second)
		undecided(t, waiting)
		if err := <-waiting; err != nil {
			t.Fatal(err)
		}
		if got := wantState(t, s, Connected); got.Generation != 3 || got.Predecessor != 1 || got.Attempts != 0 {
			t.Errorf("got %+v", got)
		}
	})
}

// A retry that is not ready is replaced at once, and its predecessor goes on: that one is in nobody's way.
func TestChangeReplacesARetryBesideItsPredecessor(t *testing.T) {
	scripts(t, work(time.Minute), func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, spec := next(func(ctx context.Context, run Run) outcome.Outcome {
			if run.Generation > 2 {
				return never(ctx, run)
			}
			return crash(time.Second)(ctx, run)
		})
		if err := overlap(s, spec)(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		wantState(t, s, Starting)
		_, spec = next(serve)
		if err := overlap(s, spec)(); err != nil {
			t.Fatal(err)
		}
		if got := wantState(t, s, Connected); got.Generation != 4 || got.Predecessor != 1 {
			t.Errorf("got %+v", got)
		}
		time.Sleep(50 * time.Second)
		if got := wantState(t, s, Connected); got.Predecessor != 1 {
			t.Error("the predecessor was ended for a change that needed no room")
		}
	})
}
