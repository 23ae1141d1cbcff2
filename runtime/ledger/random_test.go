package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"innkeeper/runtime/ledger"
)

// probe is a resource that knows its parent and its children, and complains if it is used after its closing, closed twice,
// closed during a call, or closed while a child is open.
type probe struct {
	t        *testing.T
	parent   *probe
	children atomic.Int32
	using    atomic.Bool
	closed   atomic.Bool
	fails    bool
	panics   atomic.Int32
}

func (p *probe) use() {
	if p.closed.Load() {
		p.t.Error("used after it was closed")
	}
	if !p.using.CompareAndSwap(false, true) {
		p.t.Error("used by two calls at once")
	}
	p.using.Store(false)
}

var errBroken = errors.New("broken")

func (p *probe) CloseHandle(context.Context) error {
	if p.using.Load() {
		p.t.Error("closed during a call")
	}
	if n := p.children.Load(); n > 0 {
		p.t.Errorf("closed with %d children open", n)
	}
	if p.panics.Add(-1) >= 0 {
		panic(errBroken)
	}
	if p.closed.Swap(true) {
		p.t.Error("closed twice")
	}
	if p.parent != nil {
		p.parent.children.Add(-1)
	}
	if p.fails {
		return errBroken
	}
	return nil
}

// live is what a test's actor believes to be open.
type live struct {
	id   uint32
	kind ledger.Kind
	own  *probe
}

// actor does random things to a ledger; the probes are what checks them.
type actor struct {
	t      *testing.T
	ledger *ledger.Ledger
	random *rand.Rand
	mine   []live
	ended  bool
}

func (a *actor) step() {
	switch a.random.IntN(10) {
	case 0, 1, 2, 3:
		a.register()
	case 4, 5, 6:
		a.call()
	case 7, 8:
		a.close()
	case 9:
		a.retire()
	}
}

func (a *actor) pick() (live, bool) {
	if len(a.mine) == 0 {
		return live{}, false
	}
	return a.mine[a.random.IntN(len(a.mine))], true
}

func (a *actor) forget(id uint32) {
	for i, l := range a.mine {
		if l.id == id {
			a.mine = append(a.mine[:i], a.mine[i+1:]...)
			return
		}
	}
}

func (a *actor) register() {
	p := &probe{t: a.t, fails: a.random.IntN(20) == 0}
	if a.random.IntN(10) == 0 {
		p.panics.Store(1)
	}
	kind, parentID := conn, uint32(0)
	if parent, ok := a.pick(); ok && a.random.IntN(3) > 0 {
		kind, parentID = stmt, parent.id
		// As a family does it: the parent is held while a child of it is made.
		e, err := a.ledger.Acquire(parent.kind, parent.id)
		if err != nil {
			a.forget(parent.id)
			return
		}
		defer e.Release()
		p.parent = parent.own
		p.parent.children.Add(1)
	}
	id, err := a.ledger.Register(context.Background(), kind, parentID, "random", p)
	switch {
	case err == nil:
		a.mine = append(a.mine, live{id, kind, p})
	case !p.closed.Load():
		a.t.Errorf("turned away and left open: %v", err)
	case errors.Is(err, ledger.ErrSealed):
		a.ended = true
	}
}

func (a *actor) call() {
	l, ok := a.pick()
	if !ok {
		return
	}
	e, err := a.ledger.Acquire(l.kind, l.id)
	if err != nil {
		a.forget(l.id)
		return
	}
	e.Resource().(*probe).use()
	e.Release()
}

func (a *actor) close() {
	l, ok := a.pick()
	if !ok {
		return
	}
	a.forget(l.id)
	err := a.ledger.Close(context.Background(), l.kind, l.id)
	if err != nil && !errors.Is(err, errBroken) && !errors.Is(err, ledger.ErrBadHandle) {
		a.t.Errorf("close: %v", err)
	}
}

func (a *actor) retire() {
	l, ok := a.pick()
	if !ok {
		return
	}
	parent := l.own.parent
	if parent != nil {
		parent.children.Add(-1) // before, because the parent may be closed right after
	}
	if a.ledger.Retire(l.id) {
		a.forget(l.id)
		l.own.closed.Store(true)
	} else if parent != nil {
		parent.children.Add(1)
	}
}

