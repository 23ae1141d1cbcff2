package api_test

import (
	"fmt"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/sdktest"
)

// create makes a response that says a word, and gives its id.
func (s *server) create(body, word string) string {
	s.t.Helper()
	r := s.do("POST", "/v1/responses", body, says(word))
	return at(s.t, object(s.t, r.Body), "id").(string)
}

// asked makes a response and gives the messages that the agent got.
func (s *server) asked(body string) []any {
	s.t.Helper()
	var messages []any
	s.do("POST", "/v1/responses", body, func(turn *sdktest.Turn) {
		messages = at(s.t, object(s.t, turn.Request()), "messages").([]any)
		says("ok")(turn)
	})
	return messages
}

// say writes a conversation down in short.
func say(t *testing.T, messages []any) string {
	t.Helper()
	var b strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&b, "%v:%v", at(t, m, "role"), at(t, m, "content"))
		if calls, ok := m.(map[string]any)["tool_calls"].([]any); ok {
			for _, call := range calls {
				fmt.Fprintf(&b, "+%v(%v)", at(t, call, "function", "name"), at(t, call, "function", "arguments"))
			}
		}
		if id, ok := m.(map[string]any)["tool_call_id"]; ok {
			fmt.Fprintf(&b, "@%v", id)
		}
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String())
}

func TestAResponseIsStoredReadAndDeleted(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, `{}`)
	created := s.do("POST", "/v1/responses", `{"input":"hi"}`, says("Hello"))
	path := "/v1/responses/" + at(t, object(t, created.Body), "id").(string)
	if got := s.do("GET", path, ""); got.Status != 200 || got.Body != created.Body {
		t.Fatalf("%d %s, created was %s", got.Status, got.Body, created.Body)
	}
	if code := s.stop(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	s = start(t, dir, `{}`)
	if got := s.do("GET", path, ""); got.Body != created.Body {
		t.Fatalf("after a restart: %d %s", got.Status, got.Body)
	}
	deleted := object(t, s.do("DELETE", path, "").Body)
	expect(t, deleted, true, "deleted")
	for _, method := range []string{"GET", "DELETE"} {
		expectError(t, s.do(method, path, ""), 404, "response_id", "response_not_found")
	}
}

func TestStoreFalseIsNotStored(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	id := s.create(`{"input":"hi","store":false}`, "Hello")
	expectError(t, s.do("GET", "/v1/responses/"+id, ""), 404, "response_id", "response_not_found")
}

func TestTheStoreHasItsCapacity(t *testing.T) {
	s := start(t, t.TempDir(), `{"stored_responses":2}`)
	ids := []string{s.create(`{"input":"1"}`, "a"), s.create(`{"input":"2"}`, "b"), s.create(`{"input":"3"}`, "c")}
	for i, want := range []int{404, 200, 200} {
		if got := s.do("GET", "/v1/responses/"+ids[i], "").Status; got != want {
			t.Errorf("response %d: %d", i, got)
		}
	}
}

func TestAChainCarriesTheConversationAndNotTheInstructions(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	first := s.create(`{"input":"1","instructions":"Be kind."}`, "a")
	second := s.create(`{"input":[{"role":"user","content":"2"}],"previous_response_id":"`+first+`"}`, "b")
	got := say(t, s.asked(`{"input":"3","previous_response_id":"`+second+`","instructions":"Be brief."}`))
	if want := "system:Be brief. user:1 assistant:a user:2 assistant:b user:3"; got != want {
		t.Errorf("the agent got %s, want %s", got, want)
	}
	// An earlier one that is gone does not tear the chain.
	s.do("DELETE", "/v1/responses/"+first, "")
	if got := say(t, s.asked(`{"input":"4","previous_response_id":"`+second+`"}`)); got != "user:1 assistant:a user:2 assistant:b user:4" {
		t.Errorf("the agent got %s", got)
	}
	v := object(t, s.do("GET", "/v1/responses/"+second, "").Body)
	expect(t, v, first, "previous_response_id")
}

