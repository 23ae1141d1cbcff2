package api_test

import (
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/sdktest"
)

const hello = `{"model":"gpt-x","messages":[{"role":"user","content":"hi"}]`

func TestChatPlain(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	body := hello + `,"temperature":0.5,"seed":7,"unknown_field":{"a":[1]}}`
	var request string
	r := s.do("POST", "/v1/chat/completions", body, func(turn *sdktest.Turn) {
		request = turn.Request()
		turn.Reasoning("thinking")
		says("Hello ", "\"you\"\n")(turn)
	})
	if request != body {
		t.Errorf("the agent got %s", request)
	}
	v := object(t, r.Body)
	requireKeys(t, v, "id object created model choices usage")
	expect(t, v, "chat.completion", "object")
	expect(t, v, "gpt-x", "model")
	choice := at(t, v, "choices", 0)
	requireKeys(t, choice, "index message logprobs finish_reason")
	expect(t, choice, nil, "logprobs")
	expect(t, choice, "stop", "finish_reason")
	requireKeys(t, at(t, choice, "message"), "role content refusal annotations", "reasoning_content")
	expect(t, choice, "Hello \"you\"\n", "message", "content")
	expect(t, choice, nil, "message", "refusal")
	expect(t, choice, "thinking", "message", "reasoning_content")
	expect(t, v, 5.0, "usage", "prompt_tokens")
	expect(t, v, 1.0, "usage", "prompt_tokens_details", "cached_tokens")
	expect(t, v, 1.0, "usage", "completion_tokens_details", "reasoning_tokens")
	if id := v["id"].(string); !strings.HasPrefix(id, "chatcmpl-") {
		t.Errorf("id %s", id)
	}
}

func TestChatStream(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	r := s.do("POST", "/v1/chat/completions", hello+`,"stream":true,"stream_options":{"include_usage":true}}`, says("Hel", "lo"))
	list := events(t, r)
	if len(list) != 6 || list[5].data != "[DONE]" {
		t.Fatalf("events: %v", list)
	}
	text := ""
	for i, e := range list[:5] {
		v := object(t, e.data)
		requireKeys(t, v, "id object created model choices usage")
		expect(t, v, "chat.completion.chunk", "object")
		if i == 4 {
			expect(t, v, 7.0, "usage", "total_tokens")
			continue
		}
		expect(t, v, nil, "usage")
		requireKeys(t, at(t, v, "choices", 0), "index delta logprobs finish_reason")
		if content, ok := at(t, v, "choices", 0, "delta").(map[string]any)["content"].(string); ok {
			text += content
		}
	}
	expect(t, object(t, list[0].data), "assistant", "choices", 0, "delta", "role")
	expect(t, object(t, list[3].data), "stop", "choices", 0, "finish_reason")
	if text != "Hello" {
		t.Errorf("text %q", text)
	}
}

func TestChatStreamHasNoUsageUnlessAsked(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	r := s.do("POST", "/v1/chat/completions", hello+`,"stream":true}`, says("x"))
	if strings.Contains(r.Body, "usage") || !strings.HasSuffix(r.Body, "data: [DONE]\n\n") {
		t.Error(r.Body)
	}
}

func TestChatToolCalls(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	calls := func(turn *sdktest.Turn) {
		turn.ToolCall(0, "call_a", "weather", "")
		turn.ToolCall(0, "", "", `{"city":`)
		turn.ToolCall(3, "", "time", `{}`)
		turn.ToolCall(0, "", "", `"Rome"}`)
		turn.Done(abi.AgentDone{FinishReason: "tool_calls", Model: "m"})
	}
	tools := `,"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object"}}}],"tool_choice":"auto"`
	v := object(t, s.do("POST", "/v1/chat/completions", hello+tools+`}`, calls).Body)
	expect(t, v, nil, "choices", 0, "message", "content")
	expect(t, v, "tool_calls", "choices", 0, "finish_reason")
	expect(t, v, "call_a", "choices", 0, "message", "tool_calls", 0, "id")
	expect(t, v, `{"city":"Rome"}`, "choices", 0, "message", "tool_calls", 0, "function", "arguments")
	if id := at(t, v, "choices", 0, "message", "tool_calls", 1, "id").(string); !strings.HasPrefix(id, "call_") {
		t.Errorf("a call without an id got %q", id)
	}

	list := events(t, s.do("POST", "/v1/chat/completions", hello+tools+`,"stream":true}`, calls))
	first := object(t, list[1].data)
	requireKeys(t, at(t, first, "choices", 0, "delta", "tool_calls", 0), "index id type function")
	expect(t, first, "weather", "choices", 0, "delta", "tool_calls", 0, "function", "name")
	requireKeys(t, at(t, object(t, list[2].data), "choices", 0, "delta", "tool_calls", 0), "index function")
	expect(t, object(t, list[3].data), 1.0, "choices", 0, "delta", "tool_calls", 0, "index")
	expect(t, object(t, list[4].data), 0.0, "choices", 0, "delta", "tool_calls", 0, "index")
}

