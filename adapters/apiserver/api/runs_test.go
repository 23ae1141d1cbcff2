package api_test

import (
	"fmt"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/sdktest"
)

// startRun asks for a run and gives its id and turn.
func (s *server) startRun(body string) (id string, turn *sdktest.Turn) {
	s.t.Helper()
	x := s.send("POST", "/v1/runs", body)
	turn = <-s.turn
	r := x.Wait()
	if r.Status != 202 {
		s.t.Fatalf("%d %s", r.Status, r.Body)
	}
	v := object(s.t, r.Body)
	expect(s.t, v, "in_progress", "status")
	expect(s.t, v, v["run_id"], "id")
	return v["id"].(string), turn
}

// runEvents takes a stream of a run apart: "number name" and the data of each event.
func runEvents(t testing.TB, body string) (names []string, data []map[string]any) {
	t.Helper()
	for frame := range strings.SplitSeq(strings.TrimSuffix(body, "\n\n"), "\n\n") {
		lines := strings.Split(frame, "\n")
		if len(lines) != 3 {
			t.Fatalf("frame %q", frame)
		}
		id, name := strings.TrimPrefix(lines[0], "id: "), strings.TrimPrefix(lines[1], "event: ")
		v := object(t, strings.TrimPrefix(lines[2], "data: "))
		expect(t, v, name, "event")
		if got := fmt.Sprint(at(t, v, "sequence")); got != id {
			t.Errorf("event %s has the number %s", id, got)
		}
		names, data = append(names, id+" "+name), append(data, v)
	}
	return names, data
}

func (s *server) runStatus(id string) map[string]any {
	s.t.Helper()
	return object(s.t, s.do("GET", "/v1/runs/"+id, "").Body)
}

func TestARunIsReadByManyAndGoesOnWithoutAny(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	id, turn := s.startRun(`{"input":"hi","metadata":{"a":"b"}}`)
	events := "/v1/runs/" + id + "/events"
	early := s.send("GET", events, "")
	turn.Reasoning("hm")
	turn.Text("Hel")
	if !early.WaitFor("Hel") {
		t.Fatal("the first reader got nothing")
	}
	early.Leave()
	late := s.send("GET", events, "")
	if !late.WaitFor("Hel") {
		t.Fatal("a late reader did not get the past")
	}
	seen := s.sendWith("GET", events, "", map[string]string{"last-event-id": "3"})
	turn.ToolCall(0, "call_a", "f", `{"a":`)
	says("lo")(turn)
	want := "1 run.started,2 reasoning.delta,3 message.delta,4 tool_call.delta,5 message.delta,6 run.completed"
	names, data := runEvents(t, late.Wait().Body)
	if strings.Join(names, ",") != want {
		t.Errorf("events %v", names)
	}
	expect(t, data[5], "Hello", "output")
	expect(t, data[5], "completed", "run", "status")
	if names, _ := runEvents(t, seen.Wait().Body); strings.Join(names, ",") != "4 tool_call.delta,5 message.delta,6 run.completed" {
		t.Errorf("after 3: %v", names)
	}
	if names, _ := runEvents(t, s.do("GET", events, "").Body); strings.Join(names, ",") != want {
		t.Errorf("afterwards: %v", names)
	}
	r := s.sendWith("GET", events+"?starting_after=5", "", nil).Wait()
	if names, _ := runEvents(t, r.Body); strings.Join(names, ",") != "6 run.completed" {
		t.Errorf("after 5: %v", names)
	}
	if r := s.sendWith("GET", events, "", map[string]string{"last-event-id": "6"}).Wait(); r.Status != 204 || r.Body != "" {
		t.Errorf("after the last: %d %s", r.Status, r.Body)
	}
	v := s.runStatus(id)
	requireKeys(t, v, "id run_id object status created_at ended_at model previous_response_id session_id metadata response_id "+
		"output tool_calls usage incomplete_details error")
	expect(t, v, "completed", "status")
	expect(t, v, "Hello", "output")
	expect(t, v, "b", "metadata", "a")
	expect(t, v, 7.0, "usage", "total_tokens")
	expect(t, v, "f", "tool_calls", 0, "function", "name")
}

