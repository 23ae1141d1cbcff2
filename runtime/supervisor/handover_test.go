package supervisor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/outcome"
)

// overlap is an update beside the current run.
func overlap(s *Slot, spec *Spec) func() error {
	return func() error {
		return update(context.Background(), s, Change{Spec: spec, Overlap: true, Reason: "reload"})
	}
}

func TestHandoverStartsTheSuccessorBesideItsPredecessor(t *testing.T) {
	scripts(t, work(time.Minute), func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, spec := next(slowly(10 * time.Second))
		updated := later(overlap(s, spec))
		undecided(t, updated)
		if got := wantState(t, s, Connected); got.Generation != 1 || got.Update.State != UpdateStarting {
			t.Fatalf("while the successor starts: generation %d, update %q", got.Generation, got.Update)
		}
		if err := <-updated; err != nil {
			t.Fatal(err)
		}
		if got := wantState(t, s, Connected); got.Generation != 2 || got.Predecessor != 1 || got.Update != (Update{}) {
			t.Fatalf("after the successor was ready: %+v", got)
		}
		time.Sleep(time.Minute)
		if got := wantState(t, s, Connected); got.Predecessor != 0 {
			t.Errorf("predecessor %d after it ended", got.Predecessor)
		}
	})
}

func TestPredecessorIsToldTheHandoverAndItsBudget(t *testing.T) {
	runner := &script{step: serve}
	bubble(t, runner, func(t *testing.T, s *Slot) {
		next := &script{t: t, step: serve}
		spec := specOf(next)
		if err := overlap(s, &spec)(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if stop := runner.lastStop(); stop != (outcome.Stop{Reason: "handover", Budget: testHandover}) {
			t.Errorf("told %+v", stop)
		}
		if runner.isClosed() != 1 {
			t.Error("the predecessor's runner was not closed when its run had ended")
		}
	})
}

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

func TestChangeWaitsWhileTwoGenerationsLiveAndTheLatestWins(t *testing.T) {
	scripts(t, work(time.Hour), func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, second := next(serve)
		if err := overlap(s, second)(); err != nil {
			t.Fatal(err)
		}
		third, spec3 := next(serve)
		overtaken := later(overlap(s, spec3))
		wantUpdate(t, s, UpdateWaiting)
		_, spec4 := next(serve)
		waiting := later(overlap(s, spec4))
		if err := <-overtaken; !errors.Is(err, ErrSuperseded) {
			t.Errorf("the change that a later one overtook: %v", err)
		}
		if third.isClosed() != 1 || third.count() != 0 {
			t.Errorf("overtaken: closed %d times after %d runs", third.isClosed(), third.count())
		}
		undecided(t, waiting)
		before := time.Now()
		if err := <-waiting; err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(before); waited != testHandover {
			t.Errorf("waited %v, want the hand-over budget", waited)
		}
		if got := wantState(t, s, Connected); got.Generation != 3 || got.Update != (Update{}) {
			t.Errorf("after the wait: %+v", got)
		}
	})
}

func TestRestartNowCutsBothGenerations(t *testing.T) {
	scripts(t, work(time.Hour), func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		second, spec := next(work(time.Hour))
		if err := overlap(s, spec)(); err != nil {
			t.Fatal(err)
		}
		_, spec = next(serve)
		before := time.Now()
		if err := update(t.Context(), s, Change{Spec: spec, Cut: true, Reason: "restart"}); err != nil {
			t.Fatal(err)
		}
		if got := wantState(t, s, Connected); time.Since(before) != 0 || got.Predecessor != 0 {
			t.Errorf("it took %v, %+v", time.Since(before), got)
		}
		if stop := second.lastStop(); stop.Budget != 0 {
			t.Errorf("the current run got %v", stop.Budget)
		}
	})
}

