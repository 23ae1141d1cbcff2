package agent_test

import (
	"errors"
	"testing"
	"time"

	"innkeeper/runtime/agent"
)

func TestPayload(t *testing.T) {
	secret := errors.New("dial 10.0.0.1: key sk-123")
	cases := []struct {
		event agent.Event
		want  string
	}{
		{agent.Event{Kind: agent.KindText, Text: "a \"b\"\n"}, "a \"b\"\n"},
		{agent.Event{Kind: agent.KindReasoning, Text: "hm"}, "hm"},
		{agent.Event{Kind: agent.KindRefusal, Text: "no"}, "no"},
		{agent.Event{Kind: agent.KindToolCall, ToolCall: agent.ToolCallDelta{ID: "c", Name: "f"}},
			`{"index":0,"id":"c","name":"f","arguments":""}`},
		{agent.Event{Kind: agent.KindToolCall, ToolCall: agent.ToolCallDelta{Index: 1, Arguments: `{"a`}},
			`{"index":1,"arguments":"{\"a"}`},
		{agent.Event{Kind: agent.KindDone, Done: &agent.Done{FinishReason: "stop", Model: "m",
			Usage: &agent.Usage{PromptTokens: 1, CompletionTokens: 2, TotalTokens: 3, CachedTokens: 4, ReasoningTokens: 5}}},
			`{"finish_reason":"stop","model":"m","usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,` +
				`"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":5}}}`},
		{agent.Event{Kind: agent.KindDone, Done: &agent.Done{FinishReason: "length", Model: "m", ID: "i", SystemFingerprint: "fp", ServiceTier: "st"}},
			`{"finish_reason":"length","model":"m","usage":null,"id":"i","system_fingerprint":"fp","service_tier":"st"}`},
		{(&agent.Failed{Status: 429, Type: "t", Code: "c", Message: "m", Param: "p", RetryAfter: 1500 * time.Millisecond, Cause: secret}).Event(),
			`{"status":429,"type":"t","code":"c","message":"m","param":"p","retry_after_ms":1500}`},
		{(&agent.Failed{Status: 502, Type: "t", Message: "m"}).Event(),
			`{"status":502,"type":"t","code":null,"message":"m","param":null,"retry_after_ms":0}`},
	}
	for _, c := range cases {
		if got := string(c.event.Payload()); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.event.Kind, got, c.want)
		}
		if last := c.event.Kind == agent.KindDone || c.event.Kind == agent.KindFailed; c.event.Kind.Last() != last {
			t.Errorf("%s: Last = %v", c.event.Kind, !last)
		}
	}
}

func TestFailedIsAnError(t *testing.T) {
	cause := errors.New("refused")
	var err error = &agent.Failed{Status: 502, Code: "c", Message: "m", Param: "p", Cause: cause}
	if !errors.Is(err, cause) || err.Error() != "agent[502 c]: m (p): refused" {
		t.Errorf("%v", err)
	}
	bad := agent.BadRequest("messages[3].content", "%s is required", "content")
	if bad.Status != 400 || bad.Type != agent.TypeInvalidRequest || bad.Param != "messages[3].content" || bad.Message != "content is required" {
		t.Errorf("%+v", bad)
	}
}
