package gateway

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"innkeeper/runtime/supervisor"
)

// hangingCalls is a plan of the puppet whose host calls to the family config do not come back before they are let go, as long as hang
// is set.
func hangingCalls(t *testing.T, dir string) (p plan, hang *atomic.Bool, release func()) {
	t.Helper()
	held := make(chan struct{})
	release = func() {
		select {
		case <-held:
		default:
			close(held)
		}
	}
	hang = &atomic.Bool{}
	hang.Store(true)
	module := newPuppet()
	file := module.main(module.openDatabase(), module.ready(), module.mark(), module.idle()).write(t, dir, "m", puppetManifest)
	return plan{toml: adapter(puppetName, file, `budgets = { stall = "50ms", close = "200ms" }`), fault: func(family, _ string) (int32, bool) {
		if family == "config" && hang.Load() {
			<-held
		}
		return 0, family == "config"
	}}, hang, release
}

// An instance whose host call does not come back is taken over by the host: its slot goes on with the next one, and status says
// what is held, since when, until it is closed.
func TestTheHostTakesOverWhatHangs(t *testing.T) {
	dir := t.TempDir()
	p, hang, release := hangingCalls(t, dir)
	h := openIn(t, dir, p)
	defer release()
	h.await(puppetName, supervisor.Backoff)
	hang.Store(false)
	if got := h.await(puppetName, supervisor.Connected); got.Generation < 2 {
		t.Errorf("generation %d", got.Generation)
	}
	status := h.Status()
	held := status.TakenOver.Held
	if len(held) == 0 || status.TakenOver.Total != uint64(len(held)) {
		t.Fatalf("%+v", status.TakenOver)
	}
	if first := held[0]; first.Adapter != puppetName || first.Generation != 1 || !strings.Contains(first.What, "the guest") || time.Since(first.Since) > time.Minute {
		t.Errorf("%+v", first)
	}
	if live := h.slotOf(puppetName).generations(); len(live) != 1 {
		t.Errorf("%d live", len(live))
	}
	opened := h.Status().Adapters[0].Handles.Opened
	release()
	h.takenOverIsClosed()
	if now := h.Status().Adapters[0].Handles.Opened; now < opened {
		t.Errorf("%d handles were opened, %d once what was taken over is closed", opened, now)
	}
	if got := h.Status().Adapters[0]; got.State != string(supervisor.Connected) || got.Handles.TakenOver != 0 {
		t.Errorf("%+v", got)
	}
	h.must(h.Pause(context.Background(), puppetName))
	h.balanced(puppetName)
}

// A slot in which every instance hangs waits after a few, and goes on by itself when what hangs comes back.
func TestSlotThatHangsAlwaysRecoversByItself(t *testing.T) {
	dir := t.TempDir()
	p, hang, release := hangingCalls(t, dir)
	p.toml += `backoff = { initial = "1ms", max = "1ms" }`
	h := openIn(t, dir, p)
	defer release()
	h.awaitStatus(puppetName, func(st supervisor.Status) bool { return st.State == supervisor.Backoff && st.NextAttempt.IsZero() })
	if held := len(h.Status().TakenOver.Held); held < 2 || h.Status().Adapters[0].NextAttempt != nil {
		t.Errorf("%d held: %+v", held, h.Status().Adapters[0])
	}
	hang.Store(false)
	release()
	h.await(puppetName, supervisor.Connected)
	h.takenOverIsClosed()
	h.must(h.Pause(context.Background(), puppetName))
	h.balanced(puppetName)
}

// What hangs keeps neither a restart, a reload, nor a slot's removal waiting, and its return is as of any.
func TestChangesGoOnBesideWhatHangs(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	p, hang, release := hangingCalls(t, dir)
	h := openIn(t, dir, p)
	defer release()
	h.await(puppetName, supervisor.Backoff)
	h.configure("")
	if _, err := h.Reload(ctx); err != nil {
		t.Errorf("taken out: %v", err)
	}
	if a := h.Status().Adapters; len(a) != 0 {
		t.Errorf("%+v", a)
	}
	hang.Store(false)
	h.configure(p.toml)
	if _, err := h.Reload(ctx); err != nil {
		t.Errorf("put in again: %v", err)
	}
	h.await(puppetName, supervisor.Connected)
	release()
	h.takenOverIsClosed()
	h.must(h.Pause(context.Background(), puppetName))
	h.balanced(puppetName)
}

// The host ends although something hangs, says what, and waits for it no longer than a moment.
func TestTheHostEndsAlthoughSomethingHangs(t *testing.T) {
	dir := t.TempDir()
	p, _, release := hangingCalls(t, dir)
	p.leaves = true
	h := openIn(t, dir, p)
	defer release()
	h.await(puppetName, supervisor.Backoff)
	err := h.Stop(context.Background())
	if !errors.Is(err, ErrLeft) || !strings.Contains(err.Error(), puppetName) {
		t.Errorf("stop: %v", err)
	}
	if a := h.Status().Adapters[0]; a.State != string(supervisor.Stopped) {
		t.Errorf("state %s", a.State)
	}
}

// hangs is a resource whose closer waits for the test.
type hangs struct{ release chan struct{} }

func (r hangs) CloseHandle(context.Context) error {
	<-r.release
	return nil
}

// A bug in the host's own code that runs an instance leaves nothing of it open; what cannot be closed is taken over.
func TestNothingStaysOpenAfterAPanicOfTheHost(t *testing.T) {
	dir := t.TempDir()
	p := newPuppet()
	file := p.main(p.serve("x")).write(t, dir, "m", puppetManifest)
	h := openIn(t, dir, plan{toml: adapter(puppetName, file, `budgets = { close = "100ms" }`)})
	h.await(puppetName, supervisor.Connected)
	s, release := h.slotOf(puppetName), make(chan struct{})
	close(release)
	for _, hanging := range []bool{false, true} {
		g, err := s.wanted().newGeneration(t.Context(), supervisor.Run{Generation: 99})
		if err != nil {
			t.Fatal(err)
		}
		if hanging {
			release = make(chan struct{})
		}
		if _, err := g.Ledger.Register(t.Context(), "test", 0, "test", hangs{release}); err != nil {
			t.Fatal(err)
		}
		ended := g.runWith(t.Context(), nil) // which panics at once
		if ended.Code != "host_panic" || ended.Trace == "" || (ended.Left != nil) != hanging || g.Ledger.Open() != 0 || g.Context.Err() == nil {
			t.Errorf("%+v, %d open", ended, g.Ledger.Open())
		}
		if hanging {
			over := make(chan struct{})
			ended.Left.Then(func() { close(over) })
			close(release)
			<-over
		}
		if count := g.Ledger.Counts()["test"]; count.Closed != 1 || count.TakenOver != 0 {
			t.Errorf("%+v", count)
		}
	}
}

// takenOverIsClosed waits until the host holds nothing of any instance.
func (h *harness) takenOverIsClosed() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	h.must(h.custody.wait(ctx))
	if held := h.Status().TakenOver.Held; len(held) != 0 {
		h.t.Errorf("%+v", held)
	}
}