func TestExclusiveUpdateEndsFirst(t *testing.T) {
	runner := &script{step: work(3 * time.Second), shared: &tally{}}
	bubble(t, runner, func(t *testing.T, s *Slot) {
		next := &script{t: t, step: serve, shared: runner.shared}
		spec := specOf(next)
		updated := later(func() error { return update(t.Context(), s, Change{Spec: &spec, Reason: "reload"}) })
		undecided(t, updated)
		wantState(t, s, Stopping)
		if err := <-updated; err != nil {
			t.Fatal(err)
		}
		if stop := runner.lastStop(); runner.shared.most != 1 || stop != (outcome.Stop{Reason: "reload", Budget: testDrain}) {
			t.Errorf("%d at once, told %+v", runner.shared.most, stop)
		}
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

func TestChangeReplacesARunThatIsNotReady(t *testing.T) {
	never := func(ctx context.Context, _ Run) outcome.Outcome {
		<-ctx.Done()
		return outcome.Outcome{Verdict: outcome.Done}
	}
	scripts(t, never, func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, spec := next(serve)
		if err := overlap(s, spec)(); err != nil {
			t.Fatal(err)
		}
		if got := wantState(t, s, Connected); got.Generation != 2 || got.Predecessor != 0 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestPauseEndsBothGenerationsWithinTheDrainBudget(t *testing.T) {
	scripts(t, work(time.Hour), func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, spec := next(work(time.Hour))
		if err := overlap(s, spec)(); err != nil {
			t.Fatal(err)
		}
		before := time.Now()
		if err := wait(t.Context(), s.Pause); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(before); took != testDrain {
			t.Errorf("the pause took %v, want the drain budget and not that of the hand-over", took)
		}
		if got := wantState(t, s, Paused); got.Predecessor != 0 {
			t.Errorf("got %+v", got)
		}
	})
}

// A pause comes before the successor is ready: what the operator wants is in force when the slot is resumed.
func TestPauseKeepsAChangeThatHasBegun(t *testing.T) {
	scripts(t, serve, func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		second, spec := next(slowly(time.Minute))
		updated := later(overlap(s, spec))
		if err := wait(t.Context(), s.Pause); err != nil {
			t.Fatal(err)
		}
		if err := <-updated; err != nil {
			t.Errorf("the update said %v", err)
		}
		if err := wait(t.Context(), s.Resume); err != nil {
			t.Fatal(err)
		}
		if got := second.count(); got != 2 {
			t.Errorf("%d runs of the wanted spec, want the one that the pause ended and the one after it", got)
		}
	})
}

func TestStopEndsBothGenerations(t *testing.T) {
	scripts(t, work(time.Hour), func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, spec := next(work(time.Hour))
		if err := overlap(s, spec)(); err != nil {
			t.Fatal(err)
		}
		third, spec := next(serve)
		waiting := later(overlap(s, spec))
		before := time.Now()
		if err := s.Stop(t.Context(), "stop"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(before); took != testDrain {
			t.Errorf("the stop took %v", took)
		}
		if err := <-waiting; !errors.Is(err, ErrRefused) || third.isClosed() != 1 {
			t.Errorf("the change that waited: %v, closed %d times", err, third.isClosed())
		}
	})
}

func TestSlotBecomesIdleAndComesBack(t *testing.T) {
	scripts(t, serve, func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		off := &Spec{Idle: Disabled, IdleReason: "enabled = false"}
		if err := overlap(s, off)(); err != nil {
			t.Fatal(err)
		}
		if got := wantState(t, s, Disabled); got.Reason != "enabled = false" {
			t.Errorf("reason %q", got.Reason)
		}
		if err := update(t.Context(), s, Change{Overlap: true, Reason: "restart"}); !errors.Is(err, ErrRefused) {
			t.Errorf("restart of a disabled slot: %v", err)
		}
		_, spec := next(serve)
		if err := overlap(s, spec)(); err != nil {
			t.Fatal(err)
		}
		wantState(t, s, Connected)
	})
}

func TestPausedSlotTakesAChangeAndStaysPaused(t *testing.T) {
	scripts(t, serve, func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		if err := wait(t.Context(), s.Pause); err != nil {
			t.Fatal(err)
		}
		second, spec := next(serve)
		if err := overlap(s, spec)(); err != nil {
			t.Fatal(err)
		}
		wantState(t, s, Paused)
		if err := wait(t.Context(), s.Resume); err != nil || second.count() != 1 {
			t.Errorf("resume: %v, runs of the new spec: %d", err, second.count())
		}
	})
}

func TestAdoptedSpecIsThatOfTheNextRun(t *testing.T) {
	scripts(t, crash(time.Second), func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		second, spec := next(serve)
		if err := s.Adopt(t.Context(), *spec); err != nil {
			t.Fatal(err)
		}
		if got := wantState(t, s, Connected); got.Generation != 1 || s.Wanted().Runner != second {
			t.Errorf("got %+v", got)
		}
		time.Sleep(3 * time.Second)
		if got := wantState(t, s, Connected); got.Generation != 2 || second.count() != 1 {
			t.Errorf("got %+v after %d runs", got, second.count())
		}
	})
}

func TestRefusedChangeIsForgottenWhenWhatRunsIsWanted(t *testing.T) {
	scripts(t, serve, func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		if err := s.Refuse(t.Context(), "the module cannot be read"); err != nil {
			t.Fatal(err)
		}
		if got := wantUpdate(t, s, UpdateRefused); got.State != Connected || got.Update.Reason != "the module cannot be read" {
			t.Errorf("got %+v", got)
		}
		if err := s.Keep(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantUpdate(t, s, "")
	})
}

// A caller that leaves does not take back what it asked for.
func TestUpdateGoesOnWithoutItsCaller(t *testing.T) {
	scripts(t, serve, func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, spec := next(slowly(time.Minute))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := update(ctx, s, Change{Spec: spec, Overlap: true}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the update said %v", err)
		}
		time.Sleep(time.Minute)
		if got := wantState(t, s, Connected); got.Generation != 2 {
			t.Errorf("generation %d", got.Generation)
		}
	})
}

func TestRunnerOfAChangeThatNobodyTookIsClosed(t *testing.T) {
	scripts(t, serve, func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		if err := s.Stop(t.Context(), "stop"); err != nil {
			t.Fatal(err)
		}
		late, spec := next(serve)
		if err := overlap(s, spec)(); !errors.Is(err, ErrRefused) || late.isClosed() != 1 {
			t.Errorf("update of a stopped slot: %v, closed %d times", err, late.isClosed())
		}
	})
}