func TestChatRefusal(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	refuses := func(turn *sdktest.Turn) {
		turn.Refusal("No.")
		turn.Finish()
	}
	v := object(t, s.do("POST", "/v1/chat/completions", hello+`}`, refuses).Body)
	expect(t, v, nil, "choices", 0, "message", "content")
	expect(t, v, "No.", "choices", 0, "message", "refusal")
	list := events(t, s.do("POST", "/v1/chat/completions", hello+`,"stream":true}`, refuses))
	expect(t, object(t, list[1].data), "No.", "choices", 0, "delta", "refusal")
}

func TestChatFaultsNameTheField(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	for body, want := range map[string]struct {
		param any
		code  string
	}{
		``:                                     {nil, "invalid_json"},
		`{"messages":`:                         {nil, "invalid_json"},
		`[]`:                                   {nil, "invalid_type"},
		strings.Repeat("[", 100_000):           {nil, "invalid_json"},
		`{}`:                                   {"messages", "missing_required_parameter"},
		`{"messages":[]}`:                      {"messages", "invalid_value"},
		`{"messages":"hi"}`:                    {"messages", "invalid_type"},
		`{"messages":[1]}`:                     {"messages[0]", "invalid_type"},
		`{"messages":[{"content":"x"}]}`:       {"messages[0].role", "missing_required_parameter"},
		`{"messages":[{"role":"king"}]}`:       {"messages[0].role", "invalid_value"},
		`{"messages":[{"role":"user"}]}`:       {"messages[0].content", "missing_required_parameter"},
		hello + `,"temperature":"hot"}`:        {"temperature", "invalid_type"},
		hello + `,"temperature":3}`:            {"temperature", "invalid_value"},
		hello + `,"stream":1}`:                 {"stream", "invalid_type"},
		hello + `,"n":2}`:                      {"n", "unsupported_parameter"},
		hello + `,"logprobs":true}`:            {"logprobs", "unsupported_parameter"},
		hello + `,"top_logprobs":2}`:           {"top_logprobs", "unsupported_parameter"},
		hello + `,"audio":{"voice":"x"}}`:      {"audio", "unsupported_parameter"},
		hello + `,"modalities":["audio"]}`:     {"modalities[0]", "unsupported_parameter"},
		hello + `,"functions":[]}`:             {"functions", "unsupported_parameter"},
		hello + `,"max_tokens":0}`:             {"max_tokens", "invalid_value"},
		hello + `,"max_completion_tokens":.5}`: {nil, "invalid_json"},
		hello + `,"stop":[1]}`:                 {"stop[0]", "invalid_type"},
		hello + `,"stream_options":{}}`:        {"stream_options", "invalid_value"},
		hello + `,"tools":[{"type":"function","function":{}}]}`:         {"tools[0].function.name", "missing_required_parameter"},
		hello + `,"response_format":{"type":"xml"}}`:                    {"response_format.type", "invalid_value"},
		`{"messages":[{"role":"user","content":[{"type":"text"}]}]}`:    {"messages[0].content[0].text", "missing_required_parameter"},
		`{"messages":[{"role":"tool","content":"x"}]}`:                  {"messages[0].tool_call_id", "missing_required_parameter"},
		`{"messages":[{"role":"assistant","tool_calls":[{"id":1}]}]}`:   {"messages[0].tool_calls[0].id", "invalid_type"},
		`{"messages":[{"role":"user","content":"a"},{"content":null}]}`: {"messages[1].role", "missing_required_parameter"},
	} {
		r := s.do("POST", "/v1/chat/completions", body)
		expectError(t, r, 400, want.param, want.code)
		if t.Failed() {
			t.Fatalf("body %.80s: %s", body, r.Body)
		}
	}
}

