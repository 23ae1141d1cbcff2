package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"innkeeper/runtime/engine"
	"innkeeper/runtime/ledger"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/outcome"
)

// A host function that ignores its context cannot be interrupted. The run comes back all the same and says so; what the
// function registers later is closed at once; and the program cannot be closed under it.
func TestStuckHostFunction(t *testing.T) {
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		s := newStay()
		s.Budgets.Stall, s.Budgets.Close = brief, brief
		b := wt.New()
		hang := importTest(b, "hang")
		b.Main("", wt.Call(hang), wt.Forever())
		before, late := &resource{}, &resource{}
		release, left := make(chan struct{}), make(chan error, 1)
		program, err := engine.Compile(t.Context(), config(t, b.Build(), host{"hang": func(context.Context) {
			_, _ = s.open(t, before)
			<-release
			_, err := s.open(t, late)
			left <- err
		}}, interpreter, testPages))
		if err != nil {
			t.Fatal(err)
		}
		exit := program.Run(context.Background(), s.Instance)
		check(t, exit, outcome.Retry, "stall")
		if exit.Left == nil || !slices.Contains(exit.Left.What, "the guest") {
			t.Errorf("the run does not say that its guest was left: %+v", exit.Left)
		}
		if before.closed.Load() != 1 {
			t.Errorf("the handle of before was closed %d times", before.closed.Load())
		}
		if err := program.Close(context.Background()); !errors.Is(err, engine.ErrRunning) {
			t.Errorf("close under a guest: %v", err)
		}
		close(release)
		if err := <-left; !errors.Is(err, ledger.ErrSealed) || late.closed.Load() != 1 {
			t.Errorf("a handle that came after the teardown: %v, closed %d times", err, late.closed.Load())
		}
		awaitEnd(exit.Left)
		for program.Close(context.Background()) != nil { // until the guest has left
			time.Sleep(time.Millisecond)
		}
	})
}

// A handle that a call holds which does not come back is taken over, and closed when it does: the ledger is empty all the same.
func TestHandleInUseByAStuckCall(t *testing.T) {
	s := newStay()
	s.Budgets.Stall, s.Budgets.Close = brief, brief
	b := wt.New()
	hang := importTest(b, "hang")
	b.Main("", wt.Call(hang))
	release := make(chan struct{})
	program := compile(t, b.Build(), host{"hang": func(context.Context) {
		id, err := s.open(t, &resource{})
		if err != nil {
			t.Error(err)
			return
		}
		entry, err := s.guest.Ledger.Acquire("test", id)
		if err != nil {
			t.Error(err)
			return
		}
		<-release
		entry.Release()
	}}, false)
	exit := program.Run(context.Background(), s.Instance)
	if exit.Left == nil || exit.Teardown == nil || !strings.Contains(exit.Teardown.Error(), "a handle not closed in time") {
		t.Errorf("left %+v, teardown %v", exit.Left, exit.Teardown)
	}
	if count := s.guest.Ledger.Counts()["test"]; s.guest.Ledger.Open() != 0 || count.TakenOver != 1 {
		t.Errorf("%+v", count)
	}
	close(release)
	awaitEnd(exit.Left)
	if count := s.guest.Ledger.Counts()["test"]; count.TakenOver != 0 || count.Closed != 1 {
		t.Errorf("after the call came back: %+v", count)
	}
	for program.Close(context.Background()) != nil {
		time.Sleep(time.Millisecond)
	}
}

// opener returns a guest that lets the test open handles, and then ends in some way.
func opener(t *testing.T, s *stay, resources ...*resource) *engine.Program {
	b := wt.New()
	open, ready := importTest(b, "open"), importReady(b)
	b.Main("", wt.Call(open), wt.Call(ready), wt.Drop, wt.Unreachable)
	return compile(t, b.Build(), host{"open": func(context.Context) {
		for _, r := range resources {
			if _, err := s.open(t, r); err != nil {
				t.Error(err)
			}
		}
	}}, false)
}

