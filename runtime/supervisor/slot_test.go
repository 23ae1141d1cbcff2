package supervisor

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/outcome"
)

func TestUnconfiguredNeverRuns(t *testing.T) {
	runner := &script{step: serve}
	idleBubble(t, runner, Unconfigured, "setting key is missing", func(t *testing.T, s *Slot) {
		time.Sleep(24 * time.Hour)
		status := wantState(t, s, Unconfigured)
		if status.Attempts != 0 || status.Generation != 0 || runner.count() != 0 {
			t.Errorf("attempts %d, generation %d, runs %d: want none", status.Attempts, status.Generation, runner.count())
		}
		if err := update(t.Context(), s, Change{Reason: "restart"}); !errors.Is(err, ErrRefused) {
			t.Errorf("restart of an unconfigured slot: %v", err)
		}
	})
}

func TestConnectedOnlyWhileALiveRunIsReady(t *testing.T) {
	const until = 10 * time.Second // of the fake clock: when the first run is ready, and as long again to its end
	runner := &script{}
	runner.step = func(ctx context.Context, run Run) outcome.Outcome {
		if run.Generation > 1 {
			return serve(ctx, run)
		}
		time.Sleep(until)
		run.Ready()
		time.Sleep(until)
		return outcome.Outcome{Verdict: outcome.Retry, Code: "trap", Message: "unreachable"}
	}
	bubble(t, runner, func(t *testing.T, s *Slot) {
		wantState(t, s, Starting)
		time.Sleep(until)
		wantState(t, s, Connected)
		time.Sleep(until)
		status := wantState(t, s, Backoff)
		if status.LastError != "trap: unreachable" || status.Attempts != 1 {
			t.Errorf("last error %q after %d attempts", status.LastError, status.Attempts)
		}
		if wait := time.Until(status.NextAttempt); wait < time.Second/2 || wait > time.Second {
			t.Errorf("next attempt in %v, want the upper half of 1s", wait)
		}
		time.Sleep(time.Second)
		wantState(t, s, Connected)
	})
}

func TestBackoffDoublesToItsCapAndAsksForAttention(t *testing.T) {
	runner := &script{step: func(context.Context, Run) outcome.Outcome {
		return outcome.Outcome{Verdict: outcome.Retry, Code: "exit"}
	}}
	bubble(t, runner, func(t *testing.T, s *Slot) {
		upper := time.Second
		for attempt := 1; attempt <= 12; attempt++ {
			status := wantState(t, s, Backoff)
			if status.Attempts != attempt || status.Generation != uint64(attempt) {
				t.Fatalf("attempt %d, generation %d: want %d", status.Attempts, status.Generation, attempt)
			}
			if status.Attention != (attempt >= 10) {
				t.Errorf("attempt %d: attention %v", attempt, status.Attention)
			}
			wait := time.Until(status.NextAttempt)
			if wait < upper/2-time.Millisecond || wait > upper+time.Millisecond {
				t.Errorf("attempt %d: waits %v, want the upper half of %v", attempt, wait, upper)
			}
			time.Sleep(wait)
			upper = min(2*upper, 5*time.Minute)
		}
	})
}

func TestLongConnectionForgivesEarlierFailures(t *testing.T) {
	runner := &script{}
	runner.step = func(ctx context.Context, run Run) outcome.Outcome {
		if run.Generation == 4 {
			run.Ready()
			time.Sleep(testPolicy.ResetAfter + time.Second)
		}
		return outcome.Outcome{Verdict: outcome.Retry, Code: "exit"}
	}
	bubble(t, runner, func(t *testing.T, s *Slot) {
		for s.Status().Generation < 4 || s.Status().State != Backoff {
			time.Sleep(100 * time.Millisecond)
		}
		if got := s.Status().Attempts; got != 1 {
			t.Errorf("attempts %d after a long connection, want 1", got)
		}
	})
}

func TestFinalOutcomeIsNotRetried(t *testing.T) {
	runner := &script{}
	runner.step = func(ctx context.Context, run Run) outcome.Outcome {
		if run.Generation == 1 {
			return outcome.Outcome{Verdict: outcome.Final, Code: "bad_token", Message: "the platform refused the token"}
		}
		return serve(ctx, run)
	}
	bubble(t, runner, func(t *testing.T, s *Slot) {
		time.Sleep(24 * time.Hour)
		status := wantState(t, s, Failed)
		if status.Reason != "bad_token: the platform refused the token" || runner.count() != 1 {
			t.Errorf("reason %q after %d runs", status.Reason, runner.count())
		}
		if err := update(t.Context(), s, Change{Reason: "restart"}); err != nil {
			t.Fatal(err)
		}
		wantState(t, s, Connected)
	})
}

