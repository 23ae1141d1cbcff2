package api_test

import (
	"strings"
	"testing"

	"innkeeper/adapters/sdk/sdktest"
)

// compacted compacts, with an agent that says so, and gives the answer and what the agent was asked.
func (s *server) compacted(body, summary string) (v map[string]any, asked string) {
	s.t.Helper()
	r := s.do("POST", "/v1/responses/compact", body, func(turn *sdktest.Turn) {
		asked = at(s.t, object(s.t, turn.Request()), "messages").([]any)[1].(map[string]any)["content"].(string)
		says(summary)(turn)
	})
	if r.Status != 200 {
		s.t.Fatalf("%d %s", r.Status, r.Body)
	}
	return object(s.t, r.Body), asked
}

func TestACompactionStandsForTheHistory(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	v, asked := s.compacted(`{"model":"m","input":[{"role":"developer","content":"d"},
		{"role":"user","content":"Say \"hi\""},{"role":"assistant","content":[{"type":"output_text","text":"hi"}]},
		{"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":1}"},{"type":"function_call_output","call_id":"c","output":"42"},
		{"role":"user","content":[{"type":"input_text","text":"look"},{"type":"input_image","image_url":"data:x"}]}]}`, "They \"met\".")
	want := "developer: d\nuser: Say \"hi\"\nassistant: hi\n[calls f {\"a\":1}]\ntool: 42\nuser: look[image_url]\n"
	if asked != want {
		t.Errorf("the agent got %q", asked)
	}
	requireKeys(t, v, "id object created_at output usage")
	expect(t, v, "response.compaction", "object")
	expect(t, v, 7.0, "usage", "total_tokens")
	output := at(t, v, "output").([]any)
	if len(output) != 3 {
		t.Fatalf("output %v", output)
	}
	for _, item := range output[:2] {
		requireKeys(t, item, "id type status role content")
		expect(t, item, "user", "role")
	}
	expect(t, output[0], "Say \"hi\"", "content", 0, "text")
	expect(t, output[1], "data:x", "content", 1, "image_url")
	requireKeys(t, output[2], "id type encrypted_content")
	expect(t, output[2], "compaction", "type")
	content := at(t, output[2], "encrypted_content").(string)
	if strings.Contains(content, "met") {
		t.Errorf("the content is not opaque: %s", content)
	}
	for _, kind := range []string{"compaction", "compaction_summary"} {
		got := say(t, s.asked(`{"input":[{"role":"user","content":"a"},{"type":"`+kind+`","encrypted_content":"`+content+`"},{"role":"user","content":"b"}]}`))
		if got != `user:a assistant:They "met". user:b` {
			t.Errorf("the agent got %s", got)
		}
	}
	for _, bad := range []string{"gAAAAABpM0Yj", content[:len(content)-2], "ik1.!"} {
		expectError(t, s.do("POST", "/v1/responses", `{"input":[{"type":"compaction","encrypted_content":"`+bad+`"}]}`),
			400, "input[0].encrypted_content", "invalid_value")
	}
}

func TestAStoredConversationIsCompacted(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	first := s.create(`{"input":"1","instructions":"x"}`, "a")
	second := s.create(`{"input":"2","previous_response_id":"`+first+`"}`, "b")
	v, asked := s.compacted(`{"model":null,"previous_response_id":"`+second+`","store":true,"stream":true}`, "Numbers.")
	if asked != "user: 1\nassistant: a\nuser: 2\nassistant: b\n" {
		t.Errorf("the agent got %q", asked)
	}
	expect(t, v, "2", "output", 1, "content", 0, "text")
	expectError(t, s.do("GET", "/v1/responses/"+at(t, v, "id").(string), ""), 404, "response_id", "response_not_found")
	expectError(t, s.do("POST", "/v1/responses/compact", `{"previous_response_id":"resp_nope"}`), 404, "previous_response_id", "previous_response_not_found")
	expectError(t, s.do("POST", "/v1/responses/compact", `{"model":"m"}`), 400, "input", "missing_required_parameter")
	expectError(t, s.do("POST", "/v1/responses/compact", `{"input":[{"role":"user"}]}`), 400, "input[0].content", "missing_required_parameter")
}

func TestACompactionThatComesToNothingIsAnError(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	expectError(t, s.do("POST", "/v1/responses/compact", `{"input":"hi"}`, func(turn *sdktest.Turn) {
		turn.Refusal("No.")
		turn.Finish()
	}), 502, nil, "no_summary")
	expectError(t, s.do("POST", "/v1/responses/compact", `{"input":"hi"}`, func(turn *sdktest.Turn) {
		turn.Text("Hel")
		turn.Fail(500, "oops", "It broke.")
	}), 500, nil, "oops")
	x := s.send("POST", "/v1/responses/compact", `{"input":"hi"}`)
	turn := <-s.turn
	x.Leave()
	<-turn.Cancelled()
	x = s.send("POST", "/v1/responses/compact", `{"input":"hi"}`)
	<-s.turn
	s.host.Shutdown("restart", 0)
	expectError(t, x.Wait(), 503, nil, "unavailable")
}