func TestARunContinuesAndIsContinued(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	ask := func(body, word string) map[string]any {
		id, turn := s.startRun(body)
		messages := at(t, object(t, turn.Request()), "messages").([]any)
		says(word)(turn)
		s.send("GET", "/v1/runs/"+id+"/events", "").Wait()
		v := s.runStatus(id)
		v["asked"] = say(t, messages)
		return v
	}
	first := ask(`{"input":[{"role":"user","content":"1"}],"instructions":"Be kind."}`, "a")
	expect(t, first, "system:Be kind. user:1", "asked")
	second := ask(`{"input":"2","previous_response_id":"`+first["response_id"].(string)+`"}`, "b")
	expect(t, second, "user:1 assistant:a user:2", "asked")
	ask(`{"input":"3","session_id":"s"}`, "c")
	expect(t, ask(`{"input":"4","session_id":"s"}`, "d"), "user:3 assistant:c user:4", "asked")
	if got := say(t, s.asked(`{"input":"5","conversation":"s"}`)); got != "user:3 assistant:c user:4 assistant:d user:5" {
		t.Errorf("the response goes on from %s", got)
	}
	unstored := ask(`{"input":"6","store":false}`, "e")
	expect(t, unstored, nil, "response_id")
}

func TestARunIsStopped(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	id, turn := s.startRun(`{"input":"hi"}`)
	reader := s.send("GET", "/v1/runs/"+id+"/events", "")
	turn.Text("Hel")
	reader.WaitFor("Hel")
	for range 2 { // the second time it is over
		v := object(t, s.do("POST", "/v1/runs/"+id+"/stop", "").Body)
		expect(t, v, "stopped", "status")
		expect(t, v, "Hel", "output")
	}
	<-turn.Cancelled()
	names, _ := runEvents(t, reader.Wait().Body)
	if names[len(names)-1] != "3 run.stopped" {
		t.Errorf("%v", names)
	}
}

func TestARunThatFailsSaysSo(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	id, turn := s.startRun(`{"input":"hi"}`)
	turn.Fail(502, "upstream_cut", "The upstream ended too early.")
	_, data := runEvents(t, s.do("GET", "/v1/runs/"+id+"/events", "").Body)
	expect(t, data[len(data)-1], "run.failed", "event")
	expect(t, data[len(data)-1], "upstream_cut", "error", "code")
	expect(t, s.runStatus(id), "failed", "status")
	id, turn = s.startRun(`{"input":"hi"}`)
	turn.Text("x")
	turn.Done(abi.AgentDone{FinishReason: "length", Model: "m"})
	s.send("GET", "/v1/runs/"+id+"/events", "").Wait()
	expect(t, s.runStatus(id), "max_output_tokens", "incomplete_details", "reason")
}

func TestRunsSurviveTheEndOfTheirInstance(t *testing.T) {
	for _, how := range []string{"kill", "drain"} {
		dir := t.TempDir()
		s := start(t, dir, `{}`)
		id, turn := s.startRun(`{"input":"hi"}`)
		done, other := s.startRun(`{"input":"hi"}`)
		says("whole")(other)
		s.send("GET", "/v1/runs/"+done+"/events", "").Wait()
		turn.Text("Hel")
		reader := s.send("GET", "/v1/runs/"+id+"/events", "")
		reader.WaitFor("Hel")
		if how == "kill" {
			s.kill()
		} else {
			s.stop()
		}
		s = start(t, dir, `{}`)
		expect(t, s.runStatus(done), "whole", "output")
		v := s.runStatus(id)
		expect(t, v, "interrupted", "status")
		expect(t, v, "run_interrupted", "error", "code")
		if v["ended_at"] == nil {
			t.Error("no end")
		}
		// Who has seen what died with the instance still gets the end.
		r := s.sendWith("GET", "/v1/runs/"+id+"/events", "", map[string]string{"last-event-id": "2"}).Wait()
		names, _ := runEvents(t, r.Body)
		if len(names) != 1 || !strings.HasSuffix(names[0], " run.interrupted") {
			t.Errorf("%s: %v", how, names)
		}
	}
}

func TestRunsHaveTheirCapacity(t *testing.T) {
	s := start(t, t.TempDir(), `{"stored_runs":2}`)
	live, turn := s.startRun(`{"input":"hi"}`)
	var ids []string
	for range 3 {
		id, turn := s.startRun(`{"input":"hi"}`)
		says("x")(turn)
		s.send("GET", "/v1/runs/"+id+"/events", "").Wait()
		ids = append(ids, id)
	}
	for i, want := range []int{404, 200, 200} {
		if got := s.do("GET", "/v1/runs/"+ids[i], "").Status; got != want {
			t.Errorf("run %d: %d", i, got)
		}
	}
	expect(t, s.runStatus(live), "in_progress", "status")
	says("x")(turn)
}

