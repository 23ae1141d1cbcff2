package agentfn_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/agentfn"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/limits"
)

// sleep moves a synctest bubble's clock.
func sleep(d time.Duration) { time.Sleep(d) }

// patient waits for its context before it returns.
func patient(ctx context.Context, _ agent.Turn, emit func(agent.Event) error) error {
	_ = emit(text("one moment"))
	<-ctx.Done()
	if err := emit(text("too late")); err == nil {
		return errors.New("an event of a cancelled turn was taken")
	}
	return context.Cause(ctx)
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, run(patient))
		defer h.close()
		turn := h.start("{}")
		synctest.Wait()
		h.want("cancel", h.agent.Cancel(turn), abi.OK)
		if h.ledger.Open() != 0 {
			t.Error("the handle is still there")
		}
		h.want("cancel again", h.agent.Cancel(turn), abi.EBADF)
		synctest.Wait()
		h.none()
		if n := h.agent.Running(); n != 0 {
			t.Errorf("%d goroutines left", n)
		}
	})
}

// A turn that has ended but whose end was not fetched can be cancelled like one that runs: nothing of it comes.
func TestCancelBeforeTheEndIsFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, run(func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error {
			_ = emit(text("x"))
			return emit(done())
		}))
		defer h.close()
		turn := h.start("{}")
		synctest.Wait()
		h.want("cancel", h.agent.Cancel(turn), abi.OK)
		h.none()
	})
}

// An agent that does not listen must not hold up the guest, only the teardown, and that no longer than its budget.
func TestCancelDoesNotWaitForTheAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		h := newHarness(t, run(func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error {
			<-release
			return emit(done())
		}))
		turn := h.start("{}")
		h.want("cancel", h.agent.Cancel(turn), abi.OK)
		if n := h.agent.Running(); n != 1 {
			t.Errorf("%d goroutines, want the deaf one", n)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := h.agent.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "[1]") {
			t.Errorf("close with a deaf agent: %v", err)
		}
		close(release)
		h.close() // waits
		h.none()
	})
}

// After cancel has returned no event of the turn comes, at whatever moment it hits an agent that talks without pause.
func TestNoEventAfterCancel(t *testing.T) {
	h := newHarness(t, run(func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error {
		for range 50 {
			if err := emit(text("word ")); err != nil {
				return err
			}
		}
		return emit(done())
	}))
	defer h.close()
	for range 2000 {
		turn := h.start("{}")
		for range int(turn % 7) {
			h.next()
		}
		r := h.agent.Cancel(turn)
		if r != 0 && r != abi.EBADF.Result() {
			t.Fatalf("cancel: %d", r)
		}
		if e, ok := h.next(); ok {
			t.Fatalf("event %+v after cancel of %d returned %d", e, turn, r)
		}
	}
}

// An agent that talks faster than the guest listens is held back, and goes on where it stopped.
func TestBackPressure(t *testing.T) {
	const pieces = 100
	piece := strings.Repeat("0123456789abcdef", 1<<10) // 16 KiB
	synctest.Test(t, func(t *testing.T) {
		said := 0
		h := newHarness(t, run(func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error {
			for range pieces {
				if err := emit(text(piece)); err != nil {
					return err
				}
				said++
			}
			return emit(done())
		}))
		defer h.close()
		h.start("{}")
		synctest.Wait()
		if said == 0 || said > 4 {
			t.Errorf("the agent said %d pieces of 16 KiB while 64 KiB may wait", said)
		}
		var answer strings.Builder
		for _, e := range h.rest() {
			if e.kind == abi.EventAgentText {
				answer.WriteString(e.payload)
			}
		}
		if answer.String() != strings.Repeat(piece, pieces) {
			t.Errorf("the answer of %d bytes arrived as %d", pieces*len(piece), answer.Len())
		}
	})
}

func TestCancelLetsAHeldBackAgentGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var end error
		h := newHarness(t, run(func(ctx context.Context, _ agent.Turn, emit func(agent.Event) error) error {
			for end == nil {
				end = emit(text(strings.Repeat("x", 1<<10)))
			}
			return end
		}))
		defer h.close()
		turn := h.start("{}")
		synctest.Wait()
		h.want("cancel", h.agent.Cancel(turn), abi.OK)
		synctest.Wait()
		if !errors.Is(end, context.Canceled) {
			t.Errorf("the agent was told %v", end)
		}
		h.none()
	})
}

// A text in one huge piece reaches the guest in pieces that fit a small buffer, cut between characters.
func TestHugePieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whole := "a" + strings.Repeat("ü", 300<<10)
		h := newHarness(t, run(func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error {
			_ = emit(text(whole))
			return emit(done())
		}))
		defer h.close()
		h.start("{}")
		var answer strings.Builder
		for _, e := range h.rest() {
			if len(e.payload) > 64<<10 {
				t.Errorf("an event of %d bytes", len(e.payload))
			}
			if e.kind == abi.EventAgentText {
				if e.payload != strings.ToValidUTF8(e.payload, "") {
					t.Error("a character was cut")
				}
				answer.WriteString(e.payload)
			}
		}
		if answer.String() != whole {
			t.Errorf("%d bytes arrived as %d", len(whole), answer.Len())
		}
	})
}

// The end of the instance ends its turns; nobody is left to tell.
func TestInstanceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, run(func(ctx context.Context, _ agent.Turn, _ func(agent.Event) error) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}))
		defer h.close()
		h.start("{}")
		h.cancel()
		synctest.Wait()
		h.none()
		if n := h.agent.Running(); n != 0 {
			t.Errorf("%d goroutines left", n)
		}
	})
}

func TestRefusedStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const value = limits.TurnValueBytes
		flight := budget.New(150 + 3*value)
		h := newHarness(t, run(patient), func(cfg *agentfn.Config) {
			cfg.MaxTurnBytes, cfg.MaxTurnsBytes, cfg.Flight = 100, 150+2*value, flight
		})
		big := strings.Repeat("x", 101)
		h.want("too large", h.agent.Start([]byte(big)), abi.E2BIG)
		first := h.start(big[:100])
		h.want("too large together", h.agent.Start([]byte(big[:51])), abi.ENOMEM)
		h.want("too many values together", h.agent.Start([]byte("[0,0,0,0]")), abi.ENOMEM)
		if open := h.ledger.Open(); open != 1 {
			t.Errorf("%d handles are open, want that of the turn that runs", open)
		}
		h.start(big[:50])
		h.agent.Cancel(first)
		synctest.Wait()
		h.start(big[:100]) // the bytes of a turn that is over are free again
		h.ledger.Seal()
		h.want("sealed ledger", h.agent.Start(nil), abi.ECANCELED)
		h.close()
		h.want("closed family", h.agent.Start(nil), abi.ECANCELED)
		if used := flight.Use().Used; used != 0 {
			t.Errorf("%d bytes were not given back", used)
		}
	})
}

// Several instances have less together than each may have.
func TestTurnsOfAllInstancesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flight := budget.New(100)
		share := func(cfg *agentfn.Config) { cfg.Flight = flight }
		one, other := newHarness(t, run(patient), share), newHarness(t, run(patient), share)
		turn := one.start(strings.Repeat("x", 60))
		other.want("together too large", other.agent.Start([]byte("{}")), abi.ENOMEM)
		one.agent.Cancel(turn)
		synctest.Wait()
		other.start("{}")
		one.close()
		other.close()
		if used := flight.Use().Used; used != 0 {
			t.Errorf("%d bytes were not given back", used)
		}
	})
}

// What would cost an agent more than it is worth is not even copied.
func TestWhatNoAgentShallRead(t *testing.T) {
	h := newHarness(t, run(func(context.Context, agent.Turn, func(agent.Event) error) error {
		t.Error("the agent was asked")
		return nil
	}))
	defer h.close()
	for name, request := range map[string]string{
		"brackets":    strings.Repeat("[", 10_900_000),
		"deep":        strings.Repeat("[", limits.JSONDepth+1) + strings.Repeat("]", limits.JSONDepth+1),
		"many values": "[" + strings.Repeat("0,", limits.TurnValues) + "0]",
	} {
		text := []byte(request)
		allocated := testing.AllocsPerRun(1, func() { h.want(name, h.agent.Start(text), abi.E2BIG) })
		if allocated > 4 { // the error, no copy
			t.Errorf("%s: %v allocations", name, allocated)
		}
	}
	if counts := h.ledger.Counts()[kindTurn]; counts.Opened != 0 {
		t.Errorf("handles: %+v", counts)
	}
}

func TestClosedFamilyStartsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, run(patient))
		if err := h.agent.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		h.want("start", h.agent.Start([]byte("{}")), abi.ECANCELED)
		h.close()
	})
}

// Ten thousand turns: the quota's errno, earlier handles still work, and turns that ended count until they were fetched.
func TestQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, run(func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error { return emit(done()) }))
		defer h.close()
		started := 0
		for range 10_000 {
			switch r := h.agent.Start([]byte("{}")); {
			case r > 0:
				started++
			case r != abi.EMFILE.Result():
				t.Fatalf("start: %v", abi.FromResult(r))
			}
			synctest.Wait()
		}
		if started != 50 {
			t.Errorf("%d turns with a quota of 50", started)
		}
		h.rest()
		h.start("{}")
	})
}

// Numbers that are no live turn: EBADF, and nothing else happens.
func TestBadHandles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, run(patient))
		defer h.close()
		other, err := h.ledger.Register(context.Background(), "http.exchange", 0, "test", inert{})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.box.PostNew(abi.EventHTTPRequest, other, nil, true); err != nil {
			t.Fatal(err)
		}
		turn := h.start("{}")
		synctest.Wait()
		for id := range uint32(1 << 16) {
			if id != turn {
				h.want("cancel", h.agent.Cancel(id), abi.EBADF)
			}
		}
		h.want("cancel", h.agent.Cancel(1<<32-1), abi.EBADF)
		if e := h.await(); e.handle != other {
			t.Errorf("the other handle's event was lost, got %+v", e)
		}
		if e := h.await(); e.handle != turn {
			t.Errorf("the turn's event was lost, got %+v", e)
		}
	})
}

type inert struct{}

func (inert) CloseHandle(context.Context) error { return nil }

// Starts that race with a teardown leave nothing, whoever is first.
func TestStartWhileClosing(t *testing.T) {
	for range 200 {
		h := newHarness(t, run(patient))
		var starters sync.WaitGroup
		for range 4 {
			starters.Go(func() {
				for {
					if r := h.agent.Start([]byte("{}")); r == abi.ECANCELED.Result() {
						return
					} else if r < 0 && r != abi.EMFILE.Result() {
						t.Errorf("start: %v", abi.FromResult(r))
						return
					}
				}
			})
		}
		h.close()
		starters.Wait()
		if c := h.ledger.Counts()[kindTurn]; c.Open != 0 || c.Failed != 0 {
			t.Fatalf("handles: %+v", c)
		}
	}
}

var _ ledger.Resource = inert{}
