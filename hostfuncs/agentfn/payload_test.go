package agentfn

import (
	"testing"

	"innkeeper/runtime/agent"
)

// Written by hand or by package json, a Done is the same.
func TestDonePayload(t *testing.T) {
	for _, d := range []agent.Done{
		{},
		{FinishReason: agent.FinishStop, Model: "echo"},
		{FinishReason: agent.FinishLength, Model: "m", Usage: &agent.Usage{}},
		{FinishReason: "x", Model: "m", Usage: &agent.Usage{
			PromptTokens: 1, CompletionTokens: 22, TotalTokens: 333, CachedTokens: 4444, ReasoningTokens: -1 << 63,
		}, ID: "chatcmpl-1", SystemFingerprint: "fp", ServiceTier: "default"},
		{FinishReason: "a\"b\\c\n", Model: "<m&m>\u2028 grüße \xff", ID: "\x7f"},
	} {
		e := agent.Event{Kind: agent.KindDone, Done: &d}
		if got, want := string(lastPayload(e)), string(e.Payload()); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	failed := agent.BadRequest("messages", "no messages").Event()
	if got, want := string(lastPayload(failed)), string(failed.Payload()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