func TestFunctionsGoBothWays(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	tools := `"tools":[{"type":"function","name":"f"}]`
	r := s.do("POST", "/v1/responses", `{"input":"hi",`+tools+`}`, func(turn *sdktest.Turn) {
		turn.Text("Let me see.")
		turn.ToolCall(0, "call_a", "f", `{"a":1}`)
		turn.ToolCall(1, "call_b", "f", `{}`)
		turn.Done(abi.AgentDone{FinishReason: "tool_calls", Model: "m"})
	})
	id := at(t, object(t, r.Body), "id").(string)
	outputs := `{"type":"function_call_output","call_id":"call_a","output":"one"},
		{"type":"function_call_output","call_id":"call_b","output":[{"type":"input_text","text":"two"}]}`
	want := `user:hi assistant:Let me see.+f({"a":1})+f({}) tool:one@call_a tool:two@call_b`
	if got := say(t, s.asked(`{"input":[`+outputs+`],"previous_response_id":"`+id+`"}`)); got != want {
		t.Errorf("chained: %s, want %s", got, want)
	}
	// The same conversation sent whole, as clients do that store nothing.
	whole := `{"store":false,"input":[{"role":"user","content":"hi"},
		{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Let me see.","annotations":[]}]},
		{"type":"function_call","call_id":"call_a","name":"f","arguments":"{\"a\":1}"},{"type":"reasoning","summary":[]},
		{"type":"function_call","call_id":"call_b","name":"f","arguments":"{}"},` + outputs + `]}`
	if got := say(t, s.asked(whole)); got != want {
		t.Errorf("whole: %s, want %s", got, want)
	}
}

func TestInputOfEveryKindReachesTheAgent(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	messages := s.asked(`{"input":[{"role":"developer","content":"d"},{"role":"system","content":"s"},
		{"role":"user","content":[{"type":"input_text","text":"look"},{"type":"input_image","image_url":"data:x","detail":"low"},
		{"type":"input_file","file_data":"data:y","filename":"n"}]}]}`)
	expect(t, messages, "developer", 0, "role")
	expect(t, messages, "system", 1, "role")
	expect(t, messages, "look", 2, "content", 0, "text")
	expect(t, messages, "data:x", 2, "content", 1, "image_url", "url")
	expect(t, messages, "low", 2, "content", 1, "image_url", "detail")
	expect(t, messages, "data:y", 2, "content", 2, "file", "file_data")
}

func TestItemsCanBeReferredTo(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	v := object(t, s.do("POST", "/v1/responses", `{"input":"hi"}`, says("Hello")).Body)
	item := at(t, v, "output", 0, "id").(string)
	got := say(t, s.asked(`{"input":[{"type":"item_reference","id":"`+item+`"},{"role":"user","content":"go on"}]}`))
	if got != "assistant:Hello user:go on" {
		t.Errorf("the agent got %s", got)
	}
}

func TestAConversationHasAName(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	v := object(t, s.do("POST", "/v1/responses", `{"input":"1","conversation":"talk"}`, says("a")).Body)
	expect(t, v, "talk", "conversation", "id")
	if got := say(t, s.asked(`{"input":"2","conversation":{"id":"talk"}}`)); got != "user:1 assistant:a user:2" {
		t.Errorf("the agent got %s", got)
	}
}

func TestAResponseCanBeReadWhileItIsMade(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	x := s.send("POST", "/v1/responses", `{"input":"hi","stream":true}`)
	turn := <-s.turn
	turn.Text("Hel")
	x.WaitFor("output_text.delta")
	list := events(t, x.Response())
	id := at(t, object(t, list[0].data), "response", "id").(string)
	v := object(t, s.do("GET", "/v1/responses/"+id, "").Body)
	checkResponse(t, v, "in_progress")
	expect(t, v, "Hel", "output", 0, "content", 0, "text")
	expectError(t, s.do("POST", "/v1/responses", `{"input":"x","previous_response_id":"`+id+`"}`), 400, "previous_response_id", "invalid_value")
	// Deleted now, it is not stored later.
	expect(t, object(t, s.do("DELETE", "/v1/responses/"+id, "").Body), true, "deleted")
	says("lo")(turn)
	if r := x.Wait(); !strings.Contains(r.Body, "response.completed") {
		t.Errorf("the stream was cut: %s", r.Body)
	}
	expectError(t, s.do("GET", "/v1/responses/"+id, ""), 404, "response_id", "response_not_found")
}

func TestAClientThatLeavesLeavesAnIncompleteResponse(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	x := s.send("POST", "/v1/responses", `{"input":"hi","stream":true}`)
	turn := <-s.turn
	turn.Text("Hel")
	turn.ToolCall(0, "call_a", "f", `{"half`)
	x.WaitFor("arguments.delta")
	id := at(t, object(t, events(t, x.Response())[0].data), "response", "id").(string)
	x.Leave()
	<-turn.Cancelled()
	x.Wait()
	v := object(t, s.do("GET", "/v1/responses/"+id, "").Body)
	checkResponse(t, v, "incomplete")
	expect(t, v, "client_disconnected", "incomplete_details", "reason")
	expect(t, v, "Hel", "output", 0, "content", 0, "text")
	if got := say(t, s.asked(`{"input":"go on","previous_response_id":"`+id+`"}`)); got != "user:hi assistant:Hel user:go on" {
		t.Errorf("the agent got %s", got)
	}
}

