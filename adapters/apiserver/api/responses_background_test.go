package api_test

import (
	"strconv"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/sdktest"
)

// get brings a GET with a query.
func (s *server) get(path, query string) *sdktest.Exchange {
	s.t.Helper()
	r := requestOf(s.t, "GET", path)
	r.Query = query
	return s.host.Request(r)
}

// startBackground makes a response in the background and gives its id and turn.
func (s *server) startBackground(body string) (id string, turn *sdktest.Turn) {
	s.t.Helper()
	r := s.do("POST", "/v1/responses", body)
	if r.Status != 200 {
		s.t.Fatalf("%d %s", r.Status, r.Body)
	}
	return at(s.t, object(s.t, r.Body), "id").(string), <-s.turn
}

// status is the response as it is now, and checked.
func (s *server) status(t *testing.T, id, want string) map[string]any {
	t.Helper()
	v := object(t, s.do("GET", "/v1/responses/"+id, "").Body)
	checkResponse(t, v, want)
	expect(t, v, true, "background")
	return v
}

// number is the sequence number of an event.
func number(t *testing.T, e event) int {
	t.Helper()
	return int(at(t, object(t, e.data), "sequence_number").(float64))
}

func TestABackgroundResponseIsPolled(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, `{}`)
	created := s.do("POST", "/v1/responses", `{"input":"hi","background":true,"conversation":"talk"}`)
	v := object(t, created.Body)
	checkResponse(t, v, "queued")
	id, turn := at(t, v, "id").(string), <-s.turn
	s.status(t, id, "queued")
	turn.Text("Hel")
	expect(t, s.status(t, id, "in_progress"), "Hel", "output", 0, "content", 0, "text")
	says("lo")(turn)
	expect(t, s.status(t, id, "completed"), "Hello", "output", 0, "content", 0, "text")
	if got := say(t, s.asked(`{"input":"2","conversation":"talk"}`)); got != "user:hi assistant:Hello user:2" {
		t.Errorf("the agent got %s", got)
	}
	s.stop()
	s = start(t, dir, `{}`)
	expect(t, s.status(t, id, "completed"), "Hello", "output", 0, "content", 0, "text")
}

func TestABackgroundStreamIsReadBySeveralAndResumed(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, `{}`)
	first := s.send("POST", "/v1/responses", `{"input":"hi","background":true,"stream":true}`)
	turn := <-s.turn
	first.WaitFor("response.queued")
	id := at(t, object(t, events(t, first.Response())[0].data), "response", "id").(string)
	path := "/v1/responses/" + id
	turn.Reasoning("hm")
	turn.Text("Hel")
	first.WaitFor(`"delta":"Hel"`)
	first.Leave() // nobody reads along any more, and it goes on
	first.Wait()
	turn.Text("lo")
	second := s.get(path, "stream=true")
	second.WaitFor(`"delta":"lo"`)
	third := s.get(path, "stream=true&starting_after=4&include%5B%5D=reasoning.encrypted_content")
	third.WaitFor(`"delta":"lo"`)
	turn.ToolCall(0, "", "f", `{"a"`)
	turn.ToolCall(0, "", "", `:1}`)
	turn.Done(abi.AgentDone{
		FinishReason: "tool_calls", Model: "m", Usage: &abi.AgentUsage{PromptTokens: 5, CompletionTokens: 2, TotalTokens: 7},
	})
	all := events(t, second.Wait())
	want := "created queued in_progress output_item.added content_part.added reasoning_text.delta reasoning_text.done content_part.done " +
		"output_item.done output_item.added content_part.added output_text.delta output_text.done content_part.done output_item.done " +
		"output_item.added function_call_arguments.delta function_call_arguments.done output_item.done completed [DONE]"
	if got := sequence(t, all); got != want {
		t.Fatalf("events\n%s\nwant\n%s", got, want)
	}
	same := func(what string, r sdktest.Response, want []event) {
		t.Helper()
		got := events(t, r)
		if len(got) != len(want) {
			t.Fatalf("%s: %d events, want %d", what, len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%s: event %d is %v, want %v", what, i, got[i], want[i])
			}
		}
	}
	same("a late reader", third.Wait(), all[5:])
	same("the one that left", first.Response(), all[:len(events(t, first.Response()))])
	same("the stored past", s.get(path, "stream=true").Wait(), all)
	s.stop()
	s = start(t, dir, `{}`)
	same("the past after a restart", s.get(path, "stream=true").Wait(), all)
	same("the end after a restart", s.get(path, "stream=true&starting_after="+strconv.Itoa(len(all)-4)).Wait(), all[len(all)-3:])
	same("no more", s.get(path, "stream=true&starting_after=1000").Wait(), all[len(all)-1:])
	stored := object(t, s.do("GET", path, "").Body)
	last := at(t, object(t, all[len(all)-2].data), "response")
	expect(t, last, at(t, stored, "completed_at"), "completed_at")
	expect(t, last, at(t, stored, "output", 2, "call_id"), "output", 2, "call_id")
}

