package openaiagent_test

import (
	"fmt"
	"testing"

	"innkeeper/runtime/agent"
	up "innkeeper/runtime/agent/upstreamtest"
)

func TestAnswer(t *testing.T) {
	s := up.Start(t, up.Text("Hello", ", ", "world"))
	r := run(t, newAgent(t, s.URL()), hello)
	if r.text != "Hello, world" || len(r.events) != 4 {
		t.Errorf("text %q in %d events", r.text, len(r.events))
	}
	want := agent.Done{FinishReason: "stop", Model: "up-model", ID: "chatcmpl-up", SystemFingerprint: "fp_up", ServiceTier: "default",
		Usage: &agent.Usage{PromptTokens: 7, CompletionTokens: 3, TotalTokens: 10, CachedTokens: 2, ReasoningTokens: 1}}
	if *r.done.Usage != *want.Usage {
		t.Errorf("usage = %+v", *r.done.Usage)
	}
	r.done.Usage, want.Usage = nil, nil
	if *r.done != want {
		t.Errorf("done = %+v, want %+v", *r.done, want)
	}
}

func TestDeltas(t *testing.T) {
	cases := []struct {
		name   string
		frames []string
		want   string // of all events but the last
		finish string
	}{
		{"reasoning_content", []string{up.Delta(`{"reasoning_content":"hm"}`), up.Content("a"), up.Finish("stop")}, "[reasoning hm][text a]", "stop"},
		{"reasoning", []string{up.Delta(`{"reasoning":"hm","content":""}`), up.Content("a"), up.Finish("stop")}, "[reasoning hm][text a]", "stop"},
		{"both say the same", []string{up.Delta(`{"reasoning":"hm","reasoning_content":"hm"}`), up.Finish("stop")}, "[reasoning hm]", "stop"},
		{"refusal", []string{up.Delta(`{"refusal":"no"}`), up.Finish("stop")}, "[refusal no]", "stop"},
		{"null content", []string{up.Delta(`{"role":"assistant","content":null}`), up.Content("a"), up.Finish("length")}, "[text a]", "length"},
		{"parts", []string{up.Delta(`{"content":[{"type":"text","text":"a"},{"type":"other"}]}`), up.Finish("stop")}, "[text a]", "stop"},
		{"tool calls", []string{up.CallStart(0, "c0", "f"), up.CallArguments(0, `{"a":`), up.CallArguments(0, `1}`), up.CallStart(1, "c1", "g"), up.Finish("tool_calls")},
			`[0 c0 f ][0   {"a":][0   1}][1 c1 g ]`, "tool_calls"},
		{"calls without index", []string{up.Delta(`{"tool_calls":[{"id":"a","function":{"name":"f","arguments":{"x":1}}},{"id":"b","function":{"name":"g","arguments":"{}"}}]}`), up.Finish("tool_calls")},
			`[0 a f {"x":1}][1 b g {}]`, "tool_calls"},
		{"comments", []string{up.Comment, up.Content("a"), up.Comment, up.Finish("stop")}, "[text a]", "stop"},
		{"a second choice", []string{up.Frame(`{"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":"length"}]}`), up.Content("a"), up.Finish("stop")}, "[text a]", "stop"},
		{"fields and chunks not known", []string{up.Frame(`{"prompt_filter_results":[]}`), up.Frame(`{"choices":[],"x":{}}`), up.Content("a"), up.Finish("stop")}, "[text a]", "stop"},
		{"CRLF and split lines", []string{"data: {\"choices\":[{\"delta\":\r\n", "data: {\"content\":\"a\"}}]}\r\n\r\n", up.Finish("stop")}, "[text a]", "stop"},
		{"[DONE] without a finish reason", []string{up.Content("a")}, "[text a]", "stop"},
		{"the same with a call", []string{up.CallStart(0, "c", "f")}, "[0 c f ]", "tool_calls"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := up.Start(t, up.Stream(append(c.frames, up.Done)...))
			r := run(t, newAgent(t, s.URL()), hello)
			got := ""
			for _, e := range r.events[:len(r.events)-1] {
				if e.Kind == agent.KindToolCall {
					got += fmt.Sprintf("[%d %s %s %s]", e.ToolCall.Index, e.ToolCall.ID, e.ToolCall.Name, e.ToolCall.Arguments)
				} else {
					got += fmt.Sprintf("[%s %s]", e.Kind, e.Text)
				}
			}
			if got != c.want || r.done == nil || r.done.FinishReason != c.finish {
				t.Errorf("%s, done %+v, failed %v; want %s and %s", got, r.done, r.failed, c.want, c.finish)
			}
		})
	}
}

// An answer whose finish reason has come is whole, however the connection ends.
func TestWholeAnswerWithoutDoneMarker(t *testing.T) {
	for name, b := range map[string]up.Behaviour{
		"end":  up.Stream(up.Content("a"), up.Finish("stop")),
		"drop": up.Cut(up.Content("a"), up.Finish("stop")),
	} {
		r := run(t, newAgent(t, up.Start(t, b).URL()), hello)
		if r.text != "a" || r.done == nil || r.done.Usage != nil {
			t.Errorf("%s: %q, done %+v, failed %v", name, r.text, r.done, r.failed)
		}
	}
}

func TestConnectionIsUsedAgain(t *testing.T) {
	remotes := make(chan string, 8)
	// In one piece, so that the end of the response is surely there with the end of the answer.
	s := up.Start(t, noting(remotes, up.Raw(200, "text/event-stream", up.Content("a")+up.Finish("stop")+up.Done)))
	a := newAgent(t, s.URL())
	for range 3 {
		run(t, a, hello)
	}
	first := <-remotes
	for range 2 {
		if next := <-remotes; next != first {
			t.Errorf("a turn came from %s, the first from %s: it made a connection of its own", next, first)
		}
	}
}
