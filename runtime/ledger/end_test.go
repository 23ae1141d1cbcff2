package ledger_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/ledger"
)

// slow is a resource that needs a while to come to its end, from the moment that it is told.
type slow struct {
	thing
	need  time.Duration
	ended chan struct{} // nil until it was told
}

var _ ledger.Ender = (*slow)(nil)

func (s *slow) EndHandle(context.Context) {
	if s.log != nil {
		*s.log = append(*s.log, "end "+s.name)
	}
	if s.ended == nil {
		ended := make(chan struct{})
		s.ended = ended
		time.AfterFunc(s.need, func() { close(ended) })
	}
}

func (s *slow) CloseHandle(ctx context.Context) error {
	<-s.ended
	return s.thing.CloseHandle(ctx)
}

func TestAllAreToldToEndBeforeAnythingIsClosed(t *testing.T) {
	l := ledger.New(ledger.Quota{})
	var log []string
	parent := register(t, l, conn, 0, &slow{thing: thing{name: "a", log: &log}})
	register(t, l, stmt, parent, &thing{name: "plain", log: &log})
	register(t, l, stmt, parent, &slow{thing: thing{name: "b", log: &log}})
	register(t, l, conn, 0, &slow{thing: thing{name: "other", log: &log}})
	if err := l.Close(t.Context(), conn, parent); err != nil {
		t.Fatal(err)
	}
	if want := []string{"end b", "end a", "b", "plain", "a"}; !slices.Equal(log, want) {
		t.Errorf("one and its children: %v, want %v", log, want)
	}
	log = nil
	if err := l.CloseAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"end other", "other"}; !slices.Equal(log, want) {
		t.Errorf("all: %v, want %v", log, want)
	}
	balanced(t, l)
}

func TestManySlowEndsTakeNoLongerThanOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New(ledger.Quota{})
		for range 120 {
			register(t, l, conn, 0, &slow{need: time.Second})
		}
		start := time.Now()
		if err := l.CloseAll(context.Background()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("%v", took)
		}
		wantEmpty(t, l)
	})
}

// broken panics when it is told to end.
type broken struct{ thing }

func (*broken) EndHandle(context.Context) { panic("no end") }

func TestAPanicWhileEndingDoesNotKeepAnythingOpen(t *testing.T) {
	l := ledger.New(ledger.Quota{})
	first, last := &slow{}, &broken{}
	register(t, l, conn, 0, first)
	register(t, l, conn, 0, last)
	if err := l.CloseAll(t.Context()); err == nil {
		t.Error("the panic was not told")
	}
	if first.ended == nil || first.calls != 1 || last.calls != 1 {
		t.Errorf("told %v, closed %d and %d times", first.ended != nil, first.calls, last.calls)
	}
	wantEmpty(t, l)
}

// cut is a resource that tells the call which uses it.
type cut struct {
	thing
	told chan struct{}
}

func (c *cut) EndHandle(context.Context) { close(c.told) }

// A call that is using a resource is what it is told to cut short, so the telling cannot wait for the call.
func TestWhatACallIsUsingIsToldToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New(ledger.Quota{})
		told := make(chan struct{})
		r := &cut{told: told}
		id := register(t, l, conn, 0, r)
		e, err := l.Acquire(conn, id)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			<-told
			e.Release()
		}()
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if err := l.CloseAll(ctx); err != nil {
			t.Fatal(err)
		}
		wantEmpty(t, l)
	})
}
