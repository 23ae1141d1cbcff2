package ledger_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/ledger"
)

func TestChildrenBeforeParentsNewestFirst(t *testing.T) {
	for name, closing := range map[string]func(l *ledger.Ledger, first uint32) error{
		"CloseAll": func(l *ledger.Ledger, _ uint32) error { return l.CloseAll(context.Background()) },
		"Close":    func(l *ledger.Ledger, first uint32) error { return l.Close(context.Background(), conn, first) },
	} {
		t.Run(name, func(t *testing.T) {
			l := ledger.New(ledger.Quota{})
			var log []string
			add := func(kind ledger.Kind, parent uint32, name string) uint32 {
				return register(t, l, kind, parent, &thing{name: name, log: &log})
			}
			a := add(conn, 0, "a")
			b := add(conn, 0, "b")
			a1 := add(stmt, a, "a1")
			add(stmt, b, "b1")
			add(stmt, a, "a2")
			add(stmt, a1, "a1x")
			add(stmt, b, "b2")
			if err := closing(l, a); err != nil {
				t.Fatal(err)
			}
			want := []string{"b2", "a1x", "a2", "b1", "a1", "b", "a"}
			if name == "Close" {
				want = []string{"a1x", "a2", "a1", "a"}
			}
			if !slices.Equal(log, want) {
				t.Errorf("closed %v, want %v", log, want)
			}
			balanced(t, l)
		})
	}
}

