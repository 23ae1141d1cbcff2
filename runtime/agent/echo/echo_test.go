package echo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/agent"
	"innkeeper/runtime/agent/echo"
)

// result is a whole turn, put together.
type result struct {
	events    []agent.Event
	text      string
	reasoning string
	callID    string
	callName  string
	arguments string
	done      *agent.Done
	failed    *agent.Failed
}

func run(t testing.TB, a agent.Agent, body string) result {
	t.Helper()
	var r result
	err := a.Run(t.Context(), agent.Turn{Request: []byte(body)}, func(e agent.Event) error {
		if r.done != nil || r.failed != nil {
			t.Errorf("%s after the last event", e.Kind)
		}
		r.events = append(r.events, e)
		switch e.Kind {
		case agent.KindText:
			r.text += e.Text
		case agent.KindReasoning:
			r.reasoning += e.Text
		case agent.KindToolCall:
			r.callID += e.ToolCall.ID
			r.callName += e.ToolCall.Name
			r.arguments += e.ToolCall.Arguments
		case agent.KindDone:
			r.done = e.Done
		case agent.KindFailed:
			r.failed = e.Failed
		}
		return nil
	})
	if err != nil || (r.done == nil) == (r.failed == nil) {
		t.Fatalf("Run: err=%v done=%v failed=%v; want exactly one last event", err, r.done, r.failed)
	}
	return r
}

// complete runs a turn that must not fail.
func complete(t testing.TB, body string) result {
	t.Helper()
	r := run(t, echo.New(echo.Config{}), body)
	if r.failed != nil {
		t.Fatalf("failed: %v", r.failed)
	}
	return r
}

// ask wraps one user message and further fields as a request.
func ask(content, more string) string {
	b, _ := json.Marshal(content)
	return `{"model":"m","messages":[{"role":"user","content":` + string(b) + `}]` + more + `}`
}

func TestEchoIsExactAndWordByWord(t *testing.T) {
	for _, text := range []string{
		"hello", "hello world", "  lead and trail \n", " ", "", "a\tb\n\n  c", "日本語 テスト", "quote \" and \\ and \u0001",
		strings.Repeat("長い", 1000), strings.Repeat("x", 1000),
	} {
		r := complete(t, ask(text, `,"stream":true`))
		if r.text != text {
			t.Errorf("echo of %.40q is %.40q", text, r.text)
		}
		for _, e := range r.events[:len(r.events)-1] {
			if words := len(strings.Fields(e.Text)); words > 1 || len(e.Text) > 300 || e.Text == "" {
				t.Errorf("an event of %.40q holds %d words, %d bytes", text, words, len(e.Text))
			}
			if strings.ToValidUTF8(e.Text, "") != e.Text {
				t.Errorf("an event of %.40q cuts a character: %q", text, e.Text)
			}
		}
	}
}

// Who does not ask for a stream gets the same in one piece.
func TestWithoutAStreamAnAnswerComesWhole(t *testing.T) {
	for _, more := range []string{"", `,"max_tokens":3`, `,"max_tokens":3,"reasoning_effort":"high"`, `,"stop":"four"`} {
		whole := complete(t, ask("one two three four five", more))
		streamed := complete(t, ask("one two three four five", `,"stream":true`+more))
		if whole.text != streamed.text || whole.reasoning != streamed.reasoning || *whole.done.Usage != *streamed.done.Usage ||
			whole.done.FinishReason != streamed.done.FinishReason {
			t.Errorf("%s: %q %+v, streamed %q %+v", more, whole.text, whole.done.Usage, streamed.text, streamed.done.Usage)
		}
		if parts := len(whole.events) - 1; parts > 2 || parts >= len(streamed.events)-1 {
			t.Errorf("%s: %d pieces, streamed %d", more, parts, len(streamed.events)-1)
		}
	}
}

func TestDone(t *testing.T) {
	r := complete(t, `{"model":"mine","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"one two three"}]}`)
	want := agent.Usage{PromptTokens: 5, CompletionTokens: 3, TotalTokens: 8}
	if r.done.FinishReason != agent.FinishStop || r.done.Model != "mine" || *r.done.Usage != want {
		t.Errorf("done = %+v %+v", r.done, r.done.Usage)
	}
	if r := complete(t, `{"messages":[{"role":"user","content":"x"}]}`); r.done.Model != echo.DefaultModel {
		t.Errorf("model without one in the request = %q", r.done.Model)
	}
}

func TestModels(t *testing.T) {
	a := echo.New(echo.Config{Model: "parrot"})
	if m := a.Models(t.Context()); len(m) != 1 || m[0].ID != "parrot" {
		t.Errorf("models = %v", m)
	}
}