func TestFailingCloser(t *testing.T) {
	s := newStay()
	broken := errors.New("broken")
	first, last := &resource{}, &resource{}
	program := opener(t, s, first, &resource{close: func(context.Context) error { return broken }},
		&resource{close: func(context.Context) error { panic("a bug in a closer") }}, last)
	exit := program.Run(context.Background(), s.Instance)
	check(t, exit, outcome.Retry, "trap")
	if !errors.Is(exit.Teardown, broken) || !strings.Contains(exit.Teardown.Error(), "a bug in a closer") {
		t.Errorf("teardown %v", exit.Teardown)
	}
	if exit.Left != nil {
		t.Error("something is left, though every handle is gone")
	}
	if first.closed.Load() != 1 || last.closed.Load() != 1 {
		t.Error("a failing closer kept others from their turn")
	}
	if count := s.guest.Ledger.Counts()["test"]; count.Open != 0 || count.Failed != 2 || count.Closed != 2 {
		t.Errorf("%+v", count)
	}
}

// Closers work under a context of their own, though that of the instance and that of the run are over.
func TestClosersHaveAFreshContext(t *testing.T) {
	s := newStay()
	var during error
	var deadline bool
	ctx, stop := context.WithCancel(context.Background())
	b := wt.New()
	open, wait := importTest(b, "open"), importWait(b)
	b.Main("", wt.Call(open), untilEvent(b, wait))
	program := compile(t, b.Build(), host{"open": func(context.Context) {
		_, _ = s.open(t, &resource{close: func(ctx context.Context) error {
			during = ctx.Err()
			_, deadline = ctx.Deadline()
			return nil
		}})
		stop()
	}}, false)
	check(t, s.finished(t, program.Run(ctx, s.Instance)), outcome.Done, "stopped")
	if during != nil || !deadline {
		t.Errorf("error %v, has a deadline: %v", during, deadline)
	}
}

// A closer that never comes back costs the run its close budget and no more. Its handle is taken over, and the others are closed.
func TestCloserThatHangs(t *testing.T) {
	s := newStay()
	s.Budgets.Close = brief
	release := make(chan struct{})
	first := &resource{}
	program := opener(t, s, first, &resource{close: func(context.Context) error { <-release; return nil }})
	exit := program.Run(context.Background(), s.Instance)
	if exit.Left == nil || !slices.Equal(exit.Left.What, []string{"a handle"}) || !errors.Is(exit.Teardown, context.DeadlineExceeded) {
		t.Errorf("left %+v, teardown %v", exit.Left, exit.Teardown)
	}
	if first.closed.Load() != 1 || s.guest.Ledger.Open() != 0 {
		t.Errorf("the other was closed %d times, %d open", first.closed.Load(), s.guest.Ledger.Open())
	}
	close(release)
	awaitEnd(exit.Left)
	if count := s.guest.Ledger.Counts()["test"]; count.Closed != 2 || count.TakenOver != 0 {
		t.Errorf("%+v", count)
	}
}

// leaky is a ledger that says it has closed everything, and has not.
type leaky struct {
	*ledger.Ledger
	release chan struct{}
}

func (leaky) CloseAll(context.Context) error { return nil }
func (leaky) Open() int                      { return 1 }
func (l leaky) TakeOver() (closeAll func())  { return func() { <-l.release } }

// A handle that is open after the teardown is seen, whatever the steps say.
func TestHandleThatIsOpenAfterTheTeardown(t *testing.T) {
	s := newStay()
	books := leaky{s.guest.Ledger, make(chan struct{})}
	s.Ledger = books
	exit := opener(t, s).Run(context.Background(), s.Instance)
	if exit.Left == nil || exit.Teardown == nil {
		t.Errorf("left %+v, teardown %v", exit.Left, exit.Teardown)
	}
	if alive := exit.Left.Then(func() {}); !alive {
		t.Error("it ended before what is open was closed")
	}
	close(books.release)
	awaitEnd(exit.Left)
}

// awaitEnd waits until nothing of it is alive.
func awaitEnd(left *outcome.Left) {
	over := make(chan struct{})
	if left.Then(func() { close(over) }) {
		<-over
	}
}

func TestFinishThatRunsOutOfTime(t *testing.T) {
	s := newStay()
	s.Budgets.Close = brief
	s.Finish = func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }
	exit := opener(t, s).Run(context.Background(), s.Instance)
	if exit.Left == nil || exit.Teardown == nil {
		t.Errorf("left %+v, teardown %v", exit.Left, exit.Teardown)
	}
	s = newStay()
	s.Finish = func(context.Context) error { return errors.New("a small thing") }
	exit = opener(t, s).Run(context.Background(), s.Instance)
	if exit.Left != nil || exit.Teardown == nil {
		t.Errorf("left %+v, teardown %v", exit.Left, exit.Teardown)
	}
}