func TestOneGenerationAtATime(t *testing.T) {
	runner := &script{step: serve, drain: 3 * time.Second, shared: &tally{}}
	bubble(t, runner, func(t *testing.T, s *Slot) {
		for range 5 {
			restarted := later(func() error { return update(t.Context(), s, Change{Reason: "restart"}) })
			wantState(t, s, Stopping)
			undecided(t, restarted)
			if err := <-restarted; err != nil {
				t.Fatal(err)
			}
			wantState(t, s, Connected)
		}
		if runner.shared.most != 1 || runner.count() != 6 {
			t.Errorf("%d runs, %d at once: want 6 and 1", runner.count(), runner.shared.most)
		}
		if stop := runner.lastStop(); stop != (outcome.Stop{Reason: "restart", Budget: testDrain}) {
			t.Errorf("the guest was told %+v", stop)
		}
	})
}

func TestPanicOfARunnerEndsTheSlotsRunOnly(t *testing.T) {
	runner := &script{step: func(context.Context, Run) outcome.Outcome { panic("a bug") }}
	bubble(t, runner, func(t *testing.T, s *Slot) {
		if got := wantState(t, s, Failed); got.LastError != "host_panic: a bug" {
			t.Errorf("last error %q", got.LastError)
		}
	})
}

func TestPauseAndResume(t *testing.T) {
	runner := &script{step: serve, drain: time.Second}
	bubble(t, runner, func(t *testing.T, s *Slot) {
		if err := wait(t.Context(), s.Resume); !errors.Is(err, ErrRefused) {
			t.Errorf("resume of a running slot: %v", err)
		}
		// A resume that comes while the run still drains wins.
		pausing := later(func() error { return wait(t.Context(), s.Pause) })
		undecided(t, pausing)
		if err := wait(t.Context(), s.Resume); err != nil {
			t.Fatal(err)
		}
		if err := <-pausing; !errors.Is(err, ErrSuperseded) {
			t.Errorf("the pause that a resume overtook: %v", err)
		}
		wantState(t, s, Connected)
		if err := wait(t.Context(), s.Pause); err != nil {
			t.Fatal(err)
		}
		wantState(t, s, Paused)
		time.Sleep(time.Hour)
		wantState(t, s, Paused)
		if err := update(t.Context(), s, Change{Reason: "restart"}); !errors.Is(err, ErrRefused) {
			t.Errorf("restart of a paused slot: %v", err)
		}
		if err := wait(t.Context(), s.Resume); err != nil {
			t.Fatal(err)
		}
		wantState(t, s, Connected)
	})
}

func TestRefusedCommandDoesNotShortenABackoff(t *testing.T) {
	runner := &script{step: func(context.Context, Run) outcome.Outcome {
		return outcome.Outcome{Verdict: outcome.Retry, Code: "exit"}
	}}
	bubble(t, runner, func(t *testing.T, s *Slot) {
		until := wantState(t, s, Backoff).NextAttempt
		for range 4 {
			time.Sleep(100 * time.Millisecond)
			if err := wait(t.Context(), s.Resume); !errors.Is(err, ErrRefused) {
				t.Fatalf("resume in backoff: %v", err)
			}
		}
		if runner.count() != 1 || !s.Status().NextAttempt.Equal(until) {
			t.Errorf("%d runs, next attempt %v: want 1 and %v", runner.count(), s.Status().NextAttempt, until)
		}
		time.Sleep(time.Until(until))
		synctest.Wait()
		if runner.count() != 2 {
			t.Errorf("%d runs after the delay, want 2", runner.count())
		}
	})
}

// TestStopInEveryState covers: stop always ends the slot, whatever it was doing.
func TestStopInEveryState(t *testing.T) {
	never := func(ctx context.Context, _ Run) outcome.Outcome {
		<-ctx.Done()
		return outcome.Outcome{Verdict: outcome.Done}
	}
	retry := func(context.Context, Run) outcome.Outcome { return outcome.Outcome{Verdict: outcome.Retry} }
	for state, does := range map[State]step{Starting: never, Connected: serve, Backoff: retry} {
		t.Run(string(state), func(t *testing.T) {
			bubble(t, &script{step: does}, func(t *testing.T, s *Slot) { wantState(t, s, state) })
		})
	}
	for _, state := range []State{Disabled, Unconfigured} {
		t.Run(string(state), func(t *testing.T) {
			idleBubble(t, &script{step: serve}, state, "", func(t *testing.T, s *Slot) { wantState(t, s, state) })
		})
	}
}

// A command that comes while the slot ends for good must not bring it back.
func TestNothingRevivesASlotThatIsStopping(t *testing.T) {
	runner := &script{step: serve, drain: time.Minute}
	bubble(t, runner, func(t *testing.T, s *Slot) {
		stopped := later(func() error { return s.Stop(t.Context(), "stop") })
		wantState(t, s, Stopping)
		for name, command := range map[string]func(context.Context) error{
			"restart": func(ctx context.Context) error { return update(ctx, s, Change{Reason: "restart"}) }, "pause": func(ctx context.Context) error { return wait(ctx, s.Pause) },
			"resume": func(ctx context.Context) error { return wait(ctx, s.Resume) },
		} {
			if err := command(t.Context()); !errors.Is(err, ErrRefused) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := <-stopped; err != nil || runner.count() != 1 {
			t.Errorf("stop: %v, runs %d", err, runner.count())
		}
	})
}