func TestChatAcceptsWhatClientsSend(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	for _, more := range []string{
		`,"n":1,"logprobs":false,"top_logprobs":null,"audio":null,"modalities":["text"],"stop":null,"user":null}`,
		`,"stop":["a","b"],"logit_bias":{"1":2},"tool_choice":{"type":"function","function":{"name":"f"}},"store":false}`,
		`,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}},"reasoning_effort":"low"}`,
	} {
		if r := s.do("POST", "/v1/chat/completions", hello+more, says("ok")); r.Status != 200 {
			t.Errorf("%s: %d %s", more, r.Status, r.Body)
		}
	}
}

func TestTheAliasAndWhatIsOursStayHere(t *testing.T) {
	s := start(t, t.TempDir(), `{"model_name":"house"}`)
	body := `{"model":"house","messages":[{"role":"user","content":"hi"}],"store":false,"metadata":{"a":"b"},"seed":1}`
	r := s.do("POST", "/v1/chat/completions", body, func(turn *sdktest.Turn) {
		if turn.Request() != `{"messages":[{"role":"user","content":"hi"}],"seed":1}` {
			t.Errorf("the agent got %s", turn.Request())
		}
		says("x")(turn)
	})
	expect(t, object(t, r.Body), "house", "model")
}

func TestAFailedTurnIsAnHTTPErrorBeforeTheFirstByte(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	failure := abi.AgentFailed{Status: 429, Type: "rate_limit_error", Code: "slow_down", Message: "Slow down.", RetryAfterMS: 1500}
	for path, body := range map[string]string{
		"/v1/chat/completions": hello, "/v1/responses": `{"model":"m","input":"hi"`,
	} {
		for _, end := range []string{`}`, `,"stream":true}`} {
			r := s.do("POST", path, body+end, func(turn *sdktest.Turn) { turn.FailWith(failure) })
			expectError(t, r, 429, nil, "slow_down")
			if !strings.Contains(r.Headers, "retry-after: 2\n") {
				t.Errorf("headers %q", r.Headers)
			}
		}
	}
}

func TestAFailureInAChatStreamIsAnErrorChunk(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	r := s.do("POST", "/v1/chat/completions", hello+`,"stream":true}`, func(turn *sdktest.Turn) {
		turn.Text("Hel")
		turn.Fail(502, "upstream_cut", "The upstream ended too early.")
	})
	list := events(t, r)
	expect(t, object(t, list[len(list)-1].data), "upstream_cut", "error", "code")
	if strings.Contains(r.Body, `"finish_reason":"`) || strings.Contains(r.Body, "[DONE]") {
		t.Errorf("a failed stream looks complete: %s", r.Body)
	}
}

func TestAClientThatLeavesCancelsTheTurn(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	for _, end := range []string{`}`, `,"stream":true}`} {
		x := s.send("POST", "/v1/chat/completions", hello+end)
		turn := <-s.turn
		turn.Text("Hel")
		x.Leave()
		<-turn.Cancelled()
		x.Wait()
	}
}

func TestTurnsThatCannotStart(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	for errno, status := range map[abi.Errno]int{abi.EMFILE: 429, abi.ENOMEM: 429, abi.E2BIG: 413, abi.ECANCELED: 503, abi.EIO: 500} {
		s.host.RefuseTurns(errno)
		if r := s.do("POST", "/v1/chat/completions", hello+`}`); r.Status != status {
			t.Errorf("%v: %d %s", errno, r.Status, r.Body)
		}
	}
}

func TestConcurrentTurnsAreLimited(t *testing.T) {
	s := start(t, t.TempDir(), `{"concurrent_turns":1}`)
	first := s.send("POST", "/v1/chat/completions", hello+`}`)
	turn := <-s.turn
	r := s.do("POST", "/v1/chat/completions", hello+`}`)
	expectError(t, r, 429, nil, "too_many_requests")
	if !strings.Contains(r.Headers, "retry-after: 1\n") {
		t.Error("no Retry-After")
	}
	says("x")(turn)
	if first.Wait().Status != 200 {
		t.Error("the first was harmed")
	}
	if r := s.do("POST", "/v1/chat/completions", hello+`}`, says("y")); r.Status != 200 {
		t.Errorf("the place was not given back: %d", r.Status)
	}
}
