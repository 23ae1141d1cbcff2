package supervisor

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/outcome"
)

// script is a runner whose runs end as the test says.
type script struct {
	mu    sync.Mutex
	runs  []uint64
	live  int
	most  int
	step  func(ctx context.Context, generation uint64, ready func()) outcome.Outcome
	drain time.Duration
}

func (s *script) Run(ctx context.Context, generation uint64, ready func()) outcome.Outcome {
	s.mu.Lock()
	s.runs = append(s.runs, generation)
	s.live++
	s.most = max(s.most, s.live)
	s.mu.Unlock()
	o := s.step(ctx, generation, ready)
	if ctx.Err() != nil {
		time.Sleep(s.drain)
	}
	s.mu.Lock()
	s.live--
	s.mu.Unlock()
	return o
}

func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.runs)
}

// serve says ready and runs until it is told to end.
func serve(ctx context.Context, _ uint64, ready func()) outcome.Outcome {
	ready()
	<-ctx.Done()
	return outcome.Outcome{Verdict: outcome.Done, Code: "stopped"}
}

var testPolicy = Policy{Initial: time.Second, Max: 5 * time.Minute, ResetAfter: 5 * time.Minute, AttentionFailures: 10, AttentionAfter: 2 * time.Hour}

// bubble runs a test with a fake clock and a started slot that it stops at the end.
func bubble(t *testing.T, cfg Config, test func(t *testing.T, s *Slot)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if cfg.Policy == (Policy{}) {
			cfg.Policy = testPolicy
		}
		s := New(cfg)
		s.Start()
		synctest.Wait()
		test(t, s)
		if err := s.Stop(t.Context(), "stop"); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
}

func wantState(t *testing.T, s *Slot, want State) Status {
	t.Helper()
	synctest.Wait()
	got := s.Status()
	if got.State != want {
		t.Fatalf("state %q (%s), want %q", got.State, got.Reason, want)
	}
	return got
}

func TestUnconfiguredNeverRuns(t *testing.T) {
	runner := &script{step: serve}
	bubble(t, Config{Runner: runner, Idle: Unconfigured, IdleReason: "setting key is missing"}, func(t *testing.T, s *Slot) {
		time.Sleep(24 * time.Hour)
		status := wantState(t, s, Unconfigured)
		if status.Attempts != 0 || status.Generation != 0 || runner.count() != 0 {
			t.Errorf("attempts %d, generation %d, runs %d: want none", status.Attempts, status.Generation, runner.count())
		}
		if err := s.Restart(t.Context()); !errors.Is(err, ErrRefused) {
			t.Errorf("restart of an unconfigured slot: %v", err)
		}
	})
}