// Random operations from one thread, checked after each: the counts always balance, whatever is refused or broken.
func TestRandomOperations(t *testing.T) {
	for seed := range uint64(50) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			l := ledger.New(ledger.Quota{Total: 40, Kinds: map[ledger.Kind]int{stmt: 25}})
			a := &actor{t: t, ledger: l, random: rand.New(rand.NewPCG(seed, 1))}
			for range 500 {
				a.step()
				balanced(t, l)
			}
			err := l.CloseAll(context.Background())
			if err != nil && !errors.Is(err, errBroken) {
				t.Error(err)
			}
			wantEmpty(t, l)
		})
	}
}

// The same from many threads, with the teardown in the middle of it.
func TestRandomOperationsAtOnce(t *testing.T) {
	for seed := range uint64(20) {
		l := ledger.New(ledger.Quota{Total: 200})
		var actors sync.WaitGroup
		for n := range uint64(8) {
			actors.Go(func() {
				a := &actor{t: t, ledger: l, random: rand.New(rand.NewPCG(seed, n))}
				for !a.ended {
					a.step()
				}
			})
		}
		for l.Counts()[conn].Opened < 300 {
			time.Sleep(100 * time.Microsecond) // until there is something to tear down
		}
		if seed%2 == 0 {
			if err := l.CloseAll(context.Background()); err != nil && !errors.Is(err, errBroken) {
				t.Error(err)
			}
		} else {
			l.TakeOver()()
		}
		wantEmpty(t, l)
		actors.Wait()
		balanced(t, l)
		wantEmpty(t, l)
	}
}

// Many threads that share their handles, so that a handle is closed, retired and used at the same time.
func TestSharedHandles(t *testing.T) {
	l := ledger.New(ledger.Quota{})
	for range 300 {
		parent := &probe{t: t}
		id := register(t, l, conn, 0, parent)
		var threads sync.WaitGroup
		for n := range 4 {
			threads.Go(func() {
				e, err := l.Acquire(conn, id)
				if err != nil {
					return
				}
				parent.children.Add(1)
				child := &probe{t: t, parent: parent}
				_, err = l.Register(context.Background(), stmt, id, "shared", child)
				if err != nil && !child.closed.Load() {
					t.Errorf("turned away and left open: %v", err)
				}
				parent.use()
				e.Release()
				if n%2 == 0 {
					if err := l.Close(context.Background(), conn, id); err != nil && !errors.Is(err, ledger.ErrBadHandle) {
						t.Error(err)
					}
				}
			})
		}
		threads.Wait()
		if !parent.closed.Load() {
			t.Fatal("left open")
		}
		wantEmpty(t, l)
	}
}

func FuzzOperations(f *testing.F) {
	f.Add(uint64(1), uint64(2), uint16(100))
	f.Fuzz(func(t *testing.T, seed1, seed2 uint64, steps uint16) {
		l := ledger.New(ledger.Quota{Total: 10, Kinds: map[ledger.Kind]int{stmt: 5}})
		a := &actor{t: t, ledger: l, random: rand.New(rand.NewPCG(seed1, seed2))}
		for range steps % 1000 {
			a.step()
			balanced(t, l)
		}
		if err := l.CloseAll(context.Background()); err != nil && !errors.Is(err, errBroken) {
			t.Error(err)
		}
		wantEmpty(t, l)
	})
}

func BenchmarkAcquireRelease(b *testing.B) {
	l := ledger.New(ledger.Quota{})
	id, _ := l.Register(b.Context(), conn, 0, "bench", &thing{})
	for b.Loop() {
		e, err := l.Acquire(conn, id)
		if err != nil {
			b.Fatal(err)
		}
		e.Release()
	}
}

func BenchmarkRegisterClose(b *testing.B) {
	l := ledger.New(ledger.Quota{Total: 100})
	ctx := b.Context()
	r := &thing{}
	for b.Loop() {
		id, _ := l.Register(ctx, conn, 0, "bench", r)
		l.Close(ctx, conn, id)
	}
}
