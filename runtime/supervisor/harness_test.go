package supervisor

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/outcome"
)

// step is what one run does.
type step func(ctx context.Context, run Run) outcome.Outcome

// script is a runner whose runs end as the test says. It watches over the promises: not more than two live runs, and closed
// once, with no run left.
type script struct {
	t *testing.T
	step
	drain time.Duration // how long a run takes to end once it was asked to

	mu     sync.Mutex
	runs   []uint64
	stops  []outcome.Stop // what the runs were told, in order
	live   int
	closed int
	left   []*outcome.Left // what runs left, and nobody has ended yet
	shared *tally          // of all runners of a slot; nil if there is one only
}

// tally counts the live runs of several runners.
type tally struct {
	mu         sync.Mutex
	live, most int
}

func (c *tally) add(n int) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live += n
	c.most = max(c.most, c.live)
}

func (s *script) Run(ctx context.Context, run Run) outcome.Outcome {
	s.mu.Lock()
	s.runs = append(s.runs, run.Generation)
	s.live++
	if s.closed > 0 {
		s.t.Errorf("generation %d runs on a runner that was closed", run.Generation)
	}
	s.mu.Unlock()
	s.shared.add(1)
	defer func() {
		s.mu.Lock()
		s.live--
		s.mu.Unlock()
		s.shared.add(-1)
	}()
	o := s.step(ctx, run)
	if stop, asked := context.Cause(ctx).(outcome.Stop); asked {
		s.mu.Lock()
		s.stops = append(s.stops, stop)
		s.mu.Unlock()
		time.Sleep(s.drain)
	}
	return o
}

func (s *script) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed++
	if s.live > 0 {
		s.t.Errorf("closed while %d runs live", s.live)
	}
}

// leaving is the end of a run that could not be closed in time.
func (s *script) leaving(verdict outcome.Verdict) outcome.Outcome {
	left := &outcome.Left{What: []string{"the guest"}}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = append(s.left, left)
	return outcome.Outcome{Verdict: verdict, Code: "stall", Left: left}
}

// endLeft ends what the oldest run left of which something is.
func (s *script) endLeft() {
	s.mu.Lock()
	oldest := s.left[0]
	s.left = s.left[1:]
	s.mu.Unlock()
	oldest.End()
}

func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.runs)
}

func (s *script) isClosed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *script) lastStop() outcome.Stop {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.stops) == 0 {
		return outcome.Stop{}
	}
	return s.stops[len(s.stops)-1]
}

// serve says ready and runs until it is told to end.
func serve(ctx context.Context, run Run) outcome.Outcome {
	run.Ready()
	<-ctx.Done()
	return outcome.Outcome{Verdict: outcome.Done, Code: "stopped"}
}

// work is serve with work that is open for some time, or as long as the budget lasts.
func work(open time.Duration) step {
	return func(ctx context.Context, run Run) outcome.Outcome {
		run.Ready()
		<-ctx.Done()
		rest := time.NewTimer(open)
		cut := time.NewTimer(context.Cause(ctx).(outcome.Stop).Budget)
		for {
			select {
			case <-rest.C:
				return outcome.Outcome{Verdict: outcome.Done, Code: "exit"}
			case <-cut.C:
				return outcome.Outcome{Verdict: outcome.Done, Code: "stopped"}
			case sooner := <-run.Sooner:
				cut.Reset(sooner.Budget)
			}
		}
	}
}

// crash is a run that ends badly, after it was ready for some time; 0 is before it was.
func crash(ready time.Duration) step {
	return func(ctx context.Context, run Run) outcome.Outcome {
		if ready > 0 {
			run.Ready()
			select {
			case <-time.After(ready):
			case <-ctx.Done():
			}
			run.Unready()
		}
		return outcome.Outcome{Verdict: outcome.Retry, Code: "trap", Message: "unreachable"}
	}
}

// slowly is ready after a while, unless it is asked to end first.
func slowly(wait time.Duration) step {
	return func(ctx context.Context, run Run) outcome.Outcome {
		select {
		case <-time.After(wait):
			return serve(ctx, run)
		case <-ctx.Done():
			return outcome.Outcome{Verdict: outcome.Done, Code: "stopped"}
		}
	}
}

var testPolicy = Policy{Initial: time.Second, Max: 5 * time.Minute, ResetAfter: 5 * time.Minute, AttentionFailures: 10, AttentionAfter: 2 * time.Hour}

const (
	testDrain    = 10 * time.Second
	testHandover = 5 * time.Minute
)

func specOf(s *script) Spec {
	return Spec{Runner: s, Policy: testPolicy, Drain: testDrain, Handover: testHandover}
}

// bubble runs a test with a fake clock and a started slot that it stops at the end.
func bubble(t *testing.T, runner *script, test func(t *testing.T, s *Slot)) {
	t.Helper()
	idleBubble(t, runner, "", "", test)
}

// scripts is a test with several runners of one slot, which may not have more than two live runs together.
func scripts(t *testing.T, first step, test func(t *testing.T, s *Slot, next func(step) (*script, *Spec))) {
	t.Helper()
	shared := &tally{}
	runner := &script{step: first, shared: shared}
	bubble(t, runner, func(t *testing.T, s *Slot) {
		test(t, s, func(do step) (*script, *Spec) {
			r := &script{t: t, step: do, shared: shared}
			spec := specOf(r)
			return r, &spec
		})
	})
	if shared.most > 2 {
		t.Errorf("%d live runs at once", shared.most)
	}
	if shared.live != 0 {
		t.Errorf("%d runs live after the end", shared.live)
	}
}

func idleBubble(t *testing.T, runner *script, state State, reason string, test func(t *testing.T, s *Slot)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		runner.t = t
		spec := specOf(runner)
		spec.Idle, spec.IdleReason = state, reason
		s := New(Config{Spec: spec})
		s.Start()
		synctest.Wait()
		test(t, s)
		if err := s.Stop(t.Context(), "stop"); err != nil {
			t.Errorf("stop: %v", err)
		}
		for _, left := range runner.left {
			if runner.isClosed() != 0 {
				t.Error("the runner was closed while something of a run is alive")
			}
			left.End()
		}
		synctest.Wait()
		if runner.closed != 1 {
			t.Errorf("the runner was closed %d times", runner.closed)
		}
	})
}

// wait runs a command to its end.
func wait(ctx context.Context, command func(context.Context) (*Operation, error)) error {
	op, err := command(ctx)
	if err != nil {
		return err
	}
	return op.Wait(ctx)
}

// update runs an update to its end.
func update(ctx context.Context, s *Slot, c Change) error {
	return wait(ctx, func(ctx context.Context) (*Operation, error) { return s.Update(ctx, c) })
}

// later runs a command in a goroutine and gives its result.
func later(command func() error) <-chan error {
	result := make(chan error, 1)
	go func() { result <- command() }()
	synctest.Wait()
	return result
}

// undecided checks that a command has not come back.
func undecided(t *testing.T, result <-chan error) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-result:
		t.Fatalf("the command came back too early: %v", err)
	default:
	}
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

func wantUpdate(t *testing.T, s *Slot, want UpdateState) Status {
	t.Helper()
	synctest.Wait()
	got := s.Status()
	if got.Update.State != want {
		t.Fatalf("update %q (%s), want %q", got.Update.State, got.Update.Reason, want)
	}
	return got
}