func TestEveryCloserRuns(t *testing.T) {
	l := ledger.New(ledger.Quota{})
	var log []string
	broken := errors.New("broken")
	register(t, l, conn, 0, &thing{name: "a", log: &log})
	register(t, l, conn, 0, &thing{name: "b", log: &log, err: broken})
	register(t, l, conn, 0, &thing{name: "c", log: &log, panics: 2})
	register(t, l, conn, 0, &thing{name: "d", log: &log})
	err := l.CloseAll(context.Background())
	wantError(t, err, broken)
	for _, part := range []string{"handle[2] kind[test.conn]: broken", "closer of c", "ledger_test.go"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error without %q: %v", part, err)
		}
	}
	if want := []string{"d", "c", "c", "b", "a"}; !slices.Equal(log, want) {
		t.Errorf("closed %v, want %v", log, want)
	}
	wantEmpty(t, l)
	if got, want := l.Counts()[conn], (ledger.Count{Opened: 4, Closed: 2, Failed: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if err := l.CloseAll(context.Background()); err != nil || len(log) != 5 {
		t.Errorf("again: %v %v", err, log)
	}
}

func TestCloserThatPanicsIsCalledOnceMore(t *testing.T) {
	l := ledger.New(ledger.Quota{})
	r := &thing{panics: 1}
	id := register(t, l, conn, 0, r)
	if err := l.Close(t.Context(), conn, id); err != nil {
		t.Errorf("the second call was fine: %v", err)
	}
	if r.calls != 2 {
		t.Errorf("%d calls", r.calls)
	}
	if got, want := l.Counts()[conn], (ledger.Count{Opened: 1, Closed: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestSealedLedgerClosesWhatItIsGiven(t *testing.T) {
	l := ledger.New(ledger.Quota{})
	old := register(t, l, conn, 0, &thing{})
	l.Seal()
	wantError(t, l.Room(conn), ledger.ErrSealed)
	for _, r := range []*thing{{}, {panics: 1}, {err: errors.New("broken")}, {panics: 9}} {
		id, err := l.Register(t.Context(), conn, 0, "late", r)
		wantError(t, err, ledger.ErrSealed)
		if id != 0 || r.calls == 0 {
			t.Errorf("handle %d, %d calls", id, r.calls)
		}
		if r.err != nil {
			wantError(t, err, r.err)
		}
	}
	balanced(t, l)
	e, err := l.Acquire(conn, old) // what is open can still be used, to end what was begun
	if err != nil {
		t.Fatal(err)
	}
	e.Release()
	if err := l.CloseAll(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantEmpty(t, l)
	if got, want := l.Counts()[conn], (ledger.Count{Opened: 5, Closed: 3, Failed: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestNoChildOfAParentThatIsBeingClosed(t *testing.T) {
	l := ledger.New(ledger.Quota{})
	late := &thing{}
	var parent uint32
	var err error
	parent = register(t, l, conn, 0, &thing{hook: func() {
		_, err = l.Register(context.Background(), stmt, parent, "late", late)
	}})
	register(t, l, stmt, parent, &thing{hook: func() {
		if _, err := l.Acquire(conn, parent); !errors.Is(err, ledger.ErrBadHandle) {
			t.Errorf("a handle that is being closed was acquired: %v", err)
		}
	}})
	if err := l.Close(t.Context(), conn, parent); err != nil {
		t.Fatal(err)
	}
	wantError(t, err, ledger.ErrBadHandle)
	if late.calls != 1 {
		t.Errorf("closed %d times", late.calls)
	}
	wantEmpty(t, l)
}

func TestRetireWhileSomebodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New(ledger.Quota{})
		r := &thing{}
		id := register(t, l, conn, 0, r)
		holder, err := l.Acquire(conn, id)
		if err != nil {
			t.Fatal(err)
		}
		var closing sync.WaitGroup
		closing.Go(func() {
			if err := l.Close(context.Background(), conn, id); err != nil && !errors.Is(err, ledger.ErrBadHandle) {
				t.Errorf("close: %v", err)
			}
		})
		time.Sleep(time.Second) // fake time: until the closer waits
		if !l.Retire(id) {
			t.Error("not retired")
		}
		holder.Release()
		closing.Wait()
		if r.calls != 0 {
			t.Error("a retired resource was closed")
		}
		wantEmpty(t, l)
	})
}

func TestBusyHandleAtTeardown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New(ledger.Quota{})
		var log []string
		free := register(t, l, conn, 0, &thing{name: "free", log: &log})
		parent := register(t, l, conn, 0, &thing{name: "parent", log: &log})
		child := register(t, l, stmt, parent, &thing{name: "child", log: &log})
		register(t, l, stmt, parent, &thing{name: "sibling", log: &log})
		call, err := l.Acquire(stmt, child)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err = l.CloseAll(ctx)
		wantError(t, err, context.DeadlineExceeded)
		if want := []string{"sibling", "free"}; !slices.Equal(log, want) {
			t.Errorf("closed %v, want %v", log, want)
		}
		balanced(t, l)
		var left []uint32
		for _, item := range l.Items() {
			left = append(left, item.ID)
		}
		if want := []uint32{parent, child}; !slices.Equal(left, want) || free == parent {
			t.Errorf("left %v, want %v", left, want)
		}
		call.Release()
		if err := l.CloseAll(context.Background()); err != nil {
			t.Fatal(err)
		}
		if want := []string{"sibling", "free", "child", "parent"}; !slices.Equal(log, want) {
			t.Errorf("closed %v, want %v", log, want)
		}
		wantEmpty(t, l)
	})
}

func TestCloseWaitsForTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New(ledger.Quota{})
		inCall := true
		id := register(t, l, conn, 0, &thing{hook: func() {
			if inCall {
				t.Error("closed during a call")
			}
		}})
		call, err := l.Acquire(conn, id)
		if err != nil {
			t.Fatal(err)
		}
		closed := make(chan error)
		go func() { closed <- l.Close(context.Background(), conn, id) }()
		time.Sleep(time.Minute)
		inCall = false
		call.Release()
		if err := <-closed; err != nil {
			t.Error(err)
		}
		wantEmpty(t, l)
	})
}

// Whoever waits for a handle that is retired meanwhile does not get it. The pause only makes it likely that the other one
// waits already; the test is right without it.
func TestAcquireOfARetiredHandle(t *testing.T) {
	for range 20 {
		l := ledger.New(ledger.Quota{})
		id := register(t, l, conn, 0, &thing{})
		holder, err := l.Acquire(conn, id)
		if err != nil {
			t.Fatal(err)
		}
		about, got := make(chan struct{}), make(chan error)
		go func() {
			close(about)
			_, err := l.Acquire(conn, id)
			got <- err
		}()
		<-about
		time.Sleep(time.Millisecond)
		l.Retire(id)
		holder.Release()
		wantError(t, <-got, ledger.ErrBadHandle)
	}
}