// TestALongPastWaitsForASlowClient shows a client more than is held for anybody, and it takes nothing at first.
func TestALongPastWaitsForASlowClient(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	for _, ended := range []bool{true, false} {
		id, turn := s.startBackground(`{"input":"hi","background":true}`)
		for range 20_000 {
			turn.Text("word ")
		}
		if ended {
			turn.Finish()
		}
		s.do("GET", "/health", "") // everything before has been handled
		gate := make(chan struct{})
		s.host.OnTurn(func(turn *sdktest.Turn) {
			<-gate
			turn.Finish()
		})
		s.send("POST", "/v1/responses", `{"input":"hold the loop"}`)
		x := s.get("/v1/responses/"+id, "stream=true")
		x.Stall()
		close(gate)
		s.do("GET", "/health", "")
		if r := x.Response(); !r.Streamed || r.Aborted || len(r.Chunks) > 0 {
			t.Fatalf("streamed %v, aborted %v, %d writes", r.Streamed, r.Aborted, len(r.Chunks))
		}
		x.Resume()
		if !ended {
			s.do("GET", "/health", "")
			turn.Finish()
		}
		r := x.Wait()
		if r.Aborted {
			t.Fatal("the client was cut off")
		}
		r.Chunks = []string{strings.Join(r.Chunks, "")} // what was held goes out in pieces of any size
		if list := events(t, r); !strings.HasSuffix(sequence(t, list), "completed [DONE]") || len(list) < 20_000 {
			t.Fatalf("%d events", len(list))
		}
		s.host.OnTurn(func(turn *sdktest.Turn) { s.turn <- turn })
	}
}

func TestCancel(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	id, turn := s.startBackground(`{"input":"hi","background":true}`)
	path := "/v1/responses/" + id
	turn.Text("Hel")
	reader := s.get(path, "stream=true")
	reader.WaitFor(`"delta":"Hel"`)
	for range 2 { // the second time it is what it was
		v := object(t, s.do("POST", path+"/cancel", "").Body)
		checkResponse(t, v, "cancelled")
		expect(t, v, "Hel", "output", 0, "content", 0, "text")
		expect(t, v, "incomplete", "output", 0, "status")
	}
	<-turn.Cancelled()
	list := events(t, reader.Wait())
	if got := sequence(t, list); !strings.HasSuffix(got, "output_item.done incomplete [DONE]") {
		t.Errorf("events %s", got)
	}
	checkResponse(t, at(t, object(t, list[len(list)-2].data), "response"), "cancelled")
	s.status(t, id, "cancelled")
	if got := say(t, s.asked(`{"input":"go on","previous_response_id":"`+id+`"}`)); got != "user:hi assistant:Hel user:go on" {
		t.Errorf("the agent got %s", got)
	}

	queued, _ := s.startBackground(`{"input":"hi","background":true}`)
	checkResponse(t, object(t, s.do("POST", "/v1/responses/"+queued+"/cancel", "").Body), "cancelled")
	done, turn := s.startBackground(`{"input":"hi","background":true}`)
	says("x")(turn)
	checkResponse(t, object(t, s.do("POST", "/v1/responses/"+done+"/cancel", "").Body), "completed")
}

func TestOnlyBackgroundResponsesAreCancelledOrStreamedLater(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	x := s.send("POST", "/v1/responses", `{"input":"hi","stream":true}`)
	turn := <-s.turn
	turn.Text("Hel")
	x.WaitFor("delta")
	running := at(t, object(t, events(t, x.Response())[0].data), "response", "id").(string)
	stored := s.create(`{"input":"hi"}`, "a")
	for _, id := range []string{running, stored} {
		expectError(t, s.do("POST", "/v1/responses/"+id+"/cancel", ""), 400, "response_id", "response_not_in_background")
		expectError(t, s.get("/v1/responses/"+id, "stream=true").Wait(), 400, "response_id", "response_not_in_background")
	}
	expectError(t, s.do("POST", "/v1/responses/resp_nope/cancel", ""), 404, "response_id", "response_not_found")
	expectError(t, s.get("/v1/responses/resp_nope", "stream=true").Wait(), 404, "response_id", "response_not_found")
	for _, n := range []string{"-1", "x", "", "9223372036854775807"} {
		expectError(t, s.get("/v1/responses/"+stored, "stream=true&starting_after="+n).Wait(), 400, "starting_after", "invalid_value")
	}
	if r := s.get("/v1/responses/"+stored, "stream=false").Wait(); r.Status != 200 || r.Streamed {
		t.Errorf("stream=false: %d", r.Status)
	}
}

