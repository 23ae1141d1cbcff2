package api_test

import (
	"strings"
	"testing"

	"innkeeper/adapters/sdk/sdktest"
)

// client is a client on a WebSocket.
type client struct {
	s     *server
	x     *sdktest.Exchange
	taken int // messages that were looked at
}

func (s *server) dial() *client {
	s.t.Helper()
	r := requestOf(s.t, "GET", "/v1/responses")
	r.ID, r.Headers = "req_socket", map[string]string{"connection": "Upgrade", "upgrade": "websocket"}
	return &client{s: s, x: s.host.Request(r)}
}

// take gives the messages that came since it was called last, after everything that was sent before was handled: the loop
// takes events in order, so it has seen them all when it answers a request that came later. Each is checked against
// the description of the API.
func (c *client) take() (messages []map[string]any) {
	c.s.t.Helper()
	c.s.do("GET", "/health", "")
	chunks := c.x.Response().Chunks
	schema := answer101()["x-server-message-schema"]
	for _, text := range chunks[c.taken:] {
		v := object(c.s.t, text)
		messages = append(messages, object(c.s.t, text))
		if v["type"] != "error" {
			delete(v, "stream_id")
		}
		if faults := described().check(schema, any(v), "$"); len(faults) > 0 {
			c.s.t.Errorf("openapi.json: a message: %s\nin %s", strings.Join(faults, "\n\t"), text)
		}
	}
	c.taken = len(chunks)
	return messages
}

func answer101() map[string]any {
	paths := described().root["paths"].(map[string]any)
	return paths["/v1/responses"].(map[string]any)["get"].(map[string]any)["responses"].(map[string]any)["101"].(map[string]any)
}

// ask sends a message that starts a turn, and gives the turn and what the agent was asked.
func (c *client) ask(message string) (turn *sdktest.Turn, asked string) {
	c.s.t.Helper()
	c.x.Message(message)
	turn = c.s.started()
	return turn, say(c.s.t.(*testing.T), at(c.s.t, object(c.s.t, turn.Request()), "messages").([]any))
}

// started is the turn that was started last. None may be missing.
func (s *server) started() *sdktest.Turn {
	s.t.Helper()
	s.do("GET", "/health", "")
	select {
	case turn := <-s.turn:
		return turn
	default:
		s.t.Fatal("no turn was started")
		return nil
	}
}

// idle checks that no turn was started.
func (s *server) idle() {
	s.t.Helper()
	s.do("GET", "/health", "")
	if len(s.turn) > 0 {
		s.t.Fatal("a turn was started")
	}
}