func TestLimits(t *testing.T) {
	cases := []struct{ more, text, finish string }{
		{`,"max_tokens":2`, "one two", agent.FinishLength},
		{`,"max_completion_tokens":1`, "one", agent.FinishLength},
		{`,"max_tokens":1,"max_completion_tokens":2`, "one two", agent.FinishLength},
		{`,"max_tokens":3`, "one two three", agent.FinishStop},
		{`,"max_tokens":null`, "one two three", agent.FinishStop},
		{`,"stop":"two"`, "one ", agent.FinishStop},
		{`,"stop":["three","two"]`, "one ", agent.FinishStop},
		{`,"stop":["none"],"max_tokens":1`, "one", agent.FinishLength},
		{`,"stop":null`, "one two three", agent.FinishStop},
		{`,"max_tokens":0,"temperature":9,"n":2,"response_format":{"type":"xml"}`, "one two three", agent.FinishStop}, // the adapters' to refuse
	}
	for _, c := range cases {
		r := complete(t, ask("one two three", c.more))
		if r.text != c.text || r.done.FinishReason != c.finish {
			t.Errorf("%s: %q, %s; want %q, %s", c.more, r.text, r.done.FinishReason, c.text, c.finish)
		}
		if want := int64(len(strings.Fields(c.text))); r.done.Usage.CompletionTokens != want {
			t.Errorf("%s: %d completion tokens, want %d", c.more, r.done.Usage.CompletionTokens, want)
		}
	}
}

func TestWhatIsEchoed(t *testing.T) {
	cases := []struct{ name, messages, want string }{
		{"last user", `{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}`, "c"},
		{"user before assistant", `{"role":"user","content":"a"},{"role":"assistant","content":"b"}`, "a"},
		{"no user", `{"role":"developer","content":"a"}`, "a"},
		{"parts", `{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}`, "a\nb"},
		{"image link", `{"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"https://x.test/y.png"}}]}`, "see\n[image: https://x.test/y.png]"},
		{"image data", `{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,aGVsbG8="}}]}`, "[image: image/png, 5 bytes]"},
		{"audio", `{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"aGVsbG8=","format":"wav"}}]}`, "[input_audio]"},
		{"file data", `{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,aGVsbG8="}}]}`, "[file]"},
		{"tool result", `{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"42"}`, "tool f said: 42"},
		{"two results", `{"role":"assistant","tool_calls":[{"id":"c1","function":{"name":"f"}},{"id":"c2","function":{"name":"g"}}]},{"role":"tool","tool_call_id":"c1","content":"1"},{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"2"}]}`, "tool f said: 1\ntool g said: 2"},
		{"result of an unknown call", `{"role":"tool","tool_call_id":"c9","content":"x"}`, "tool c9 said: x"},
	}
	for _, c := range cases {
		if r := complete(t, `{"messages":[`+c.messages+`]}`); r.text != c.want {
			t.Errorf("%s: %q, want %q", c.name, r.text, c.want)
		}
	}
}

func TestReasoning(t *testing.T) {
	for effort, want := range map[string]bool{`"high"`: true, `"low"`: true, `"none"`: false, `"minimal"`: false, `null`: false} {
		r := complete(t, ask("hi", `,"reasoning_effort":`+effort))
		if (r.reasoning != "") != want || r.text != "hi" {
			t.Errorf("effort %s: reasoning %q, text %q", effort, r.reasoning, r.text)
		}
		if n := int64(len(strings.Fields(r.reasoning))); r.done.Usage.ReasoningTokens != n || r.done.Usage.CompletionTokens != n+1 {
			t.Errorf("effort %s: usage %+v", effort, r.done.Usage)
		}
	}
	if r := complete(t, ask("hi", `,"reasoning_effort":"high","max_completion_tokens":2`)); r.text != "" || r.done.FinishReason != agent.FinishLength {
		t.Errorf("a limit within the reasoning: text %q, %s", r.text, r.done.FinishReason)
	}
}

func TestResponseFormat(t *testing.T) {
	r := complete(t, ask("say \"hi\" <now>\n", `,"response_format":{"type":"json_object"}`))
	var object struct{ Text string }
	if err := json.Unmarshal([]byte(r.text), &object); err != nil || object.Text != "say \"hi\" <now>\n" {
		t.Errorf("json_object: %s (%v)", r.text, err)
	}
	r = complete(t, ask("x", `,"stream":true,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":1}},"required":["city","days"],"additionalProperties":false}}}`))
	if r.text != `{"city": "text", "days": 1}` || len(r.events) < 4 {
		t.Errorf("json_schema: %s in %d events", r.text, len(r.events))
	}
	if r := complete(t, ask("x", `,"response_format":{"type":"text"}`)); r.text != "x" {
		t.Errorf("text: %s", r.text)
	}
}

