package supervisor

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/outcome"
)

// Whatever operators ask for and however runs end: never more than two live runs, every run but a predecessor torn down before
// the next, every command answered, every runner closed once, and nothing left at the end.
func TestRandomLives(t *testing.T) {
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) { randomLife(t, rand.New(rand.NewPCG(seed, 1))) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// dice is a source of chance that runs and operators share.
type dice struct {
	mu sync.Mutex
	*rand.Rand
}

func (d *dice) upTo(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.IntN(n)
}

func (d *dice) seconds(n int) time.Duration { return time.Duration(d.upTo(n*1000)) * time.Millisecond }

// any is a run that begins, serves and ends by chance.
func (d *dice) any(ctx context.Context, run Run) outcome.Outcome {
	ends := outcome.Outcome{Verdict: outcome.Verdict(1 + d.upTo(3)), Code: "chance"}
	if d.upTo(5) == 0 {
		ends.Left = &outcome.Left{}
		time.AfterFunc(d.seconds(120), ends.Left.End) // before or after the run has ended
	}
	select {
	case <-time.After(d.seconds(5)):
	case <-ctx.Done():
		return ends
	}
	if d.upTo(4) == 0 {
		return ends // before it was ready
	}
	run.Ready()
	defer run.Unready()
	if d.upTo(3) == 0 {
		select {
		case <-time.After(d.seconds(60)):
			return ends
		case <-ctx.Done():
		}
	}
	return work(d.seconds(30))(ctx, Run{Generation: run.Generation, Sooner: run.Sooner, Ready: func() {}})
}

func randomLife(t *testing.T, random *rand.Rand) {
	d := &dice{Rand: random}
	shared := &tally{}
	var runners []*script
	next := func() Spec {
		r := &script{t: t, step: d.any, drain: d.seconds(2), shared: shared}
		runners = append(runners, r)
		return specOf(r)
	}
	s := New(Config{Spec: next()})
	s.Start()
	var pending []*Operation
	for range 40 {
		time.Sleep(d.seconds(20))
		op, err := randomCommand(t, d, s, next)
		if err != nil {
			t.Errorf("a command was not taken: %v", err)
		} else if op != nil {
			pending = append(pending, op)
		}
	}
	if err := s.Stop(t.Context(), "stop"); err != nil {
		t.Errorf("stop: %v", err)
	}
	for _, op := range pending {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if _ = op.Wait(ctx); ctx.Err() != nil {
			t.Error("a command was never answered")
		}
		cancel()
	}
	time.Sleep(time.Hour) // until nothing is left of any run
	synctest.Wait()
	if shared.most > 2 || shared.live != 0 {
		t.Errorf("%d live runs at once, %d left", shared.most, shared.live)
	}
	for i, r := range runners {
		if n := r.isClosed(); n != 1 {
			t.Errorf("runner %d was closed %d times", i, n)
		}
	}
}

func randomCommand(t *testing.T, d *dice, s *Slot, next func() Spec) (*Operation, error) {
	switch d.upTo(10) {
	case 9:
		return nil, s.Refuse(t.Context(), "chance")
	case 0:
		return s.Pause(t.Context())
	case 1, 2:
		return s.Resume(t.Context())
	case 3:
		return nil, s.Adopt(t.Context(), next())
	case 4:
		return nil, s.Keep(t.Context())
	case 5:
		return s.Update(t.Context(), Change{Overlap: d.upTo(2) == 0, Reason: "restart"})
	default:
		spec := next()
		if d.upTo(6) == 0 {
			spec.Idle = Disabled
		}
		return s.Update(t.Context(), Change{Spec: &spec, Overlap: d.upTo(3) > 0, Cut: d.upTo(6) == 0, Reason: "reload"})
	}
}