// A callback that panics is a bug of the host. It ends the run, is told as such, and keeps no step of the teardown from
// its turn.
func TestPanicInACallback(t *testing.T) {
	bug := func() { panic("a bug in a callback") }
	tests := map[string]struct {
		change func(*stay)
		code   string // of the exit
	}{
		"ready":   {func(s *stay) { s.OnReady = bug }, "host_panic"},
		"detach":  {func(s *stay) { s.Detach = func(string) { bug() } }, "host_panic"},
		"ended":   {func(s *stay) { s.Ended = bug }, "trap"},
		"failure": {func(s *stay) { s.Failure = func() (outcome.Failure, bool) { bug(); return outcome.Failure{}, true } }, "host_panic"},
		"finish":  {func(s *stay) { s.Finish = func(context.Context) error { bug(); return nil } }, "trap"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newStay()
			r := &resource{}
			ctx, cancel := context.WithCancelCause(context.Background())
			stop := func() { cancel(asked("stop")) }
			s.OnReady = stop
			test.change(s)
			b := wt.New()
			open, ready, wait := importTest(b, "open"), importReady(b), importWait(b)
			b.Main("", wt.Call(open), wt.Call(ready), wt.Drop, untilEvent(b, wait), wt.Unreachable)
			program := compile(t, b.Build(), host{"open": func(context.Context) { _, _ = s.open(t, r) }}, false)
			exit := program.Run(ctx, s.Instance)
			stop()
			check(t, exit, outcome.Retry, test.code)
			if test.code == "host_panic" {
				if !strings.Contains(exit.Message, "a bug in a callback") || exit.Trace == "" {
					t.Errorf("message %q, trace %q", exit.Message, exit.Trace)
				}
			} else if exit.Teardown == nil || !strings.Contains(exit.Teardown.Error(), "a bug in a callback") {
				t.Errorf("teardown %v", exit.Teardown)
			}
			if exit.Left != nil || r.closed.Load() != 1 || s.guest.Ledger.Open() != 0 || s.Context.Err() == nil {
				t.Errorf("left %+v, handle closed %d times, %d open", exit.Left, r.closed.Load(), s.guest.Ledger.Open())
			}
			if last := s.events[len(s.events)-1]; name != "finish" && last != "finish" {
				t.Errorf("callbacks %q", s.events)
			}
		})
	}
}

// A panic in the very first step of the teardown keeps no other from its turn.
func TestPanicInDetachAtTheTeardown(t *testing.T) {
	s := newStay()
	r := &resource{}
	s.Detach = func(string) { panic("a bug in a callback") }
	exit := opener(t, s, r).Run(context.Background(), s.Instance)
	check(t, exit, outcome.Retry, "trap")
	if exit.Teardown == nil || !strings.Contains(exit.Teardown.Error(), "a bug in a callback") {
		t.Errorf("teardown %v", exit.Teardown)
	}
	if exit.Left != nil || r.closed.Load() != 1 || s.Context.Err() == nil {
		t.Errorf("left %+v, handle closed %d times", exit.Left, r.closed.Load())
	}
}

// While a handle is being closed nothing of the guest runs any more: its memory and its calls are over first.
func TestGuestHasLeftBeforeItsHandlesAreClosed(t *testing.T) {
	s := newStay()
	var mu sync.Mutex
	inCall := false
	b := wt.New()
	open, block := importTest(b, "open"), importTest(b, "block")
	b.Main("", wt.Call(open), wt.Call(block))
	program := compile(t, b.Build(), host{
		"open": func(context.Context) {
			_, _ = s.open(t, &resource{close: func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				if inCall {
					t.Error("a handle was closed while a call was running")
				}
				return nil
			}})
		},
		"block": func(ctx context.Context) {
			mu.Lock()
			inCall = true
			mu.Unlock()
			<-ctx.Done()
			time.Sleep(brief) // slow to leave, and within the close budget
			mu.Lock()
			inCall = false
			mu.Unlock()
		},
	}, false)
	s.Budgets.Stall = brief
	check(t, s.run(t, program), outcome.Retry, "stall")
}
