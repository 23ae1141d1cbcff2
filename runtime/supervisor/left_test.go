package supervisor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/outcome"
)

// hangsUntil is a runner whose runs leave something, up to a generation; from then on they serve.
func hangsUntil(generation uint64) *script {
	runner := &script{}
	runner.step = func(ctx context.Context, run Run) outcome.Outcome {
		if run.Generation >= generation {
			return serve(ctx, run)
		}
		return runner.leaving(outcome.Retry)
	}
	return runner
}

// What a run could not close is no longer the slot's: the next run starts as after any failure.
func TestTheSlotGoesOnWithoutWhatWasLeft(t *testing.T) {
	bubble(t, hangsUntil(2), func(t *testing.T, s *Slot) {
		if got := wantState(t, s, Backoff); got.Attempts != 1 || got.NextAttempt.IsZero() {
			t.Errorf("%+v", got)
		}
		time.Sleep(time.Minute)
		if got := wantState(t, s, Connected); got.Generation != 2 {
			t.Errorf("generation %d", got.Generation)
		}
		if err := update(t.Context(), s, Change{Reason: "restart"}); err != nil {
			t.Errorf("restart: %v", err)
		}
	})
}

// Where every run leaves something the slot waits after a few, and goes on by itself as soon as one of them is closed.
func TestTooMuchLeftIsWaitedFor(t *testing.T) {
	runner := hangsUntil(maxLeft + 1)
	bubble(t, runner, func(t *testing.T, s *Slot) {
		time.Sleep(time.Hour)
		got := wantState(t, s, Backoff)
		if runner.count() != maxLeft || !got.NextAttempt.IsZero() || !strings.Contains(got.Reason, "still closes") {
			t.Errorf("%d runs, next %v: %s", runner.count(), got.NextAttempt, got.Reason)
		}
		if err := update(t.Context(), s, Change{Reason: "restart"}); !errors.Is(err, ErrLeft) || !errors.Is(err, ErrNotReady) {
			t.Errorf("restart: %v", err)
		}
		runner.endLeft()
		wantState(t, s, Connected)
	})
}

// A slot that waits can be paused, and stays so when there is nothing to wait for any more.
func TestPausedWhileItWaits(t *testing.T) {
	runner := hangsUntil(maxLeft + 1)
	bubble(t, runner, func(t *testing.T, s *Slot) {
		time.Sleep(time.Hour)
		if err := wait(t.Context(), s.Pause); err != nil {
			t.Fatal(err)
		}
		runner.endLeft()
		time.Sleep(time.Hour)
		wantState(t, s, Paused)
		if err := wait(t.Context(), s.Resume); err != nil {
			t.Fatal(err)
		}
		wantState(t, s, Connected)
	})
}

// Stopping does not wait for what a run leaves, and the state is right then and afterwards.
func TestStopOfARunThatLeavesSomething(t *testing.T) {
	runner := &script{}
	runner.step = func(ctx context.Context, run Run) outcome.Outcome {
		serve(ctx, run)
		return runner.leaving(outcome.Retry)
	}
	bubble(t, runner, func(t *testing.T, s *Slot) {
		if err := s.Stop(t.Context(), "stop"); err != nil {
			t.Errorf("stop: %v", err)
		}
		wantState(t, s, Stopped)
		if runner.isClosed() != 0 {
			t.Error("the runner was closed while something of a run is alive")
		}
		runner.endLeft()
		time.Sleep(time.Hour)
		if wantState(t, s, Stopped); runner.count() != 1 {
			t.Errorf("%d runs: one began after the stop", runner.count())
		}
	})
}

// A predecessor that leaves something has ended, and its successor goes on alone.
func TestPredecessorThatLeavesSomething(t *testing.T) {
	runner := &script{}
	runner.step = func(ctx context.Context, run Run) outcome.Outcome {
		o := serve(ctx, run)
		if run.Generation == 1 {
			return runner.leaving(outcome.Done)
		}
		return o
	}
	bubble(t, runner, func(t *testing.T, s *Slot) {
		if err := update(t.Context(), s, Change{Overlap: true, Reason: "restart"}); err != nil {
			t.Fatal(err)
		}
		if got := wantState(t, s, Connected); got.Generation != 2 || got.Predecessor != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// What has ended by the time that it is told of is nothing.
func TestLeftThatHasEndedAlready(t *testing.T) {
	runner := &script{step: func(context.Context, Run) outcome.Outcome {
		left := &outcome.Left{}
		left.End()
		return outcome.Outcome{Verdict: outcome.Retry, Code: "stall", Left: left}
	}}
	bubble(t, runner, func(t *testing.T, s *Slot) {
		time.Sleep(time.Hour)
		if runner.count() <= maxLeft {
			t.Errorf("%d runs", runner.count())
		}
	})
}
