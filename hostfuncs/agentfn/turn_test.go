package agentfn_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/agentfn"
	"innkeeper/runtime/agent"
)

// A turn's deltas arrive joined, then its end; the handle is live until the guest has fetched the end.
func TestTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, run(func(_ context.Context, turn agent.Turn, emit func(agent.Event) error) error {
			for _, e := range []agent.Event{
				{Kind: agent.KindReasoning, Text: "hm, "}, {Kind: agent.KindReasoning, Text: "well"},
				text("you "), text("said "), text(string(turn.Request)), {Kind: agent.KindRefusal, Text: "no"}, done(),
			} {
				if err := emit(e); err != nil {
					return err
				}
			}
			return nil
		}))
		defer h.close()
		turn := h.start(`{"messages":[]}`)
		synctest.Wait()
		for _, want := range []event{
			{abi.EventAgentReasoning, turn, "hm, well"},
			{abi.EventAgentText, turn, `you said {"messages":[]}`},
			{abi.EventAgentRefusal, turn, "no"},
		} {
			if got := h.await(); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		}
		if h.ledger.Open() != 1 {
			t.Error("the handle closed before its last event was fetched")
		}
		if h.events.Recv(nil) <= 0 || h.ledger.Open() != 1 {
			t.Error("an event that did not fit closed the handle")
		}
		last := h.await()
		var done abi.AgentDone
		if !done.Read([]byte(last.payload)) || last.kind != abi.EventAgentDone || done.FinishReason != "stop" || done.Model != "model" {
			t.Errorf("last event: %+v", last)
		}
		if h.ledger.Open() != 0 {
			t.Error("the handle outlived its last event")
		}
		h.want("cancel after the end", h.agent.Cancel(turn), abi.EBADF)
		h.none()
	})
}

// Whatever an agent does, a turn ends with exactly one event.
func TestOneLastEvent(t *testing.T) {
	failed := (&agent.Failed{Status: 429, Code: "slow_down", Message: "later"}).Event()
	for _, c := range []struct {
		name   string
		run    run
		kind   abi.EventKind
		status uint32
		code   string
	}{
		{"returns nothing", func(context.Context, agent.Turn, func(agent.Event) error) error { return nil },
			abi.EventAgentFailed, 502, "agent_error"},
		{"returns an error", func(context.Context, agent.Turn, func(agent.Event) error) error { return errors.New("secret host") },
			abi.EventAgentFailed, 502, "agent_error"},
		{"panics", func(context.Context, agent.Turn, func(agent.Event) error) error { panic("secret value") },
			abi.EventAgentFailed, 500, "internal_error"},
		{"panics in the middle", func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error {
			_ = emit(text("half an ans"))
			panic("secret value")
		}, abi.EventAgentFailed, 500, "internal_error"},
		{"fails by itself", func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error { return emit(failed) },
			abi.EventAgentFailed, 429, "slow_down"},
		{"panics after its end", func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error {
			_ = emit(done())
			panic("secret value")
		}, abi.EventAgentDone, 0, ""},
		{"ends twice and goes on", func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error {
			return errors.Join(emit(done()), emit(failed), emit(text("more")), emit(done()))
		}, abi.EventAgentDone, 0, ""},
		{"ends without content", func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error {
			return emit(agent.Event{Kind: agent.KindDone})
		}, abi.EventAgentFailed, 502, "agent_error"},
		{"fails without content", func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error {
			return emit(agent.Event{Kind: agent.KindFailed})
		}, abi.EventAgentFailed, 502, "agent_error"},
		{"emits what is no event", func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error {
			return emit(agent.Event{})
		}, abi.EventAgentFailed, 502, "agent_error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, c.run)
				defer h.close()
				turn := h.start("{}")
				synctest.Wait()
				list := h.rest()
				last := list[len(list)-1]
				if last.kind != c.kind || last.handle != turn {
					t.Fatalf("last event %+v", last)
				}
				if strings.Contains(last.payload, "secret") {
					t.Errorf("the guest was shown the cause: %s", last.payload)
				}
				if c.kind == abi.EventAgentFailed {
					var failed abi.AgentFailed
					if !failed.Read([]byte(last.payload)) || failed.Status != c.status || failed.Code != c.code || failed.Message == "" {
						t.Errorf("content %+v", failed)
					}
				}
				h.none()
			})
		})
	}
}