func TestConnectedOnlyWhileALiveRunIsReady(t *testing.T) {
	const until = 10 * time.Second // of the fake clock: when the first run is ready, and as long again to its end
	runner := &script{}
	runner.step = func(ctx context.Context, generation uint64, ready func()) outcome.Outcome {
		if generation > 1 {
			return serve(ctx, generation, ready)
		}
		time.Sleep(until)
		ready()
		time.Sleep(until)
		return outcome.Outcome{Verdict: outcome.Retry, Code: "trap", Message: "unreachable"}
	}
	bubble(t, Config{Runner: runner}, func(t *testing.T, s *Slot) {
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
	runner := &script{step: func(context.Context, uint64, func()) outcome.Outcome {
		return outcome.Outcome{Verdict: outcome.Retry, Code: "exit"}
	}}
	bubble(t, Config{Runner: runner}, func(t *testing.T, s *Slot) {
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
	runner.step = func(ctx context.Context, generation uint64, ready func()) outcome.Outcome {
		if generation == 4 {
			ready()
			time.Sleep(testPolicy.ResetAfter + time.Second)
		}
		return outcome.Outcome{Verdict: outcome.Retry, Code: "exit"}
	}
	bubble(t, Config{Runner: runner}, func(t *testing.T, s *Slot) {
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
	runner.step = func(ctx context.Context, generation uint64, ready func()) outcome.Outcome {
		if generation == 1 {
			return outcome.Outcome{Verdict: outcome.Final, Code: "bad_token", Message: "the platform refused the token"}
		}
		return serve(ctx, generation, ready)
	}
	bubble(t, Config{Runner: runner}, func(t *testing.T, s *Slot) {
		time.Sleep(24 * time.Hour)
		status := wantState(t, s, Failed)
		if status.Reason != "bad_token: the platform refused the token" || runner.count() != 1 {
			t.Errorf("reason %q after %d runs", status.Reason, runner.count())
		}
		if err := s.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantState(t, s, Connected)
	})
}

func TestOneGenerationAtATime(t *testing.T) {
	runner := &script{step: serve, drain: 3 * time.Second}
	bubble(t, Config{Runner: runner}, func(t *testing.T, s *Slot) {
		for range 5 {
			if err := s.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantState(t, s, Stopping)
			time.Sleep(4 * time.Second)
			wantState(t, s, Connected)
		}
		if runner.most != 1 || runner.count() != 6 {
			t.Errorf("%d runs, %d at once: want 6 and 1", runner.count(), runner.most)
		}
	})
}

func TestStuckRunForbidsTheNext(t *testing.T) {
	runner := &script{step: func(context.Context, uint64, func()) outcome.Outcome {
		return outcome.Outcome{Verdict: outcome.Retry, Code: "stall", Stuck: true}
	}}
	bubble(t, Config{Runner: runner}, func(t *testing.T, s *Slot) {
		time.Sleep(time.Hour)
		wantState(t, s, Failed)
		if err := s.Restart(t.Context()); !errors.Is(err, ErrRefused) || runner.count() != 1 {
			t.Errorf("restart: %v after %d runs", err, runner.count())
		}
	})
}

func TestPauseAndResume(t *testing.T) {
	runner := &script{step: serve, drain: time.Second}
	bubble(t, Config{Runner: runner}, func(t *testing.T, s *Slot) {
		if err := s.Resume(t.Context()); !errors.Is(err, ErrRefused) {
			t.Errorf("resume of a running slot: %v", err)
		}
		if err := s.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		// A resume that comes while the run still drains wins.
		if err := s.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		wantState(t, s, Connected)
		if err := s.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		wantState(t, s, Paused)
		if err := s.Restart(t.Context()); !errors.Is(err, ErrRefused) {
			t.Errorf("restart of a paused slot: %v", err)
		}
		if err := s.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantState(t, s, Connected)
	})
}

func TestRefusedCommandDoesNotShortenABackoff(t *testing.T) {
	runner := &script{step: func(context.Context, uint64, func()) outcome.Outcome {
		return outcome.Outcome{Verdict: outcome.Retry, Code: "exit"}
	}}
	bubble(t, Config{Runner: runner}, func(t *testing.T, s *Slot) {
		until := wantState(t, s, Backoff).NextAttempt
		for range 4 {
			time.Sleep(100 * time.Millisecond)
			if err := s.Resume(t.Context()); !errors.Is(err, ErrRefused) {
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
	never := func(ctx context.Context, _ uint64, _ func()) outcome.Outcome {
		<-ctx.Done()
		return outcome.Outcome{Verdict: outcome.Done}
	}
	retry := func(context.Context, uint64, func()) outcome.Outcome { return outcome.Outcome{Verdict: outcome.Retry} }
	for name, cfg := range map[string]Config{
		"starting":     {Runner: &script{step: never}},
		"connected":    {Runner: &script{step: serve}},
		"backoff":      {Runner: &script{step: retry}},
		"disabled":     {Runner: &script{step: serve}, Idle: Disabled},
		"unconfigured": {Runner: &script{step: serve}, Idle: Unconfigured},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, cfg, func(t *testing.T, s *Slot) { wantState(t, s, State(name)) })
		})
	}
}

// A command that comes while the slot ends for good must not bring it back.
func TestNothingRevivesASlotThatIsStopping(t *testing.T) {
	runner := &script{step: serve, drain: time.Minute}
	bubble(t, Config{Runner: runner}, func(t *testing.T, s *Slot) {
		stopped := make(chan error, 1)
		go func() { stopped <- s.Stop(t.Context(), "stop") }()
		wantState(t, s, Stopping)
		for name, command := range map[string]func(context.Context) error{"restart": s.Restart, "pause": s.Pause, "resume": s.Resume} {
			if err := command(t.Context()); !errors.Is(err, ErrRefused) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := <-stopped; err != nil || runner.count() != 1 {
			t.Errorf("stop: %v, runs %d", err, runner.count())
		}
	})
}
