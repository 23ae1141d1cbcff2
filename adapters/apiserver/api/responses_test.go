package api_test

import (
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/sdktest"
)

const responseKeys = "id object created_at completed_at status incomplete_details model previous_response_id instructions output " +
	"error tools tool_choice truncation parallel_tool_calls text top_p presence_penalty frequency_penalty top_logprobs temperature " +
	"reasoning usage max_output_tokens max_tool_calls store background service_tier metadata safety_identifier prompt_cache_key"

// checkResponse checks the shape that the strictest readers want.
func checkResponse(t *testing.T, v any, status string) {
	t.Helper()
	requireKeys(t, v, responseKeys, "user", "conversation")
	expect(t, v, "response", "object")
	expect(t, v, status, "status")
	usage := at(t, v, "usage")
	requireKeys(t, usage, "input_tokens input_tokens_details output_tokens output_tokens_details total_tokens")
	requireKeys(t, at(t, usage, "input_tokens_details"), "cached_tokens cache_write_tokens")
	requireKeys(t, at(t, usage, "output_tokens_details"), "reasoning_tokens")
	if done := at(t, v, "completed_at"); (done != nil) != (status == "completed") {
		t.Errorf("completed_at is %v in a response that is %s", done, status)
	}
	for _, item := range at(t, v, "output").([]any) {
		checkItem(t, item)
	}
	for _, tool := range at(t, v, "tools").([]any) {
		if at(t, tool, "type") == "custom" {
			requireKeys(t, tool, "type name description format")
		} else {
			requireKeys(t, tool, "type name description parameters strict")
		}
	}
}

func checkItem(t *testing.T, item any) {
	t.Helper()
	switch kind := at(t, item, "type"); kind {
	case "message":
		requireKeys(t, item, "id type status role content")
		for _, part := range at(t, item, "content").([]any) {
			if at(t, part, "type") == "refusal" {
				requireKeys(t, part, "type refusal")
			} else {
				requireKeys(t, part, "type text annotations logprobs")
			}
		}
	case "function_call":
		requireKeys(t, item, "id type status call_id name arguments")
	case "custom_tool_call":
		requireKeys(t, item, "id type status call_id name input")
	case "reasoning":
		requireKeys(t, item, "id type summary content")
	default:
		t.Errorf("item of the type %v", kind)
	}
}

func TestResponsePlain(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	body := `{"model":"m","input":"hi","instructions":"Be \"kind\".","temperature":0.5,"max_output_tokens":9,"metadata":{"a":"b"},
		"tools":[{"type":"function","name":"f","parameters":{"type":"object"}},{"type":"web_search"},{"type":"namespace","name":"n","tools":[]}],
		"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}},"verbosity":"low"},"reasoning":{"effort":"low"},
		"include":["reasoning.encrypted_content"],"prompt_cache_key":"k","client_metadata":{"x":1},"user":"u","parallel_tool_calls":false}`
	var asked map[string]any
	r := s.do("POST", "/v1/responses", body, func(turn *sdktest.Turn) {
		asked = object(t, turn.Request())
		says("Hel", "lo")(turn)
	})
	v := object(t, r.Body)
	checkResponse(t, v, "completed")
	expect(t, v, "Hello", "output", 0, "content", 0, "text")
	expect(t, v, "Be \"kind\".", "instructions")
	expect(t, v, 0.5, "temperature")
	expect(t, v, "b", "metadata", "a")
	expect(t, v, 7.0, "usage", "total_tokens")
	expect(t, v, "k", "prompt_cache_key")
	if tools := at(t, v, "tools").([]any); len(tools) != 1 {
		t.Errorf("tools: %v", tools)
	}
	requireKeys(t, asked, "model stream messages tools parallel_tool_calls response_format max_completion_tokens temperature "+
		"reasoning_effort verbosity user")
	expect(t, asked, "system", "messages", 0, "role")
	expect(t, asked, "Be \"kind\".", "messages", 0, "content")
	expect(t, asked, "hi", "messages", 1, "content")
	expect(t, asked, "f", "tools", 0, "function", "name")
	expect(t, asked, "n", "response_format", "json_schema", "name")
}

