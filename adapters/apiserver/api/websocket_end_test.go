package api_test

import (
	"strings"
	"testing"

	"innkeeper/adapters/sdk/sdktest"
)

func TestTheBoundsOfAConnection(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	c := s.dial()
	create := func(stream string) string {
		return `{"type":"response.create","stream_id":"` + stream + `","input":"x"}`
	}
	var turns []*sdktest.Turn
	for i := range 32 {
		c.x.Message(create("s" + itoa(i)))
	}
	if c.take(); len(s.turn) != 16 {
		t.Fatalf("%d at once", len(s.turn))
	}
	for range 16 {
		turns = append(turns, <-s.turn)
	}
	c.fails(create("s32"), 400, "stream_id", "websocket_stream_limit_reached")
	for range 64 - 16 {
		c.x.Message(`{"type":"response.create","input":"x"}`) // the stream without a name does not count, and waits, too
	}
	if messages := c.take(); len(messages) > 0 {
		t.Fatalf("messages %v", messages)
	}
	c.fails(create("s0"), 429, nil, "too_many_requests")
	says("a")(turns[7])
	s.started()
	c.take()
	c.x.Message(create("s0")) // there is room again
	if messages := c.take(); len(messages) > 0 {
		t.Fatalf("messages %v", messages)
	}
	s.idle()
}

func TestConcurrentTurnsBoundWebSocketsToo(t *testing.T) {
	s := start(t, t.TempDir(), `{"concurrent_turns":1}`)
	c := s.dial()
	first, _ := c.says(`{"type":"response.create","input":"x","store":false}`, "1")
	turn, _ := s.dial().ask(`{"type":"response.create","input":"x"}`)
	again := `{"type":"response.create","input":"y","store":false,"previous_response_id":"` + first + `"}`
	c.x.Message(again)
	messages := c.take()
	expect(t, messages[0], 429.0, "status")
	expect(t, messages[0], "1", "headers", "retry-after")
	says("x")(turn)
	if _, asked := c.says(again, "2"); asked != "user:x assistant:1 user:y" {
		t.Errorf("the agent got %s", asked)
	}
}

func TestAClientThatLeavesAWebSocketEndsWhatItWaitsFor(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	c := s.dial()
	one, _ := c.ask(`{"type":"response.create","stream_id":"a","input":"one"}`)
	two, _ := c.ask(`{"type":"response.create","stream_id":"b","input":"two","store":false}`)
	c.x.Message(`{"type":"response.create","stream_id":"a","input":"three"}`)
	one.Text("Hel")
	two.Text("x")
	messages := c.take()
	id := at(t, messages[0], "response", "id").(string)
	c.x.Leave()
	<-one.Cancelled()
	<-two.Cancelled()
	c.x.Wait()
	s.idle()
	v := object(t, s.do("GET", "/v1/responses/"+id, "").Body)
	checkResponse(t, v, "incomplete")
	expect(t, v, "client_disconnected", "incomplete_details", "reason")
	expect(t, v, "Hel", "output", 0, "content", 0, "text")
	if got := say(t, s.asked(`{"input":"go on","previous_response_id":"`+id+`"}`)); got != "user:one assistant:Hel user:go on" {
		t.Errorf("the agent got %s", got)
	}
	s.letGo(t)
}

// letGo checks that nothing is kept for anybody.
func (s *server) letGo(t *testing.T) {
	t.Helper()
	v := object(t, s.do("GET", "/health/detailed", "").Body)
	expect(t, v, 0.0, "open", "turns")
	expect(t, v, 0.0, "open", "held_bytes")
	if exchanges, turns := s.host.Open(); exchanges != 0 || turns != 0 {
		t.Errorf("%d exchanges and %d turns are open", exchanges, turns)
	}
}

func TestAClientThatReadsTooSlowlyIsCutOff(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	c := s.dial()
	one, _ := c.ask(`{"type":"response.create","stream_id":"a","input":"one","store":false}`)
	two, _ := c.ask(`{"type":"response.create","stream_id":"b","input":"two"}`)
	two.Text("Hel")
	id := at(t, c.take()[0], "response", "id").(string)
	c.x.Stall()
	for range 5 {
		one.Text(strings.Repeat("x", 1<<20))
	}
	<-one.Cancelled()
	<-two.Cancelled()
	if r := c.x.Wait(); !r.Aborted {
		t.Error("the connection was not cut")
	}
	checkResponse(t, object(t, s.do("GET", "/v1/responses/"+id, "").Body), "incomplete")
	s.letGo(t)
}

func TestAClientThatReadsSlowlyGetsWholeMessages(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	c := s.dial()
	turn, _ := c.ask(`{"type":"response.create","input":"one"}`)
	c.x.Stall()
	says("a", "b")(turn)
	if messages := c.take(); len(messages) > 0 {
		t.Fatalf("messages %v", messages)
	}
	c.x.Resume()
	if got := types(c.take()); got != textEvents {
		t.Errorf("events %s", got)
	}
	s.do("GET", "/health", "")
}

func TestASilentAgentsResponseBeginsAllTheSame(t *testing.T) {
	s := start(t, t.TempDir(), `{"keepalive":1000000}`)
	c := s.dial()
	turn, _ := c.ask(`{"type":"response.create","input":"one"}`)
	c.x.WaitFor("response.in_progress")
	turn.Fail(502, "upstream_error", "Away.")
	if got := types(c.take()); got != "created in_progress failed" {
		t.Errorf("events %s", got)
	}
}

func TestAShutdownFinishesWhatRunsOnAWebSocket(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, `{}`)
	idle, c := s.dial(), s.dial()
	turn, _ := c.ask(`{"type":"response.create","stream_id":"a","input":"one"}`)
	c.x.Message(`{"type":"response.create","stream_id":"a","input":"two"}`)
	turn.Text("Hel")
	c.take()
	s.host.Shutdown("restart", 60_000)
	if r := idle.x.Wait(); r.Aborted {
		t.Error("an idle connection was cut, not closed")
	}
	c.x.Message(`{"type":"response.create","stream_id":"b","input":"three"}`)
	expectError(t, s.dial().x.Wait(), 503, nil, "unavailable")
	messages := c.take()
	if got := types(messages); got != "b:error" {
		t.Fatalf("events %s", got)
	}
	expect(t, messages[0], 503.0, "status")
	says("lo")(turn)
	r := c.x.Wait()
	last := r.Chunks[len(r.Chunks)-2:]
	expect(t, object(t, last[0]), "Hello", "response", "output", 0, "content", 0, "text")
	expect(t, object(t, last[1]), "unavailable", "error", "code") // the one that waited
	if code := <-s.code; code != 0 || r.Aborted {
		t.Errorf("exit code %d, aborted %v", code, r.Aborted)
	}
}

func TestAShutdownCutsShortWhatTakesTooLongOnAWebSocket(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, `{}`)
	c := s.dial()
	turn, _ := c.ask(`{"type":"response.create","input":"one"}`)
	turn.Text("Hel")
	id := at(t, c.take()[0], "response", "id").(string)
	s.host.Shutdown("restart", 0)
	r := c.x.Wait()
	v := object(t, r.Chunks[len(r.Chunks)-1])
	expect(t, v, "response.incomplete", "type")
	expect(t, v, "shutdown", "response", "incomplete_details", "reason")
	if code := <-s.code; code != 0 {
		t.Errorf("exit code %d", code)
	}
	checkResponse(t, object(t, start(t, dir, `{}`).do("GET", "/v1/responses/"+id, "").Body), "incomplete")
}