const twoTools = `,"tools":[{"type":"web_search"},` +
	`{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"unit":{"enum":["C","F"]}},"required":["city"]}}},` +
	`{"type":"function","function":{"name":"now"}}]`

func TestTools(t *testing.T) {
	cases := []struct{ choice, name, arguments string }{
		{``, "weather", `{"city": "text", "unit": "C"}`},
		{`,"tool_choice":"auto"`, "weather", `{"city": "text", "unit": "C"}`},
		{`,"tool_choice":"required"`, "weather", `{"city": "text", "unit": "C"}`},
		{`,"tool_choice":{"type":"function","function":{"name":"now"}}`, "now", `{}`},
		{`,"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"now"}}]}}`, "now", `{}`},
	}
	for _, c := range cases {
		r := complete(t, ask("hi", twoTools+c.choice))
		if r.callName != c.name || r.arguments != c.arguments || r.text != "" || r.done.FinishReason != agent.FinishToolCalls {
			t.Errorf("%s: %s(%s) text %q, %s", c.choice, r.callName, r.arguments, r.text, r.done.FinishReason)
		}
		if first := r.events[0].ToolCall; first.Name != c.name || !strings.HasPrefix(first.ID, "call_") || r.callID != first.ID {
			t.Errorf("%s: first piece %+v; want id and name there and only there", c.choice, first)
		}
	}
	if r := complete(t, ask("hi", twoTools+`,"tool_choice":"none"`)); r.text != "hi" || r.callName != "" {
		t.Errorf("none: %q, call of %q", r.text, r.callName)
	}
	if r := complete(t, ask("hi", `,"tools":[{"type":"web_search"}]`)); r.text != "hi" {
		t.Errorf("no function among the tools: %q", r.text)
	}
	if r := complete(t, ask("hi", twoTools+`,"max_tokens":1`)); r.done.FinishReason != agent.FinishLength {
		t.Errorf("a limit within the arguments: %s", r.done.FinishReason)
	}
}

func TestToolLoopComesToAnEnd(t *testing.T) {
	first := complete(t, ask("hi", twoTools))
	body := fmt.Sprintf(`{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null,"tool_calls":[{"id":%q,"type":"function","function":{"name":%q,"arguments":%q}}]},{"role":"tool","tool_call_id":%q,"content":"sunny"}]%s,"tool_choice":"required"}`,
		first.callID, first.callName, first.arguments, first.callID, twoTools)
	if r := complete(t, body); r.text != "tool weather said: sunny" {
		t.Errorf("after the result: %q, call of %q", r.text, r.callName)
	}
}

func TestEqualRequestsGetEqualAnswers(t *testing.T) {
	a, b := complete(t, ask("hi", twoTools)), complete(t, ask("hi", twoTools))
	if fmt.Sprint(a.text, a.callID, a.arguments, *a.done.Usage) != fmt.Sprint(b.text, b.callID, b.arguments, *b.done.Usage) {
		t.Errorf("%+v and %+v differ", a, b)
	}
	if c := complete(t, ask("hi there", twoTools)); c.callID == a.callID {
		t.Errorf("calls of a growing conversation share the id %s", c.callID)
	}
}