// sequence gives the names of a stream's events, runs of the same one as one, and checks their numbers.
func sequence(t *testing.T, list []event) string {
	t.Helper()
	var names []string
	for i, e := range list {
		if e.data == "[DONE]" {
			names = append(names, "[DONE]")
			continue
		}
		v := object(t, e.data)
		expect(t, v, e.name, "type")
		expect(t, v, float64(i), "sequence_number")
		name := strings.TrimPrefix(e.name, "response.")
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

func TestResponseStreamOfText(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	r := s.do("POST", "/v1/responses", `{"input":"hi","stream":true}`, says("Hel", "lo"))
	list := events(t, r)
	want := "created in_progress output_item.added content_part.added output_text.delta output_text.done content_part.done " +
		"output_item.done completed [DONE]"
	if got := sequence(t, list); got != want {
		t.Fatalf("events\n%s\nwant\n%s", got, want)
	}
	text := ""
	for _, e := range list {
		switch e.name {
		case "response.created", "response.in_progress":
			checkResponse(t, at(t, object(t, e.data), "response"), "in_progress")
		case "response.output_text.delta":
			v := object(t, e.data)
			requireKeys(t, v, "type sequence_number item_id output_index content_index delta logprobs")
			text += v["delta"].(string)
		case "response.output_text.done":
			requireKeys(t, object(t, e.data), "type sequence_number item_id output_index content_index text logprobs")
		case "response.output_item.done":
			checkItem(t, at(t, object(t, e.data), "item"))
		case "response.completed":
			checkResponse(t, at(t, object(t, e.data), "response"), "completed")
			expect(t, object(t, e.data), "Hello", "response", "output", 0, "content", 0, "text")
		}
	}
	if text != "Hello" {
		t.Errorf("text %q", text)
	}
}

func TestResponseStreamOfReasoningRefusalAndCalls(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	r := s.do("POST", "/v1/responses", `{"input":"hi","stream":true}`, func(turn *sdktest.Turn) {
		turn.Reasoning("hm")
		turn.Text("Well,")
		turn.Refusal("no")
		turn.ToolCall(0, "call_a", "f", "")
		turn.ToolCall(1, "call_b", "g", `{}`)
		turn.ToolCall(0, "", "", `{"a":1}`)
		turn.Done(abi.AgentDone{FinishReason: "tool_calls", Model: "m"})
	})
	list := events(t, r)
	want := "created in_progress " +
		"output_item.added content_part.added reasoning_text.delta reasoning_text.done content_part.done output_item.done " +
		"output_item.added content_part.added output_text.delta output_text.done content_part.done " +
		"content_part.added refusal.delta refusal.done content_part.done output_item.done " +
		"output_item.added function_call_arguments.delta " + // two items added in a row are one here
		"function_call_arguments.done output_item.done function_call_arguments.done output_item.done completed [DONE]"
	if got := sequence(t, list); got != want {
		t.Fatalf("events\n%s\nwant\n%s", got, want)
	}
	v := at(t, object(t, list[len(list)-2].data), "response")
	checkResponse(t, v, "completed")
	expect(t, v, "hm", "output", 0, "content", 0, "text")
	expect(t, v, "no", "output", 1, "content", 1, "refusal")
	expect(t, v, `{"a":1}`, "output", 2, "arguments")
	expect(t, v, "call_b", "output", 3, "call_id")
}

func TestAnAnswerOfNoWordsHasAMessageAllTheSame(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	r := s.do("POST", "/v1/responses", `{"input":"hi","stream":true}`, says())
	want := "created in_progress output_item.added content_part.added output_text.done content_part.done output_item.done completed [DONE]"
	if got := sequence(t, events(t, r)); got != want {
		t.Fatalf("events %s", got)
	}
}

func TestAnAnswerThatWasCutIsIncomplete(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	for finish, reason := range map[string]string{"length": "max_output_tokens", "content_filter": "content_filter"} {
		v := object(t, s.do("POST", "/v1/responses", `{"input":"hi","max_output_tokens":1}`, func(turn *sdktest.Turn) {
			turn.Text("Hel")
			turn.Done(abi.AgentDone{FinishReason: finish, Model: "m"})
		}).Body)
		checkResponse(t, v, "incomplete")
		expect(t, v, reason, "incomplete_details", "reason")
		expect(t, v, "incomplete", "output", 0, "status")
	}
}

func TestAFailureInAResponseStreamIsResponseFailed(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	r := s.do("POST", "/v1/responses", `{"input":"hi","stream":true}`, func(turn *sdktest.Turn) {
		turn.Text("Hel")
		turn.Fail(502, "upstream_cut", "The upstream ended too early.")
	})
	list := events(t, r)
	got := sequence(t, list)
	if !strings.HasSuffix(got, "output_item.done failed [DONE]") || strings.Contains(got, "completed") {
		t.Fatalf("events %s", got)
	}
	v := at(t, object(t, list[len(list)-2].data), "response")
	checkResponse(t, v, "failed")
	expect(t, v, "server_error", "error", "code")
	expect(t, v, "The upstream ended too early.", "error", "message")
	stored := object(t, s.do("GET", "/v1/responses/"+v.(map[string]any)["id"].(string), "").Body)
	checkResponse(t, stored, "failed")
}

func TestResponseFaultsNameTheField(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	for body, want := range map[string]struct {
		status int
		param  any
		code   string
	}{
		`{`:                            {400, nil, "invalid_json"},
		`{}`:                           {400, "input", "missing_required_parameter"},
		`{"input":1}`:                  {400, "input", "invalid_type"},
		`{"input":[]}`:                 {400, "input", "invalid_value"},
		`{"input":["x"]}`:              {400, "input[0]", "invalid_type"},
		`{"input":[{"x":1}]}`:          {400, "input[0].type", "missing_required_parameter"},
		`{"input":[{"type":"magic"}]}`: {400, "input[0].type", "unsupported_parameter"},
		`{"input":[{"role":"user"}]}`:  {400, "input[0].content", "missing_required_parameter"},
		`{"input":[{"role":"tool","content":"x"}]}`:                                    {400, "input[0].role", "invalid_value"},
		`{"input":[{"role":"user","content":[{"type":"input_text"}]}]}`:                {400, "input[0].content[0].text", "missing_required_parameter"},
		`{"input":[{"role":"user","content":[{"type":"video"},{"type":"x"}]}]}`:        {400, "input[0].content[0].type", "unsupported_parameter"},
		`{"input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}]}`: {400, "input[0].content[0].file_id", "unsupported_parameter"},
		`{"input":[{"type":"function_call","call_id":"c"}]}`:                           {400, "input[0].name", "missing_required_parameter"},
		`{"input":[{"type":"function_call_output","output":"x"}]}`:                     {400, "input[0].call_id", "missing_required_parameter"},
		`{"input":[{"type":"item_reference","id":"msg_nope"}]}`:                        {404, "input[0].id", "item_not_found"},
		`{"input":"x","previous_response_id":"resp_nope"}`:                             {404, "previous_response_id", "previous_response_not_found"},
		`{"input":"x","previous_response_id":"a","conversation":"b"}`:                  {400, "conversation", "invalid_value"},
		`{"input":"x","conversation":{"id":1}}`:                                        {400, "conversation.id", "invalid_type"},
		`{"input":"x","top_logprobs":3}`:                                               {400, "top_logprobs", "unsupported_parameter"},
		`{"input":"x","include":["message.output_text.logprobs"]}`:                     {400, "include[0]", "unsupported_parameter"},
		`{"input":"x","prompt":{"id":"p"}}`:                                            {400, "prompt", "unsupported_parameter"},
		`{"input":"x","tool_choice":"required"}`:                                       {400, "tool_choice", "invalid_value"},
		`{"input":"x","tool_choice":{"type":"function","name":"f"}}`:                   {400, "tool_choice.name", "invalid_value"},
		`{"input":"x","tool_choice":{"type":"web_search"}}`:                            {400, "tool_choice.type", "unsupported_parameter"},
		`{"input":"x","text":{"format":{"type":"json_schema","name":"n"}}}`:            {400, "text.format.schema", "missing_required_parameter"},
		`{"input":"x","metadata":{"a":1}}`:                                             {400, "metadata.a", "invalid_type"},
		`{"input":"x","instructions":["a"]}`:                                           {400, "instructions", "invalid_type"},
		`{"input":"x","store":"yes"}`:                                                  {400, "store", "invalid_type"},
		`{"input":"x","tools":[{"type":"function"}]}`:                                  {400, "tools[0].name", "missing_required_parameter"},
		`{"input":"x","truncation":"middle"}`:                                          {400, "truncation", "invalid_value"},
	} {
		r := s.do("POST", "/v1/responses", body)
		expectError(t, r, want.status, want.param, want.code)
		if t.Failed() {
			t.Fatalf("body %s: %s", body, r.Body)
		}
	}
}

func TestTheAgentsParamGetsItsNameHere(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	r := s.do("POST", "/v1/responses", `{"input":"x"}`, func(turn *sdktest.Turn) {
		turn.FailWith(abi.AgentFailed{
			Status: 400, Type: "invalid_request_error", Code: "invalid_value", Message: "bad", Param: "response_format.json_schema",
		})
	})
	expectError(t, r, 400, "text.format", "invalid_value")
}

// TestUsesOutliveAnOrderlyEnd: what was read last leaves last, also if nothing was written between.
func TestUsesOutliveAnOrderlyEnd(t *testing.T) {
	dir, settings := t.TempDir(), `{"stored_responses":2}`
	s := start(t, dir, settings)
	read, other := s.create(`{"input":"a"}`, "x"), s.create(`{"input":"b"}`, "x")
	s.do("GET", "/v1/responses/"+read, "")
	s.stop()
	s = start(t, dir, settings)
	s.create(`{"input":"c"}`, "x")
	if got := s.do("GET", "/v1/responses/"+read, ""); got.Status != 200 {
		t.Errorf("the one that was read has left: %+v", got)
	}
	expectError(t, s.do("GET", "/v1/responses/"+other, ""), 404, "response_id", "response_not_found")
}