func TestABackgroundResponseThatFailsSaysSo(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	id, turn := s.startBackground(`{"input":"hi","background":true}`)
	turn.Fail(502, "upstream_cut", "The upstream is away.")
	expect(t, s.status(t, id, "failed"), "The upstream is away.", "error", "message")
	if got := sequence(t, events(t, s.get("/v1/responses/"+id, "stream=true").Wait())); got != "created queued failed [DONE]" {
		t.Errorf("events %s", got)
	}
}

func TestDeletingABackgroundResponseCancelsIt(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, `{}`)
	id, turn := s.startBackground(`{"input":"hi","background":true}`)
	reader := s.get("/v1/responses/"+id, "stream=true")
	reader.WaitFor("queued")
	expect(t, object(t, s.do("DELETE", "/v1/responses/"+id, "").Body), true, "deleted")
	<-turn.Cancelled()
	if r := reader.Wait(); !strings.HasSuffix(r.Body, "[DONE]\n\n") {
		t.Errorf("the reader was left alone: %s", r.Body)
	}
	expectError(t, s.do("GET", "/v1/responses/"+id, ""), 404, "response_id", "response_not_found")
	s.stop()
	s = start(t, dir, `{}`)
	expectError(t, s.do("GET", "/v1/responses/"+id, ""), 404, "response_id", "response_not_found")
}

func TestBackgroundNeedsTheStore(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	expectError(t, s.do("POST", "/v1/responses", `{"input":"hi","background":true,"store":false}`), 400, "background", "invalid_value")
	s = start(t, t.TempDir(), `{"stored_responses":0}`)
	expectError(t, s.do("POST", "/v1/responses", `{"input":"hi","background":true}`), 400, "background", "unsupported_parameter")
}

func TestAShutdownStoresABackgroundResponseAsIncomplete(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, `{}`)
	id, turn := s.startBackground(`{"input":"hi","background":true}`)
	turn.Text("Hel")
	reader := s.get("/v1/responses/"+id, "stream=true")
	reader.WaitFor(`"delta":"Hel"`)
	s.host.Shutdown("restart", 0)
	if got := sequence(t, events(t, reader.Wait())); !strings.HasSuffix(got, "incomplete [DONE]") {
		t.Errorf("events %s", got)
	}
	if code := <-s.code; code != 0 {
		t.Errorf("exit code %d", code)
	}
	s = start(t, dir, `{}`)
	v := s.status(t, id, "incomplete")
	expect(t, v, "shutdown", "incomplete_details", "reason")
	expect(t, v, "Hel", "output", 0, "content", 0, "text")
}

func TestABackgroundResponseWhoseInstanceDiedHasFailed(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, `{"stored_responses":3}`)
	id, turn := s.startBackground(`{"input":"hi","background":true}`)
	turn.Text("Hel")
	s.status(t, id, "in_progress")
	for range 5 { // what runs is not forgotten for what came later
		s.create(`{"input":"x"}`, "y")
	}
	s.host.Close() // no word of a shutdown
	if code := <-s.code; code == 0 {
		t.Fatal("a clean end")
	}
	s = start(t, dir, `{"stored_responses":3}`)
	v := s.status(t, id, "failed")
	expect(t, v, "server_error", "error", "code")
	expect(t, v, "The server stopped before the response was complete.", "error", "message")
	// A reader that has seen more than was kept hears of the end, under a number that is new to it.
	list := events(t, s.get("/v1/responses/"+id, "stream=true&starting_after=40").Wait())
	if len(list) != 2 || list[0].name != "response.failed" || number(t, list[0]) != 41 {
		t.Errorf("events %v", list)
	}
	if got := say(t, s.asked(`{"input":"again","previous_response_id":"`+id+`"}`)); got != "user:hi user:again" {
		t.Errorf("the agent got %s", got)
	}
}

func TestNothingFollowsOnAResponseThatIsNotThereYet(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	id, _ := s.startBackground(`{"input":"hi","background":true}`)
	expectError(t, s.do("POST", "/v1/responses", `{"input":"x","previous_response_id":"`+id+`"}`), 400, "previous_response_id", "invalid_value")
}