func TestBadRequestsNameTheField(t *testing.T) {
	user := func(content string) string { return `{"messages":[{"role":"user","content":` + content + `}]}` }
	cases := []struct{ body, param string }{
		{`[]`, ""}, {`{`, ""}, {``, ""},
		{`{}`, "messages"}, {`{"messages":null}`, "messages"}, {`{"messages":[]}`, "messages"}, {`{"messages":"hi"}`, "messages"},
		{`{"messages":["hi"]}`, "messages[0]"},
		{`{"messages":[{"role":"user","content":"a"},{"role":"user","content":7}]}`, "messages[1].content"},
		{user(`["a"]`), "messages[0].content[0].type"}, {user(`[{"type":"text","text":"a"},{}]`), "messages[0].content[1].type"},
		{ask("x", `,"response_format":{"type":"json_schema"}`), "response_format.json_schema.schema"},
		{ask("x", `,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":false}}`), "response_format.json_schema.schema"},
		{ask("x", `,"tools":[{"type":"function","function":{"name":"f","parameters":[]}}]`), "tools[0].function.parameters"},
		{ask("x", `,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"string"}}}]`), "tools[0].function.parameters"},
		{ask("x", twoTools+`,"tool_choice":{"type":"function","function":{"name":"none"}}`), "tool_choice"},
		{ask("x", `,"tool_choice":"required"`), "tool_choice"},
	}
	for _, c := range cases {
		r := run(t, echo.New(echo.Config{}), c.body)
		if r.failed == nil || r.failed.Status != 400 || r.failed.Type != agent.TypeInvalidRequest || r.failed.Param != c.param || r.failed.Message == "" {
			t.Errorf("%s: %v; want a 400 that names %q", c.body, r.failed, c.param)
		}
	}
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		err := echo.New(echo.Config{Delay: time.Second}).Run(t.Context(), agent.Turn{Request: []byte(ask("a b c", ""))}, func(agent.Event) error {
			at = append(at, time.Since(start))
			return nil
		})
		if want := []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 3 * time.Second}; err != nil || fmt.Sprint(at) != fmt.Sprint(want) {
			t.Errorf("events at %v, err %v; want %v", at, err, want)
		}
	})
}

func TestCancelEndsTheTurn(t *testing.T) {
	gone := errors.New("gone")
	for _, delay := range []time.Duration{0, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			a, events := echo.New(echo.Config{Delay: delay}), 0
			if delay > 0 {
				time.AfterFunc(time.Second, func() { cancel(gone) })
			}
			err := a.Run(ctx, agent.Turn{Request: []byte(ask("a b c", ""))}, func(agent.Event) error {
				events++
				cancel(gone)
				return nil
			})
			if !errors.Is(err, gone) || events > 1 {
				t.Errorf("delay %v: err %v after %d events", delay, err, events)
			}
		})
	}
}

// looks is a context that ends after it was looked at so often.
type looks struct {
	context.Context
	left int
}

func (l *looks) Err() error {
	if l.left--; l.left < 0 {
		return context.Canceled
	}
	return nil
}

// A turn whose client has left ends while it is still being read, and while a value is being searched for.
func TestPlanningEndsWithTheTurn(t *testing.T) {
	for name, body := range map[string]string{
		"words":    ask(strings.Repeat("w ", 1<<20), ""),
		"messages": `{"messages":[` + strings.Repeat(`{"role":"user","content":"x"},`, 10_000) + `{"role":"user","content":"x"}]}`,
		"schema":   ask("x", `,"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}},"required":["a","b"]}}}`),
		"tools":    ask("x", `,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}},"required":["a","b"]}}}]`),
	} {
		ctx := &looks{Context: t.Context(), left: 20}
		err := echo.New(echo.Config{}).Run(ctx, agent.Turn{Request: []byte(body)}, func(agent.Event) error {
			t.Errorf("%s: an event", name)
			return nil
		})
		if ctx.left < -8 || ctx.left >= 0 {
			t.Errorf("%s: %v, looked at %d times more than it had to be", name, err, -ctx.left)
		}
	}
}

func TestRunReturnsWhatEmitReturned(t *testing.T) {
	full := errors.New("full")
	n := 0
	err := echo.New(echo.Config{}).Run(t.Context(), agent.Turn{Request: []byte(ask("a b c", ""))}, func(agent.Event) error {
		if n++; n == 2 {
			return full
		}
		return nil
	})
	if !errors.Is(err, full) || n != 2 {
		t.Errorf("err %v after %d events", err, n)
	}
}

// FuzzRun holds a turn to its contract whatever the request: one last event, no panic.
func FuzzRun(f *testing.F) {
	f.Add(ask("hi", twoTools))
	f.Add(ask("hi", `,"stop":["a"],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"items":{}}}}`))
	f.Add(`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:;base64,="}}]}]}`)
	f.Fuzz(func(t *testing.T, body string) { run(t, echo.New(echo.Config{}), body) })
}

func BenchmarkEcho(b *testing.B) {
	history := strings.Repeat(`{"role":"user","content":"tell me about the weather in the mountains"},{"role":"assistant","content":"it rains, and then the sun comes out again"},`, 700)
	for name, body := range map[string]string{
		"short":         ask("hello there world", ""),
		"100KB history": `{"model":"m","messages":[` + history + `{"role":"user","content":"hello there world"}]}`,
		"100KB message": ask(strings.Repeat("lorem ipsum ", 8500), ""),
	} {
		b.Run(name, func(b *testing.B) {
			a := echo.New(echo.Config{})
			turn := agent.Turn{Request: []byte(body)}
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := a.Run(b.Context(), turn, func(agent.Event) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
