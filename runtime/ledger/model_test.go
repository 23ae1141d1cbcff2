package ledger_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"innkeeper/runtime/ledger"
)

// model is what a ledger is, said as simply as possible: a list of handles, oldest first.
type model struct {
	t      *testing.T
	real   *ledger.Ledger
	bound  int
	sealed bool
	last   uint32
	live   []*modelHandle
	opened uint64
	closed uint64
}

type modelHandle struct {
	id       uint32
	parent   *modelHandle
	resource *thing
	entry    *ledger.Entry // held by a call; nil if not
	closing  bool
}

func (m *model) pick(at byte) *modelHandle {
	if len(m.live) == 0 {
		return nil
	}
	return m.live[int(at)%len(m.live)]
}

// step does one thing to both, and compares what comes of it.
func (m *model) step(op, at byte) {
	switch op % 7 {
	case 0, 1:
		m.register(at, op%7 == 1)
	case 2:
		m.acquire(at)
	case 3:
		m.release(at)
	case 4:
		m.close(at)
	case 5:
		m.retire(at)
	case 6:
		if at%8 == 0 {
			m.real.Seal()
			m.sealed = true
		}
	}
	m.compare()
}

func (m *model) register(at byte, child bool) {
	h := &modelHandle{id: m.last + 1, resource: &thing{}}
	parent := uint32(0)
	if child {
		if h.parent = m.pick(at); h.parent != nil {
			parent = h.parent.id
		}
	}
	want := error(nil)
	switch {
	case m.sealed:
		want = ledger.ErrSealed
	case len(m.live) >= m.bound:
		want = ledger.ErrQuota
	case h.parent != nil && h.parent.closing:
		want = ledger.ErrBadHandle
	}
	id, err := m.real.Register(context.Background(), conn, parent, "model", h.resource)
	m.opened++
	if !errors.Is(err, want) || (err == nil) != (want == nil) {
		m.t.Fatalf("register: %v, want %v", err, want)
	}
	if want != nil {
		m.closed++
		if h.resource.calls != 1 {
			m.t.Fatal("turned away and left open")
		}
		return
	}
	if id != h.id {
		m.t.Fatalf("handle %d, want %d", id, h.id)
	}
	m.last = id
	m.live = append(m.live, h)
}

func (m *model) acquire(at byte) {
	h := m.pick(at)
	if h == nil || h.entry != nil {
		return // it would wait for itself
	}
	entry, err := m.real.Acquire(conn, h.id)
	if (err == nil) == h.closing {
		m.t.Fatalf("acquire of %d: %v, closing %v", h.id, err, h.closing)
	}
	h.entry = entry
}

func (m *model) release(at byte) {
	if h := m.pick(at); h != nil && h.entry != nil {
		h.entry.Release()
		h.entry = nil
	}
}

// over is the context of a close that waits for no call.
func over() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func (m *model) close(at byte) {
	h := m.pick(at)
	if h == nil {
		return
	}
	err := m.real.Close(over(), conn, h.id)
	if (err == nil) != m.closes(h) {
		m.t.Fatalf("close of %d: %v", h.id, err)
	}
}

// closes closes a handle and all below it as far as no call is using it, and reports whether that was all.
func (m *model) closes(h *modelHandle) bool {
	h.closing = true
	all := true
	for _, other := range slices.Backward(slices.Clone(m.live)) {
		if other.parent == h && !m.closes(other) {
			all = false
		}
	}
	if !all || h.entry != nil {
		return false
	}
	m.drop(h)
	m.closed++
	return true
}

func (m *model) drop(h *modelHandle) {
	m.live = slices.DeleteFunc(m.live, func(other *modelHandle) bool { return other == h })
}

func (m *model) retire(at byte) {
	h := m.pick(at)
	if h == nil {
		return
	}
	parent := slices.ContainsFunc(m.live, func(other *modelHandle) bool { return other.parent == h })
	if got := m.real.Retire(h.id); got == parent {
		m.t.Fatalf("retire of %d: %v, it is a parent: %v", h.id, got, parent)
	}
	if parent {
		return
	}
	m.drop(h)
	m.closed++
	if h.entry != nil {
		h.entry.Release()
	}
}

// compare asserts that the ledger holds what the model does.
func (m *model) compare() {
	m.t.Helper()
	balanced(m.t, m.real)
	items := m.real.Items()
	if len(items) != len(m.live) {
		m.t.Fatalf("%d handles, want %d", len(items), len(m.live))
	}
	for i, h := range m.live {
		if items[i].ID != h.id || h.resource.calls != 0 {
			m.t.Fatalf("handle %d (closed %d times), want %d", items[i].ID, h.resource.calls, h.id)
		}
	}
	if c := m.real.Counts()[conn]; c.Opened != m.opened || c.Closed != m.closed {
		m.t.Fatalf("%+v, want %d opened and %d closed", c, m.opened, m.closed)
	}
}

// end closes everything: what no call uses at once, the rest is taken over and closed when the calls come back.
func (m *model) end() {
	_ = m.real.CloseAll(over())
	m.sealed = true
	for _, h := range slices.Backward(slices.Clone(m.live)) {
		if h.parent == nil {
			m.closes(h)
		}
	}
	m.compare()
	closeAll := m.real.TakeOver()
	for _, h := range m.live {
		if h.entry != nil {
			h.entry.Release()
		}
	}
	closeAll()
	for _, h := range m.live {
		if h.resource.calls != 1 {
			m.t.Fatalf("handle %d was closed %d times", h.id, h.resource.calls)
		}
	}
	m.closed += uint64(len(m.live))
	m.live = nil
	m.compare()
}

// FuzzModel does anything that a host does to a ledger, in any order, and compares it with a model after each step.
func FuzzModel(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 2, 1, 4, 0, 3, 0, 4, 0})
	f.Add([]byte{0, 0, 1, 0, 1, 1, 2, 2, 4, 0, 1, 0, 5, 2, 4, 0})
	f.Add([]byte{0, 0, 0, 0, 2, 0, 5, 0, 6, 8, 0, 0, 2, 1})
	f.Fuzz(func(t *testing.T, steps []byte) {
		m := &model{t: t, real: ledger.New(ledger.Quota{Total: 12}), bound: 12}
		for len(steps) >= 2 {
			m.step(steps[0], steps[1])
			steps = steps[2:]
		}
		m.end()
	})
}
