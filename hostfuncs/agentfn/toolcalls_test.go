package agentfn_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/agentfn"
	"innkeeper/runtime/agent"
)

// What stands behind an agent may send names and numbers of any size. No event with them reaches the guest; the turn fails, and
// the agent hears that it is over.
func TestUnfitCalls(t *testing.T) {
	arguments := make([]agent.ToolCallDelta, 9)
	for i := range arguments {
		arguments[i] = agent.ToolCallDelta{Index: i % 2, Arguments: strings.Repeat("x", agentfn.ToolArgumentsBytes/8)}
	}
	for _, c := range []struct {
		name   string
		pieces []agent.ToolCallDelta
		says   string
	}{
		{"id", []agent.ToolCallDelta{{ID: strings.Repeat("x", 32<<20), Name: "f"}}, "id is longer than 4096 bytes"},
		{"name", []agent.ToolCallDelta{{ID: "a", Name: strings.Repeat("x", 32<<20)}}, "name is longer than 256 bytes"},
		{"calls", []agent.ToolCallDelta{{Index: agentfn.ToolCalls - 1}, {Index: agentfn.ToolCalls}}, "more than 128 function calls"},
		{"negative", []agent.ToolCallDelta{{Index: -1}}, "more than 128 function calls"},
		{"arguments", arguments, "arguments of more than 8388608 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var end error
				h := newHarness(t, run(func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error {
					for _, piece := range c.pieces {
						if end = emit(agent.Event{Kind: agent.KindToolCall, ToolCall: piece}); end != nil {
							return end
						}
					}
					return emit(done())
				}))
				defer h.close()
				h.start("{}")
				for _, e := range h.rest() {
					if len(e.payload) > agentfn.PieceBytes+64 {
						t.Errorf("an event of %d bytes", len(e.payload))
					}
					var failed abi.AgentFailed
					if e.kind == abi.EventAgentDone || e.kind == abi.EventAgentFailed &&
						(!failed.Read([]byte(e.payload)) || failed.Status != 502 || failed.Code != "agent_malformed" || !strings.Contains(failed.Message, c.says)) {
						t.Errorf("ended with event %#x: %+v", e.kind, failed)
					}
				}
				synctest.Wait()
				if end == nil {
					t.Error("the agent was not told")
				}
				h.none()
			})
		})
	}
}

// Words at the end of a turn are no place for megabytes or for control characters.
func TestWordsAreCut(t *testing.T) {
	long := strings.Repeat("\x1b[31m", 4<<20)
	for _, last := range []agent.Event{
		{Kind: agent.KindDone, Done: &agent.Done{FinishReason: long, Model: long, ID: long, SystemFingerprint: long, ServiceTier: long}},
		{Kind: agent.KindFailed, Failed: &agent.Failed{Status: 400, Type: long, Code: long, Message: long, Param: long}},
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHarness(t, run(func(_ context.Context, _ agent.Turn, emit func(agent.Event) error) error { return emit(last) }))
			defer h.close()
			h.start("{}")
			for _, e := range h.rest() {
				if len(e.payload) > 16<<10 || strings.Contains(e.payload, "\x1b") {
					t.Errorf("an event of %d bytes: %.100q", len(e.payload), e.payload)
				}
			}
		})
	}
}