func TestALongRunIsReadInPages(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	id, turn := s.startRun(`{"input":"hi"}`)
	path := "/v1/runs/" + id + "/events"
	slow := s.send("GET", path, "")
	slow.WaitFor("run.started")
	slow.Stall()
	word := strings.Repeat("w", 2000)
	for range 100 {
		turn.Text(word)
		s.do("GET", "/health", "") // one event for each piece
	}
	middle := s.send("GET", path+"", "")
	middle.WaitFor("id: 101\n")
	slow.Resume()
	says("end")(turn)
	whole := s.send("GET", path, "").Wait()
	names, data := runEvents(t, whole.Body)
	if len(names) != 103 || names[102] != "103 run.completed" {
		t.Fatalf("%d events, the last %s", len(names), names[len(names)-1])
	}
	if got := at(t, data[102], "output").(string); len(got) != 200_003 {
		t.Errorf("output of %d bytes", len(got))
	}
	for _, x := range []*sdktest.Exchange{slow, middle} {
		r := x.Wait()
		if r.Body != whole.Body {
			t.Errorf("a reader got %d bytes of %d", len(r.Body), len(whole.Body))
		}
		for _, chunk := range r.Chunks {
			if !strings.HasSuffix(chunk, "\n\n") {
				t.Fatal("a write ends inside of a frame")
			}
		}
	}
	for _, last := range []int{1, 50, 99, 102} {
		r := s.sendWith("GET", path, "", map[string]string{"last-event-id": fmt.Sprint(last)}).Wait()
		if names, _ := runEvents(t, r.Body); len(names) != 103-last || !strings.HasPrefix(names[0], fmt.Sprint(last+1)+" ") {
			t.Errorf("after %d: %d events from %s", last, len(names), names[0])
		}
	}
}

func TestARunUnderAKeyIsStartedOnce(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, `{}`)
	first := s.doKeyed("k", "/v1/runs", `{"input":"hi"}`, says("x"))
	again := s.doKeyed("k", "/v1/runs", `{"input":"hi"}`)
	s.stop()
	s = start(t, dir, `{}`)
	later := s.doKeyed("k", "/v1/runs", `{"input":"hi"}`)
	for _, r := range []sdktest.Response{again, later} {
		if first.Status != 202 || r.Status != 202 || r.Body != first.Body || !replayed(r) {
			t.Errorf("%+v, first %+v", r, first)
		}
	}
	expectError(t, s.doKeyed("k", "/v1/runs", `{"input":"ho"}`), 409, "Idempotency-Key", "idempotency_key_conflict")
}

func TestRunFaults(t *testing.T) {
	s := start(t, t.TempDir(), `{"concurrent_turns":1}`)
	for body, want := range map[string]struct {
		status int
		param  any
		code   string
	}{
		`{`:                                {400, nil, "invalid_json"},
		`{}`:                               {400, "input", "missing_required_parameter"},
		`{"input":"x","stream":true}`:      {400, "stream", "unsupported_parameter"},
		`{"input":"x","background":false}`: {400, "background", "unsupported_parameter"},
		`{"input":"x","conversation_history":[{"role":"user"}]}`:      {400, "conversation_history", "unsupported_parameter"},
		`{"input":"x","session_id":7}`:                                {400, "session_id", "invalid_type"},
		`{"input":"x","session_id":"a","conversation":"b"}`:           {400, "session_id", "invalid_value"},
		`{"input":"x","previous_response_id":"b","conversation":"b"}`: {400, "conversation", "invalid_value"},
		`{"input":"x","previous_response_id":"resp_none"}`:            {404, "previous_response_id", "previous_response_not_found"},
		`{"input":"x","metadata":{"a":1}}`:                            {400, "metadata.a", "invalid_type"},
	} {
		expectError(t, s.do("POST", "/v1/runs", body), want.status, want.param, want.code)
		if t.Failed() {
			t.Fatal(body)
		}
	}
	for _, r := range []sdktest.Response{
		s.do("GET", "/v1/runs/none", ""), s.do("GET", "/v1/runs/none/events", ""), s.do("POST", "/v1/runs/none/stop", ""),
	} {
		expectError(t, r, 404, "run_id", "run_not_found")
	}
	id, _ := s.startRun(`{"input":"hi"}`)
	expectError(t, s.do("POST", "/v1/runs", `{"input":"hi"}`), 429, nil, "too_many_requests")
	for _, last := range []string{"x", "-1", "9223372036854775807"} {
		r := s.sendWith("GET", "/v1/runs/"+id+"/events", "", map[string]string{"last-event-id": last}).Wait()
		expectError(t, r, 400, "Last-Event-ID", "invalid_value")
	}
}
