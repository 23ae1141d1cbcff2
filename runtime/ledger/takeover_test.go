package ledger_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/ledger"
)

// hung is a resource whose closer hangs until it is let go.
type hung struct {
	thing
	release chan struct{}
}

func (h *hung) CloseHandle(ctx context.Context) error {
	<-h.release
	return h.thing.CloseHandle(ctx)
}

// A closer that hangs costs those that do not nothing, and the caller no more than the time that there is.
func TestClosersThatHangKeepNoOtherOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New(ledger.Quota{})
		release := make(chan struct{})
		var log []string
		register(t, l, conn, 0, &thing{name: "first", log: &log})
		for range 16 {
			register(t, l, conn, 0, &hung{release: release})
		}
		parent := register(t, l, conn, 0, &thing{name: "parent", log: &log})
		register(t, l, stmt, parent, &hung{thing: thing{name: "child", log: &log}, release: release})
		register(t, l, conn, 0, &thing{name: "last", log: &log})
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		start := time.Now()
		err := l.CloseAll(ctx)
		if took := time.Since(start); took > 6*time.Second {
			t.Errorf("took %v", took)
		}
		wantError(t, err, context.DeadlineExceeded)
		if !strings.Contains(err.Error(), "handle[19] kind[test.stmt]: still closing") {
			t.Error(err)
		}
		if want := []string{"last", "first"}; !slices.Equal(log, want) {
			t.Errorf("closed %v, want %v", log, want)
		}
		if l.Open() != 18 {
			t.Errorf("%d open", l.Open())
		}
		close(release)
		synctest.Wait() // what hung goes on with what hung on it
		if want := []string{"last", "first", "child", "parent"}; !slices.Equal(log, want) {
			t.Errorf("closed %v, want %v", log, want)
		}
		balanced(t, l)
		wantEmpty(t, l)
	})
}

// A closer that is slow, and not slower than there is time, is waited for, and so is what it hangs on.
func TestSlowClosersAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New(ledger.Quota{})
		for range 3 {
			parent := register(t, l, conn, 0, &thing{})
			register(t, l, stmt, parent, &thing{hook: func() { time.Sleep(time.Second) }})
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := l.CloseAll(ctx); err != nil {
			t.Error(err)
		}
		wantEmpty(t, l)
	})
}

// What is taken over is in the ledger no more, is closed in the right order once it can be, and is counted all the time.
func TestTakeOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New(ledger.Quota{})
		release := make(chan struct{})
		var log []string
		used := register(t, l, conn, 0, &thing{name: "used", log: &log})
		child := register(t, l, stmt, used, &thing{name: "child", log: &log})
		broken := &hung{thing: thing{name: "hung", log: &log, err: errors.New("broken")}, release: release}
		register(t, l, conn, 0, broken)
		call, err := l.Acquire(stmt, child)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		wantError(t, l.CloseAll(ctx), context.DeadlineExceeded)

		closeAll := l.TakeOver()
		wantEmpty(t, l)
		if got, want := l.Counts()[conn], (ledger.Count{Opened: 2, TakenOver: 2}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		if items := l.TakenOver(); len(items) != 3 || items[1].ID != child || items[1].Parent != used {
			t.Errorf("%+v", items)
		}
		if _, err := l.Acquire(stmt, child); !errors.Is(err, ledger.ErrBadHandle) {
			t.Errorf("acquired: %v", err)
		}
		wantError(t, l.Close(ctx, conn, used), ledger.ErrBadHandle)
		_, err = l.Register(ctx, conn, 0, "late", &thing{})
		wantError(t, err, ledger.ErrSealed)

		closed := make(chan struct{})
		go func() { closeAll(); close(closed) }()
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(log) != 0 {
			t.Errorf("closed %v", log)
		}
		call.Release()
		time.Sleep(time.Second)
		synctest.Wait()
		if want := []string{"child", "used"}; !slices.Equal(log, want) {
			t.Errorf("closed %v, want %v: one that hangs is in the way", log, want)
		}
		close(release)
		<-closed
		if got, want := l.Counts()[conn], (ledger.Count{Opened: 3, Closed: 2, Failed: 1}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		if len(l.TakenOver()) != 0 || broken.calls != 1 {
			t.Errorf("%v left, closed %d times", l.TakenOver(), broken.calls)
		}
		balanced(t, l)
	})
}

// What is taken over without a try to close it is closed all the same, and nothing can be added.
func TestTakeOverOfALiveLedger(t *testing.T) {
	l := ledger.New(ledger.Quota{})
	r := &thing{}
	register(t, l, conn, 0, r)
	closeAll := l.TakeOver()
	_, err := l.Register(t.Context(), conn, 0, "late", &thing{})
	wantError(t, err, ledger.ErrSealed)
	closeAll()
	if r.calls != 1 {
		t.Errorf("closed %d times", r.calls)
	}
	balanced(t, l)
}

// From the moment that everything is to be closed nothing can be acquired any more, however far its own turn is.
func TestNoAcquireDuringCloseAll(t *testing.T) {
	l := ledger.New(ledger.Quota{})
	old := register(t, l, conn, 0, &thing{})
	register(t, l, conn, 0, &thing{hook: func() { // it is closed before the older one
		e, err := l.Acquire(conn, old)
		if err == nil {
			e.Release()
			t.Error("a handle that is going to be closed was acquired")
		}
	}})
	if err := l.CloseAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantEmpty(t, l)
}