// The emit of an agent that goes on after its end says so.
func TestEmitAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var after error
		h := newHarness(t, run(func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error {
			_ = emit(done())
			after = emit(text("more"))
			return nil
		}))
		defer h.close()
		h.start("{}")
		synctest.Wait()
		if after == nil {
			t.Error("an event after the end was taken")
		}
	})
}

// The guest's memory is its own again when start returns.
func TestRequestIsCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		goOn := make(chan struct{})
		h := newHarness(t, run(func(_ context.Context, turn agent.Turn, emit func(agent.Event) error) error {
			<-goOn
			_ = emit(text(string(turn.Request)))
			return emit(done())
		}))
		defer h.close()
		request := []byte("mine")
		h.agent.Start(request)
		copy(request, "lost")
		close(goOn)
		if e := h.await(); e.payload != "mine" {
			t.Errorf("the agent saw %q", e.payload)
		}
	})
}

func TestToolCallPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		arguments := `{"a":"` + strings.Repeat("ü", agentfn.PieceBytes) + `"}`
		h := newHarness(t, run(func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error {
			for _, d := range []agent.ToolCallDelta{
				{Index: 0, ID: "call_a", Name: "look", Arguments: ""},
				{Index: 0, Arguments: `{}`},
				{Index: 7, ID: "call_b", Name: "tell", Arguments: arguments},
			} {
				if err := emit(agent.Event{Kind: agent.KindToolCall, ToolCall: d}); err != nil {
					return err
				}
			}
			return emit(done())
		}))
		defer h.close()
		h.start("{}")
		type call struct{ id, name, arguments string }
		calls := map[uint32]call{}
		for _, e := range h.rest() {
			if e.kind != abi.EventAgentToolCall {
				continue
			}
			if len(e.payload) > agentfn.PieceBytes+64 {
				t.Errorf("a piece of %d bytes", len(e.payload))
			}
			var piece abi.AgentToolCall
			arguments, ok := piece.Read([]byte(e.payload))
			if !ok {
				t.Fatalf("payload %q", e.payload)
			}
			c := calls[piece.Index]
			calls[piece.Index] = call{c.id + string(piece.ID), c.name + string(piece.Name), c.arguments + string(arguments)}
		}
		if calls[0] != (call{"call_a", "look", "{}"}) {
			t.Errorf("call 0: %+v", calls[0])
		}
		if calls[7] != (call{"call_b", "tell", arguments}) {
			t.Errorf("call 7: id %q name %q, %d bytes of arguments", calls[7].id, calls[7].name, len(calls[7].arguments))
		}
	})
}

func TestModels(t *testing.T) {
	h := newHarness(t, run(nil))
	defer h.close()
	want := abi.AgentModels{Models: []abi.AgentModel{{ID: "model", OwnedBy: "innkeeper"}, {ID: "other", OwnedBy: "someone"}}}
	small := make([]byte, 10)
	if n := h.agent.Models(small); int(n) != len(want.Append(nil)) || string(small) != strings.Repeat("\x00", 10) {
		t.Errorf("small buffer: %d, %q", n, small)
	}
	buffer := make([]byte, 200)
	var got abi.AgentModels
	if n := h.agent.Models(buffer); !got.Read(buffer[:n]) || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

// The operator sees why turns fail, once, however many a guest makes fail.
func TestFailuresAreLoggedWithoutFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, run(func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error {
			return emit((&agent.Failed{Status: 502, Message: "no answer", Cause: errors.New("connection refused")}).Event())
		}))
		defer h.close()
		fail := func(times int) {
			for range times {
				h.start("{}")
				h.rest()
			}
			synctest.Wait()
		}
		fail(30)
		if n := strings.Count(h.log.String(), "connection refused"); n != 1 {
			t.Errorf("%d lines for 30 failures:\n%s", n, h.log)
		}
		sleep(agentfn.ReportEvery)
		fail(1)
		if !strings.Contains(h.log.String(), "more_since_last=29") {
			t.Errorf("the failures left out were not counted:\n%s", h.log)
		}
	})
}

func TestPanicIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, run(func(context.Context, agent.Turn, func(agent.Event) error) error { panic("index out of range") }))
		defer h.close()
		h.start("{}")
		h.rest()
		synctest.Wait()
		for _, want := range []string{"level=ERROR", "index out of range", "goroutine"} {
			if !strings.Contains(h.log.String(), want) {
				t.Errorf("the log lacks %q:\n%s", want, h.log)
			}
		}
	})
}
