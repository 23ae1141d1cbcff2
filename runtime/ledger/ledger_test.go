package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/ledger"
)

const (
	conn ledger.Kind = "test.conn"
	stmt ledger.Kind = "test.stmt"
)

// thing is a resource that notes its closing in a shared log.
type thing struct {
	name   string
	log    *[]string
	err    error
	panics int // how many times its closer panics
	hook   func()
	calls  int
}

func (r *thing) CloseHandle(context.Context) error {
	r.calls++
	if r.hook != nil {
		r.hook()
	}
	if r.log != nil {
		*r.log = append(*r.log, r.name)
	}
	if r.calls <= r.panics {
		panic("closer of " + r.name)
	}
	return r.err
}

func register(t testing.TB, l *ledger.Ledger, kind ledger.Kind, parent uint32, r ledger.Resource) uint32 {
	t.Helper()
	id, err := l.Register(t.Context(), kind, parent, "test", r)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// balanced asserts that every handle that was opened is open, taken over, closed or failed.
func balanced(t testing.TB, l *ledger.Ledger) {
	t.Helper()
	open := 0
	for kind, c := range l.Counts() {
		if c.Open < 0 || c.Opened != uint64(c.Open+c.TakenOver)+c.Closed+c.Failed {
			t.Fatalf("kind[%s]: %+v", kind, c)
		}
		open += c.Open
	}
	if l.Open() != open {
		t.Fatalf("open %d, by kind %d", l.Open(), open)
	}
}

func wantEmpty(t testing.TB, l *ledger.Ledger) {
	t.Helper()
	balanced(t, l)
	if n := l.Open(); n != 0 {
		t.Fatalf("%d handles are left: %+v", n, l.Items())
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func TestHandlesAreNeverZeroNorUsedAgain(t *testing.T) {
	l := ledger.New(ledger.Quota{})
	last := uint32(0)
	for range 100 {
		id := register(t, l, conn, 0, &thing{})
		if id <= last {
			t.Fatalf("handle %d after %d", id, last)
		}
		last = id
		if err := l.Close(t.Context(), conn, id); err != nil {
			t.Fatal(err)
		}
	}
	wantEmpty(t, l)
}

func TestAcquire(t *testing.T) {
	l := ledger.New(ledger.Quota{})
	r := &thing{}
	id := register(t, l, conn, 0, r)
	e, err := l.Acquire(conn, id)
	if err != nil || e.Resource() != r {
		t.Fatalf("%v %v", e, err)
	}
	e.Release()
	for _, bad := range []uint32{0, id + 1, 1 << 31, 1<<32 - 1} {
		_, err := l.Acquire(conn, bad)
		wantError(t, err, ledger.ErrBadHandle)
	}
	_, err = l.Acquire(stmt, id)
	wantError(t, err, ledger.ErrBadHandle)
	wantError(t, l.Close(t.Context(), stmt, id), ledger.ErrBadHandle)
	if err := l.Close(t.Context(), conn, id); err != nil {
		t.Fatal(err)
	}
	_, err = l.Acquire(conn, id)
	wantError(t, err, ledger.ErrBadHandle)
	wantError(t, l.Close(t.Context(), conn, id), ledger.ErrBadHandle)
	if r.calls != 1 {
		t.Errorf("closed %d times", r.calls)
	}
}

func TestQuota(t *testing.T) {
	l := ledger.New(ledger.Quota{Total: 3, Kinds: map[ledger.Kind]int{stmt: 1}})
	first := register(t, l, stmt, 0, &thing{})
	turnedAway := &thing{}
	wantError(t, l.Room(stmt), ledger.ErrKindQuota)
	_, err := l.Register(t.Context(), stmt, 0, "test", turnedAway)
	wantError(t, err, ledger.ErrKindQuota)
	register(t, l, conn, 0, &thing{})
	register(t, l, conn, 0, &thing{})
	wantError(t, l.Room(conn), ledger.ErrQuota)
	_, err = l.Register(t.Context(), conn, 0, "test", turnedAway)
	wantError(t, err, ledger.ErrQuota)
	if turnedAway.calls != 2 {
		t.Errorf("closed %d times, turned away twice", turnedAway.calls)
	}
	if err := l.Close(t.Context(), stmt, first); err != nil {
		t.Fatal(err)
	}
	if err := l.Room(stmt); err != nil {
		t.Errorf("room after a close: %v", err)
	}
	balanced(t, l)
}

func TestParentMustBeLive(t *testing.T) {
	l := ledger.New(ledger.Quota{})
	parent := register(t, l, conn, 0, &thing{})
	if err := l.Close(t.Context(), conn, parent); err != nil {
		t.Fatal(err)
	}
	for _, id := range []uint32{parent, 77} {
		r := &thing{}
		_, err := l.Register(t.Context(), stmt, id, "test", r)
		wantError(t, err, ledger.ErrBadHandle)
		if r.calls != 1 {
			t.Errorf("closed %d times", r.calls)
		}
	}
	wantEmpty(t, l)
}

// A child that comes while its parent is being closed would outlive it.
func TestRetire(t *testing.T) {
	l := ledger.New(ledger.Quota{})
	r := &thing{}
	id := register(t, l, conn, 0, r)
	if l.Retire(id + 1) {
		t.Error("retired what is no handle of the kind")
	}
	e, err := l.Acquire(conn, id)
	if err != nil {
		t.Fatal(err)
	}
	if !l.Retire(id) { // the holder itself may
		t.Error("not retired")
	}
	e.Release()
	if l.Retire(id) {
		t.Error("retired twice")
	}
	_, err = l.Acquire(conn, id)
	wantError(t, err, ledger.ErrBadHandle)
	if r.calls != 0 {
		t.Error("a retired resource was closed")
	}
	parent := register(t, l, conn, 0, &thing{})
	register(t, l, stmt, parent, &thing{})
	if l.Retire(parent) {
		t.Error("retired a parent, which leaves an orphan")
	}
	if err := l.CloseAll(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantEmpty(t, l)
}

// Somebody waits for a handle that its holder retires: the one who waited must not get it.
// A call that outlives its instance holds one handle. Everything else is closed; that one and its parent stay in the table,
// where they are seen, until the call ends.
// A close waits for the call that is using the handle, and not longer than its context.
func TestItems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New(ledger.Quota{})
		began := time.Now()
		parent, _ := l.Register(t.Context(), conn, 0, `sqlite.open "x"`, &thing{})
		time.Sleep(time.Hour)
		child, _ := l.Register(t.Context(), stmt, parent, `sqlite.prepare "x"`, &thing{})
		want := []ledger.Item{
			{ID: parent, Kind: conn, Opener: `sqlite.open "x"`, Opened: began},
			{ID: child, Kind: stmt, Parent: parent, Opener: `sqlite.prepare "x"`, Opened: began.Add(time.Hour)},
		}
		if got := l.Items(); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

func TestCountsAreACopy(t *testing.T) {
	l := ledger.New(ledger.Quota{})
	register(t, l, conn, 0, &thing{})
	counts := l.Counts()
	counts[conn] = ledger.Count{}
	delete(counts, conn)
	if l.Counts()[conn].Opened != 1 {
		t.Error("the ledger's own counts were changed")
	}
	sum := ledger.Count{Open: 1, Opened: 2, Closed: 1}
	sum.Add(ledger.Count{Open: 2, Opened: 5, Closed: 2, Failed: 1})
	if want := (ledger.Count{Open: 3, Opened: 7, Closed: 3, Failed: 1}); sum != want {
		t.Errorf("%+v, want %+v", sum, want)
	}
}

func ExampleLedger() {
	l := ledger.New(ledger.Quota{Total: 100})
	defer l.CloseAll(context.Background())
	id, _ := l.Register(context.Background(), "test.conn", 0, "example", &thing{})
	entry, _ := l.Acquire("test.conn", id)
	entry.Release()
	fmt.Println(id, l.Open())
	// Output: 1 1
}
