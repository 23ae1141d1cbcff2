package api_test

import (
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/sdktest"
)

func TestACustomToolIsAFunctionToTheAgent(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	tools := `"tools":[{"type":"custom","name":"patch","description":"Edits.","format":{"type":"grammar","syntax":"lark","definition":"start: \"x\""}},
		{"type":"function","name":"f"},{"type":"web_search"}]`
	var asked map[string]any
	r := s.do("POST", "/v1/responses", `{"input":"hi","stream":true,`+tools+`,"tool_choice":{"type":"custom","name":"patch"}}`, func(turn *sdktest.Turn) {
		asked = object(t, turn.Request())
		turn.ToolCall(0, "call_a", "patch", `{"inp`)
		turn.ToolCall(0, "", "", `ut":"a\"b"}`)
		turn.ToolCall(1, "call_b", "f", `{}`)
		turn.Done(abi.AgentDone{FinishReason: "tool_calls", Model: "m"})
	})
	expect(t, asked, "patch", "tools", 0, "function", "name")
	expect(t, asked, "string", "tools", 0, "function", "parameters", "properties", "input", "type")
	if text := at(t, asked, "tools", 0, "function", "description").(string); !strings.Contains(text, "Edits.") || !strings.Contains(text, `start: "x"`) {
		t.Errorf("description %q", text)
	}
	expect(t, asked, "patch", "tool_choice", "function", "name")
	list := events(t, r)
	want := "created in_progress output_item.added function_call_arguments.delta custom_tool_call_input.delta custom_tool_call_input.done output_item.done " +
		"function_call_arguments.done output_item.done completed [DONE]"
	if got := sequence(t, list); got != want {
		t.Fatalf("events\n%s\nwant\n%s", got, want)
	}
	v := at(t, object(t, list[len(list)-2].data), "response")
	checkResponse(t, v, "completed")
	expect(t, v, "custom_tool_call", "output", 0, "type")
	expect(t, v, `a"b`, "output", 0, "input")
	expect(t, v, "function_call", "output", 1, "type")
	id := at(t, v, "id").(string)
	wantTurn := `user:hi assistant:<nil>+patch({"input":"a\"b"})+f({}) tool:done@call_a tool:one@call_b`
	outputs := `{"type":"custom_tool_call_output","call_id":"call_a","output":"done"},{"type":"function_call_output","call_id":"call_b","output":"one"}`
	if got := say(t, s.asked(`{"input":[`+outputs+`],"previous_response_id":"`+id+`"}`)); got != wantTurn {
		t.Errorf("chained: %s, want %s", got, wantTurn)
	}
	whole := `{"store":false,"input":[{"role":"user","content":"hi"},{"type":"custom_tool_call","call_id":"call_a","name":"patch","input":"a\"b"},
		{"type":"function_call","call_id":"call_b","name":"f","arguments":"{}"},` + outputs + `]}`
	if got := say(t, s.asked(whole)); got != wantTurn {
		t.Errorf("whole: %s, want %s", got, wantTurn)
	}
}

func TestReasoningIsSummarizedForThoseWhoAsk(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	r := s.do("POST", "/v1/responses", `{"input":"hi","stream":true,"reasoning":{"effort":"low","summary":"auto"}}`, func(turn *sdktest.Turn) {
		turn.Reasoning("h")
		turn.Reasoning("m")
		says("Hello")(turn)
	})
	list := events(t, r)
	want := "created in_progress output_item.added reasoning_summary_part.added reasoning_summary_text.delta reasoning_summary_text.done " +
		"reasoning_summary_part.done output_item.done output_item.added content_part.added output_text.delta output_text.done content_part.done " +
		"output_item.done completed [DONE]"
	if got := sequence(t, list); got != want {
		t.Fatalf("events\n%s\nwant\n%s", got, want)
	}
	for _, e := range list {
		switch e.name {
		case "response.reasoning_summary_part.added", "response.reasoning_summary_part.done":
			requireKeys(t, object(t, e.data), "type sequence_number item_id output_index summary_index part")
		case "response.reasoning_summary_text.delta":
			requireKeys(t, object(t, e.data), "type sequence_number item_id output_index summary_index delta")
		case "response.reasoning_summary_text.done":
			requireKeys(t, object(t, e.data), "type sequence_number item_id output_index summary_index text")
		}
	}
	v := at(t, object(t, list[len(list)-2].data), "response")
	checkResponse(t, v, "completed")
	expect(t, v, "hm", "output", 0, "summary", 0, "text")
	if content := at(t, v, "output", 0, "content").([]any); len(content) != 0 {
		t.Errorf("content %v", content)
	}
}

func TestMetadataHasBounds(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	pairs := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(`,"` + strings.Repeat("k", i+1) + `":"v"`)
		}
		return b.String()[1:]
	}
	for metadata, param := range map[string]any{
		`{` + pairs(16) + `}`: nil,
		`{` + pairs(17) + `}`: "metadata",
		`{"` + strings.Repeat("ü", 64) + `":"` + strings.Repeat("ü", 512) + `"}`: nil,
		`{"` + strings.Repeat("ü", 65) + `":"v"}`:                                "metadata",
		`{"a":"` + strings.Repeat("ü", 513) + `"}`:                               "metadata.a",
	} {
		body := `{"input":"hi","metadata":` + metadata + `}`
		if param != nil {
			expectError(t, s.do("POST", "/v1/responses", body), 400, param, "invalid_value")
		} else if r := s.do("POST", "/v1/responses", body, says("a")); r.Status != 200 {
			t.Errorf("%s: %d %s", metadata, r.Status, r.Body)
		}
	}
}
