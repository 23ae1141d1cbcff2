package supervisor

import (
	"context"
	"errors"
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

// never is not ready before it is asked to end.
func never(ctx context.Context, _ Run) outcome.Outcome {
	<-ctx.Done()
	return outcome.Outcome{Verdict: outcome.Done}
}

func TestChangeReplacesARunThatIsNotReady(t *testing.T) {
	scripts(t, serve, func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, spec := next(never)
		exclusive := later(func() error { return update(t.Context(), s, Change{Spec: spec, Reason: "reload"}) })
		wantState(t, s, Starting)
		_, spec = next(serve)
		if err := overlap(s, spec)(); err != nil {
			t.Fatal(err)
		}
		if err := <-exclusive; !errors.Is(err, ErrSuperseded) {
			t.Errorf("the change that was overtaken: %v", err)
		}
		if got := wantState(t, s, Connected); got.Generation != 3 || got.Predecessor != 0 {
			t.Errorf("got %+v", got)
		}
	})
}

// Whoever observes a slot must not hear that a run starts when that run serves already: it would take the callers away again.
func TestStartIsToldBeforeTheRunBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := false
		runner := &script{t: t, step: func(ctx context.Context, run Run) outcome.Outcome {
			if !told {
				t.Error("the run began before anybody was told")
			}
			return serve(ctx, run)
		}}
		s := New(Config{Spec: specOf(runner), Observe: func(st Status) {
			if st.State == Starting {
				time.Sleep(time.Second) // whatever runs by now gets its turn
				told = true
			}
		}})
		s.Start()
		synctest.Wait()
		time.Sleep(2 * time.Second)
		if err := s.Stop(t.Context(), "stop"); err != nil {
			t.Error(err)
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

// Who asks for the same again must not lose what waits.
func TestChangeThatWaitsIsKept(t *testing.T) {
	scripts(t, work(time.Minute), func(t *testing.T, s *Slot, next func(step) (*script, *Spec)) {
		_, spec := next(serve)
		if err := overlap(s, spec)(); err != nil {
			t.Fatal(err)
		}
		third, spec := next(serve)
		waiting := later(overlap(s, spec))
		if s.Wanted().Runner != third {
			t.Error("what waits is not what is wanted")
		}
		if err := s.Keep(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantUpdate(t, s, UpdateWaiting)
		if err := <-waiting; err != nil || third.count() != 1 {
			t.Errorf("the change that waited: %v, %d runs", err, third.count())
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