// types are the types of messages, runs of one as one, with the stream that they are of.
func types(messages []map[string]any) string {
	var names []string
	for _, m := range messages {
		name := strings.TrimPrefix(m["type"].(string), "response.")
		if stream, ok := m["stream_id"].(string); ok {
			name = stream + ":" + name
		}
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// response is the Response object of the last message.
func response(t testing.TB, messages []map[string]any) map[string]any {
	t.Helper()
	if len(messages) == 0 {
		t.Fatal("no messages")
	}
	return at(t, messages[len(messages)-1], "response").(map[string]any)
}

// says sends a request, answers it with a word, and gives the response's id and what the agent was asked.
func (c *client) says(message, word string) (id, asked string) {
	c.s.t.Helper()
	turn, asked := c.ask(message)
	says(word)(turn)
	v := response(c.s.t, c.take())
	expect(c.s.t, v, "completed", "status")
	return v["id"].(string), asked
}

// fails sends a request that comes to nothing, and checks the error event.
func (c *client) fails(message string, status int, param any, code string) {
	c.s.t.Helper()
	c.x.Message(message)
	c.failed(status, param, code)
}

func (c *client) failed(status int, param any, code string) {
	c.s.t.Helper()
	messages := c.take()
	if len(messages) != 1 || messages[0]["type"] != "error" {
		c.s.t.Fatalf("messages %v", messages)
	}
	expect(c.s.t, messages[0], float64(status), "status")
	expect(c.s.t, messages[0], param, "error", "param")
	expect(c.s.t, messages[0], code, "error", "code")
}

const textEvents = "created in_progress output_item.added content_part.added output_text.delta output_text.done content_part.done " +
	"output_item.done completed"

func TestAWebSocketCarriesTheEventsOfAStream(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	c := s.dial()
	turn, _ := c.ask(`{"type":"response.create","model":"m","input":"hi"}`)
	says("Hel", "lo")(turn)
	messages := c.take()
	if got := types(messages); got != textEvents {
		t.Fatalf("events\n%s\nwant\n%s", got, textEvents)
	}
	for i, m := range messages {
		expect(t, m, float64(i), "sequence_number")
	}
	v := response(t, messages)
	checkResponse(t, v, "completed")
	expect(t, v, "Hello", "output", 0, "content", 0, "text")
	stored := object(t, s.do("GET", "/v1/responses/"+v["id"].(string), "").Body)
	expect(t, stored, v["completed_at"], "completed_at")
	if r := c.x.Response(); r.Status != 101 {
		t.Errorf("status %d", r.Status)
	}
}

func TestAWebSocketContinuesWhatNobodyStores(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	c, other := s.dial(), s.dial()
	first, _ := c.says(`{"type":"response.create","input":"one","store":false}`, "1")
	other.fails(`{"type":"response.create","input":"x","store":false,"previous_response_id":"`+first+`"}`, 400, "previous_response_id", "previous_response_not_found")
	second, asked := c.says(`{"type":"response.create","input":"two","store":false,"previous_response_id":"`+first+`"}`, "2")
	if asked != "user:one assistant:1 user:two" {
		t.Errorf("the agent got %s", asked)
	}
	expectError(t, s.do("GET", "/v1/responses/"+second, ""), 404, "response_id", "response_not_found")
	// The newest only, and an unknown one is no end of the connection.
	c.fails(`{"type":"response.create","input":"x","previous_response_id":"`+first+`"}`, 400, "previous_response_id", "previous_response_not_found")
	third, asked := c.says(`{"type":"response.create","input":"three","previous_response_id":"`+second+`"}`, "3")
	if asked != "user:one assistant:1 user:two assistant:2 user:three" {
		t.Errorf("the agent got %s", asked)
	}
	// That one is stored, so it can be continued from anywhere.
	if got := say(t, s.asked(`{"input":"four","previous_response_id":"`+third+`"}`)); got != asked+" assistant:3 user:four" {
		t.Errorf("the agent got %s", got)
	}
	if _, got := other.says(`{"type":"response.create","input":"five","previous_response_id":"`+third+`"}`, "5"); got != asked+" assistant:3 user:five" {
		t.Errorf("the agent got %s", got)
	}
}

func TestAWebSocketWithoutAStoreContinuesAllTheSame(t *testing.T) {
	c := start(t, t.TempDir(), `{"stored_responses":0}`).dial()
	first, _ := c.says(`{"type":"response.create","input":"one"}`, "1")
	if _, asked := c.says(`{"type":"response.create","input":"two","previous_response_id":"`+first+`"}`, "2"); asked != "user:one assistant:1 user:two" {
		t.Errorf("the agent got %s", asked)
	}
}

func TestAFailedContinuationHasToStartAnew(t *testing.T) {
	c := start(t, t.TempDir(), `{}`).dial()
	first, _ := c.says(`{"type":"response.create","input":"one","store":false}`, "1")
	again := `{"type":"response.create","input":"two","store":false,"previous_response_id":"` + first + `"}`
	turn, _ := c.ask(again)
	turn.Fail(429, "rate_limit_exceeded", "Slow down.") // to be sent again as it is
	c.failed(429, nil, "rate_limit_exceeded")
	turn, _ = c.ask(again)
	turn.Fail(502, "upstream_error", "The upstream is away.")
	c.failed(502, nil, "upstream_error")
	c.fails(again, 400, "previous_response_id", "previous_response_not_found")

	second, _ := c.says(`{"type":"response.create","input":"three","store":false}`, "3")
	turn, _ = c.ask(`{"type":"response.create","input":"four","store":false,"previous_response_id":"` + second + `"}`)
	turn.Text("Hel")
	turn.Fail(502, "upstream_cut", "The upstream ended too early.")
	messages := c.take()
	if got := types(messages); !strings.HasSuffix(got, "output_item.done failed") {
		t.Fatalf("events %s", got)
	}
	failed := response(t, messages)["id"].(string)
	for _, id := range []string{second, failed} {
		c.fails(`{"type":"response.create","input":"x","previous_response_id":"`+id+`"}`, 400, "previous_response_id", "previous_response_not_found")
	}
}

func TestAWarmUpIsContinuedWithoutATurnOfItsOwn(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	for _, store := range []string{"true", "false"} {
		c := s.dial()
		c.x.Message(`{"type":"response.create","generate":false,"store":` + store + `,"input":"be warm"}`)
		messages := c.take()
		if got := types(messages); got != "created in_progress completed" {
			t.Fatalf("events %s", got)
		}
		v := response(t, messages)
		checkResponse(t, v, "completed")
		if n := len(v["output"].([]any)); n != 0 {
			t.Errorf("%d items", n)
		}
		s.idle()
		_, asked := c.says(`{"type":"response.create","store":`+store+`,"input":[],"previous_response_id":"`+v["id"].(string)+`"}`, "x")
		if asked != "user:be warm" {
			t.Errorf("the agent got %s", asked)
		}
	}
	// Settings alone may be warmed up, too; an answer needs something to be about.
	c := s.dial()
	c.x.Message(`{"type":"response.create","generate":false,"store":false,"instructions":"Be kind."}`)
	id := response(t, c.take())["id"].(string)
	if _, asked := c.says(`{"type":"response.create","store":false,"input":"hi","previous_response_id":"`+id+`"}`, "x"); asked != "user:hi" {
		t.Errorf("the agent got %s", asked)
	}
	c.fails(`{"type":"response.create","input":[]}`, 400, "input", "invalid_value")
}

func TestAWebSocketGoesOnAfterEveryFault(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	c := s.dial()
	for message, want := range map[string]struct {
		param any
		code  string
	}{
		`{`:                          {nil, "invalid_json"},
		``:                           {nil, "invalid_json"},
		`[]`:                         {nil, "invalid_type"},
		`{}`:                         {"type", "missing_required_parameter"},
		`{"type":7}`:                 {"type", "invalid_type"},
		`{"type":"response.steer"}`:  {"type", "invalid_value"},
		`{"type":"response.create"}`: {"input", "missing_required_parameter"},
		`{"type":"response.create","input":"x","background":true}`:                             {"background", "unsupported_parameter"},
		`{"type":"response.create","input":"x","generate":1}`:                                  {"generate", "invalid_type"},
		`{"type":"response.create","input":"x","stream_id":""}`:                                {"stream_id", "invalid_stream_id"},
		`{"type":"response.create","input":"x","stream_id":"a b"}`:                             {"stream_id", "invalid_stream_id"},
		`{"type":"response.create","input":[{"role":"user"}]}`:                                 {"input[0].content", "missing_required_parameter"},
		`{"type":"response.create","input":"x","previous_response_id":"resp_nope"}`:            {"previous_response_id", "previous_response_not_found"},
		`{"type":"response.create","input":"x","top_logprobs":2}`:                              {"top_logprobs", "unsupported_parameter"},
		`{"type":"response.create","stream_id":"` + strings.Repeat("a", 257) + `"}`:            {"stream_id", "invalid_stream_id"},
		`{"type":"response.create","input":"x","conversation":"a","previous_response_id":"b"}`: {"conversation", "invalid_value"},
	} {
		c.fails(message, 400, want.param, want.code)
		if t.Failed() {
			t.Fatalf("message %s", message)
		}
	}
	c.x.BinaryMessage(`{"type":"response.create","input":"x"}`)
	c.failed(400, nil, "invalid_message")
	c.x.Message(`{"type":"response.processed","response_id":"resp_1"}`)
	if messages := c.take(); len(messages) > 0 {
		t.Errorf("an answer to what wants none: %v", messages)
	}
	s.idle()
	c.says(`{"type":"response.create","input":"x"}`, "y")
}

func TestARequestForAWebSocketHasToSayIt(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	expectError(t, s.do("GET", "/v1/responses", ""), 426, nil, "websocket_upgrade_required")
}

func TestRequestsOfOneStreamAreAnsweredInOrder(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	c := s.dial()
	first, _ := c.ask(`{"type":"response.create","input":"one"}`)
	c.x.Message(`{"type":"response.create","input":"two"}`)
	c.x.Message(`{"type":"response.create","input":1}`)
	c.x.Message(`{"type":"response.create","input":"warm","generate":false}`)
	c.x.Message(`{"type":"response.create","input":"three"}`)
	s.idle()
	first.Text("1")
	if got := types(c.take()); strings.Contains(got, "error") {
		t.Fatalf("a later request was answered first: %s", got)
	}
	says()(first)
	second := s.started()
	if got := types(c.take()); got != "output_text.done content_part.done output_item.done completed" {
		t.Errorf("events %s", got)
	}
	s.idle()
	second.Fail(500, "agent_failed", "No.")
	third := s.started()
	if got := types(c.take()); got != "error created in_progress completed" { // two errors in a row
		t.Errorf("events %s", got)
	}
	says("3")(third)
	if got := types(c.take()); got != textEvents {
		t.Errorf("events %s", got)
	}
}

func TestStreamsWithNamesAreAnsweredBesideEachOther(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	c := s.dial()
	plan, _ := c.says(`{"type":"response.create","stream_id":"planner","input":"plan","store":false}`, "p")
	// A fork continues another stream's response, which goes on, too.
	critic, asked := c.ask(`{"type":"response.create","stream_id":"critic","input":"judge","store":false,"previous_response_id":"` + plan + `"}`)
	if asked != "user:plan assistant:p user:judge" {
		t.Errorf("the agent got %s", asked)
	}
	planner, asked := c.ask(`{"type":"response.create","stream_id":"planner","input":"more","store":false,"previous_response_id":"` + plan + `"}`)
	if asked != "user:plan assistant:p user:more" {
		t.Errorf("the agent got %s", asked)
	}
	critic.Text("c")
	planner.Text("m")
	critic.Text("d")
	if got := types(c.take()); got != "critic:created critic:in_progress critic:output_item.added critic:content_part.added critic:output_text.delta "+
		"planner:created planner:in_progress planner:output_item.added planner:content_part.added planner:output_text.delta critic:output_text.delta" {
		t.Errorf("events %s", got)
	}
	critic.Fail(502, "upstream_cut", "Cut.")
	says()(planner)
	if got := types(c.take()); !strings.Contains(got, "critic:failed planner:output_text.done") || !strings.HasSuffix(got, "planner:completed") {
		t.Errorf("events %s", got)
	}
	c.x.Message(`{"type":"response.create","stream_id":"critic","input":[1]}`)
	if got := types(c.take()); got != "critic:error" {
		t.Errorf("events %s", got)
	}
}

func TestAForkThatFailsLeavesTheOtherStreamAlone(t *testing.T) {
	c := start(t, t.TempDir(), `{}`).dial()
	plan, _ := c.says(`{"type":"response.create","stream_id":"planner","input":"plan","store":false}`, "p")
	fork, _ := c.ask(`{"type":"response.create","stream_id":"critic","input":"judge","previous_response_id":"` + plan + `"}`)
	fork.Fail(500, "agent_failed", "No.")
	c.failed(500, nil, "agent_failed")
	if _, asked := c.says(`{"type":"response.create","stream_id":"planner","input":"more","previous_response_id":"`+plan+`"}`, "m"); asked != "user:plan assistant:p user:more" {
		t.Errorf("the agent got %s", asked)
	}
}
