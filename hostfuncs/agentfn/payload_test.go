package agentfn

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/agent"
)

func TestDonePayload(t *testing.T) {
	for _, d := range []agent.Done{
		{},
		{FinishReason: agent.FinishStop, Model: "echo"},
		{FinishReason: agent.FinishLength, Model: "m", Usage: &agent.Usage{}},
		{FinishReason: "x", Model: "m", Usage: &agent.Usage{
			PromptTokens: 1, CompletionTokens: 22, TotalTokens: 333, CachedTokens: 4444, ReasoningTokens: -1 << 63,
		}, ID: "chatcmpl-1", SystemFingerprint: "fp", ServiceTier: "default"},
	} {
		var got abi.AgentDone
		if !got.Read(lastPayload(agent.Event{Kind: agent.KindDone, Done: &d})) {
			t.Fatalf("%+v: not read", d)
		}
		back := agent.Done{
			FinishReason: got.FinishReason, Model: got.Model, Usage: (*agent.Usage)(got.Usage),
			ID: got.ID, SystemFingerprint: got.SystemFingerprint, ServiceTier: got.ServiceTier,
		}
		if !reflect.DeepEqual(back, d) {
			t.Errorf("got %+v, want %+v", back, d)
		}
	}
}

func TestFailedPayload(t *testing.T) {
	failed := agent.BadRequest("messages", "no messages")
	failed.RetryAfter, failed.Cause = 1500*time.Millisecond, errors.New("secret")
	want := abi.AgentFailed{
		Status: 400, Type: agent.TypeInvalidRequest, Code: "invalid_value", Message: "no messages", Param: "messages", RetryAfterMS: 1500,
	}
	var got abi.AgentFailed
	if !got.Read(lastPayload(failed.Event())) || got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