func TestWhatAShutdownInterruptsIsStoredAsIncomplete(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, `{}`)
	response := s.send("POST", "/v1/responses", `{"input":"hi","stream":true}`)
	turn := <-s.turn
	turn.Text("Hel")
	response.WaitFor("output_text.delta")
	chat := s.send("POST", "/v1/chat/completions", hello+`}`)
	<-s.turn
	s.host.Shutdown("restart", 0) // no budget
	list := events(t, response.Wait())
	if got := sequence(t, list); !strings.HasSuffix(got, "output_item.done incomplete [DONE]") {
		t.Errorf("events %s", got)
	}
	r := chat.Wait()
	expectError(t, r, 503, nil, "unavailable")
	if !strings.Contains(r.Headers, "retry-after: 1\n") {
		t.Error("no Retry-After")
	}
	if code := <-s.code; code != 0 {
		t.Errorf("exit code %d", code)
	}
	id := at(t, object(t, list[0].data), "response", "id").(string)
	s = start(t, dir, `{}`)
	v := object(t, s.do("GET", "/v1/responses/"+id, "").Body)
	checkResponse(t, v, "incomplete")
	expect(t, v, "shutdown", "incomplete_details", "reason")
}

func TestADrainLetsStreamsFinishAndRefusesNewWork(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	x := s.send("POST", "/v1/chat/completions", hello+`,"stream":true}`)
	turn := <-s.turn
	s.host.Shutdown("restart", 60_000)
	expectError(t, s.do("POST", "/v1/responses", `{"input":"hi"}`), 503, nil, "unavailable")
	says("Hello")(turn)
	if r := x.Wait(); !strings.HasSuffix(r.Body, "[DONE]\n\n") {
		t.Errorf("the stream was cut: %s", r.Body)
	}
	if code := <-s.code; code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestASlowClientGetsEverything(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	x := s.send("POST", "/v1/responses", `{"input":"hi","stream":true}`)
	turn := <-s.turn
	x.Stall()
	for range 50 {
		turn.Text("word ")
	}
	turn.Finish()
	if r := s.do("GET", "/health", ""); r.Status != 200 { // everything before has been handled
		t.Fatal(r.Status)
	}
	x.Resume()
	if got := sequence(t, events(t, x.Wait())); !strings.HasSuffix(got, "completed [DONE]") {
		t.Errorf("events %s", got)
	}
}

func TestASilentAgentsStreamBeginsAllTheSame(t *testing.T) {
	s := start(t, t.TempDir(), `{"keepalive":1000000}`)
	for path, body := range map[string]string{"/v1/chat/completions": hello, "/v1/responses": `{"input":"hi"`} {
		x := s.send("POST", path, body+`,"stream":true}`)
		turn := <-s.turn
		for _, sign := range []string{`"role":"assistant"`, "response.in_progress"} {
			if (path == "/v1/responses") == (sign == "response.in_progress") && !x.WaitFor(sign) {
				t.Errorf("%s: no sign of life", path)
			}
		}
		turn.Fail(500, "late", "Too late for a status.")
		if r := x.Wait(); r.Status != 200 || !strings.Contains(r.Body, "Too late for a status.") {
			t.Errorf("%s: %d %s", path, r.Status, r.Body)
		}
	}
}

func TestManyLargeConversationsAtOnceAreRefused(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	body := `{"input":"` + strings.Repeat("x", 12<<20) + `"}`
	var open []*sdktest.Exchange
	for range 3 {
		open = append(open, s.send("POST", "/v1/responses", body))
	}
	expectError(t, s.do("POST", "/v1/responses", `{"input":"hi"}`), 429, nil, "too_many_requests")
	for _, x := range open {
		says("ok")(<-s.turn)
		if r := x.Wait(); r.Status != 200 {
			t.Errorf("%d %.200s", r.Status, r.Body)
		}
	}
	if r := s.do("POST", "/v1/responses", `{"input":"hi"}`, says("ok")); r.Status != 200 {
		t.Errorf("the room was not given back: %d", r.Status)
	}
}
