package api_test

import (
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/sdktest"
)

// pair is a predecessor and its successor on one database. Requests go to the successor, and what that passes on to the
// predecessor, as the host does it.
type pair struct {
	t          *testing.T
	old, young *server
}

// handOver starts a successor beside the instance, which is of the first generation.
func (s *server) handOver(change ...func(*abi.Host)) *pair {
	s.t.Helper()
	return s.handOverFrom(1, change...)
}

func (s *server) handOverFrom(generation uint64, change ...func(*abi.Host)) *pair {
	s.t.Helper()
	host := sdktest.New()
	host.SetPredecessor(generation)
	young := startOn(s.t, host, s.dir, `{}`, change...)
	return &pair{s.t.(*testing.T), s, young}
}

// lastMoment is HTTP with something that happens just before an exchange is passed on.
type lastMoment struct {
	abi.HTTP
	happens func()
}

// Pass implements abi.HTTP.
func (m lastMoment) Pass(exchange uint32) int32 {
	m.happens()
	return m.HTTP.Pass(exchange)
}

// send brings a request. The exchange is that of the instance that answers it, and which one it is.
func (p *pair) send(r sdktest.Request) (x *sdktest.Exchange, by *server) {
	p.t.Helper()
	x = p.young.host.Request(r)
	p.young.do("GET", "/health", "") // whatever the successor passes on it has passed on by now
	if x.Response().Passed {
		return p.old.host.Request(r), p.old
	}
	return x, p.young
}

// expectBy is send for a request that one of the two has to answer.
func (p *pair) expectBy(want *server, r sdktest.Request) *sdktest.Exchange {
	p.t.Helper()
	x, by := p.send(r)
	if by != want {
		p.t.Fatalf("%s %s was answered by the wrong one", r.Method, r.Path)
	}
	return x
}

// ask is expectBy for an answer in one piece.
func (p *pair) ask(want *server, method, path, body string) sdktest.Response {
	p.t.Helper()
	r := requestOf(p.t, method, path)
	r.Body = body
	answer := p.expectBy(want, r).Wait()
	p.young.conforms(method, path, answer)
	return answer
}

// shutDown asks the predecessor to finish.
func (p *pair) shutDown() { p.old.host.Shutdown("handover", 60_000) }

// ended waits for the predecessor's end and tells the successor.
func (p *pair) ended() {
	p.t.Helper()
	if code := <-p.old.code; code != 0 {
		p.t.Errorf("exit code %d", code)
	}
	p.young.host.EndPredecessor()
}

// killed is the predecessor's end without a word.
func (p *pair) killed() {
	p.old.kill()
	p.young.host.EndPredecessor()
	p.young.do("GET", "/health", "")
}

func TestAResponseInTheBackgroundIsFinishedByThePredecessor(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	id, turn := s.startBackground(`{"input":"hi","background":true,"conversation":"talk"}`)
	turn.Text("Hel")
	p := s.handOver()
	p.shutDown()
	path := "/v1/responses/" + id
	v := object(t, p.ask(p.old, "GET", path, "").Body)
	checkResponse(t, v, "in_progress")
	expect(t, v, "Hel", "output", 0, "content", 0, "text")
	p.ask(p.old, "GET", path+"/input_items", "")
	expectError(t, p.ask(p.young, "POST", "/v1/responses", `{"input":"x","previous_response_id":"`+id+`"}`), 400, "previous_response_id", "invalid_value")
	r := requestOf(t, "GET", path)
	r.Query = "stream=true"
	reader := p.expectBy(p.old, r)
	reader.WaitFor(`"delta":"Hel"`)
	says("lo")(turn)
	if got := sequence(t, events(t, reader.Wait())); !strings.HasSuffix(got, "completed [DONE]") {
		t.Errorf("events %s", got)
	}
	p.ended()
	expect(t, p.young.status(t, id, "completed"), "Hello", "output", 0, "content", 0, "text")
	if got := say(t, p.young.asked(`{"input":"2","conversation":"talk"}`)); got != "user:hi assistant:Hello user:2" {
		t.Errorf("the agent got %s", got)
	}
}

func TestAResponseOfThePredecessorIsCancelledAndDeletedThere(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	first, turn1 := s.startBackground(`{"input":"hi","background":true}`)
	second, turn2 := s.startBackground(`{"input":"hi","background":true}`)
	p := s.handOver()
	p.shutDown()
	checkResponse(t, object(t, p.ask(p.old, "POST", "/v1/responses/"+first+"/cancel", "").Body), "cancelled")
	<-turn1.Cancelled()
	expect(t, object(t, p.ask(p.old, "DELETE", "/v1/responses/"+second, "").Body), true, "deleted")
	<-turn2.Cancelled()
	p.ended()
	p.young.status(t, first, "cancelled")
	expectError(t, p.ask(p.young, "GET", "/v1/responses/"+second, ""), 404, "response_id", "response_not_found")
}

// TestAResponseThatAClientWaitsForIsKnownToThePredecessor only: it is stored at its end.
func TestAResponseThatAClientWaitsForIsKnownToThePredecessor(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	x := s.send("POST", "/v1/responses", `{"input":"hi","stream":true}`)
	turn := <-s.turn
	turn.Text("Hel")
	x.WaitFor(`"delta":"Hel"`)
	id := at(t, object(t, events(t, x.Response())[0].data), "response", "id").(string)
	p := s.handOver()
	p.shutDown()
	checkResponse(t, object(t, p.ask(p.old, "GET", "/v1/responses/"+id, "").Body), "in_progress")
	expectError(t, p.ask(p.old, "POST", "/v1/responses/"+id+"/cancel", ""), 400, "response_id", "response_not_in_background")
	for _, path := range []string{"/v1/responses", "/v1/responses/compact", "/v1/runs"} {
		expectError(t, p.ask(p.old, "POST", path, `{"input":"x","previous_response_id":"`+id+`"}`), 400, "previous_response_id", "invalid_value")
	}
	expectError(t, p.ask(p.old, "GET", "/v1/responses/resp_nope", ""), 404, "response_id", "response_not_found")
	says("lo")(turn)
	if got := sequence(t, events(t, x.Wait())); !strings.HasSuffix(got, "completed [DONE]") {
		t.Errorf("events %s", got)
	}
	p.ended()
	if got := say(t, p.young.asked(`{"input":"2","previous_response_id":"`+id+`"}`)); got != "user:hi assistant:Hello user:2" {
		t.Errorf("the agent got %s", got)
	}
	expectError(t, p.ask(p.young, "GET", "/v1/responses/resp_nope", ""), 404, "response_id", "response_not_found")
}

func TestARunIsFinishedOrStoppedByThePredecessor(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	first, turn := s.startRun(`{"input":"hi"}`)
	second, stopped := s.startRun(`{"input":"hi"}`)
	turn.Text("Hel")
	p := s.handOver()
	p.shutDown()
	expect(t, object(t, p.ask(p.old, "GET", "/v1/runs/"+first, "").Body), "in_progress", "status")
	reader := p.expectBy(p.old, requestOf(t, "GET", "/v1/runs/"+first+"/events"))
	reader.WaitFor("Hel")
	expect(t, object(t, p.ask(p.old, "POST", "/v1/runs/"+second+"/stop", "").Body), "stopped", "status")
	<-stopped.Cancelled()
	says("lo")(turn)
	want := reader.Wait().Body
	p.ended()
	expect(t, p.young.runStatus(first), "completed", "status")
	if got := p.expectBy(p.young, requestOf(t, "GET", "/v1/runs/"+first+"/events")).Wait().Body; got != want {
		t.Errorf("the events differ after the hand-over:\n%s\n%s", got, want)
	}
}

func TestWorkUnderAKeyIsSharedAcrossAHandOver(t *testing.T) {
	for _, end := range []string{`}`, `,"stream":true}`} {
		s := start(t, t.TempDir(), `{}`)
		body := hello + end
		first := s.sendKeyed("k", "/v1/chat/completions", body)
		turn := <-s.turn
		turn.Text("Hel")
		p := s.handOver()
		p.shutDown()
		r := requestOf(t, "POST", "/v1/chat/completions")
		r.Body, r.Headers = body, map[string]string{"idempotency-key": "k"}
		second := p.expectBy(p.old, r)
		other := r
		other.Body += " "
		expectError(t, p.expectBy(p.young, other).Wait(), 409, "Idempotency-Key", "idempotency_key_conflict")
		p.old.do("GET", "/health", "") // the second has arrived
		says("lo")(turn)
		want := first.Wait().Body
		if got := second.Wait(); got.Body != want || !replayed(got) {
			t.Errorf("%+v, want %s", got, want)
		}
		p.ended()
		if got := p.young.doKeyed("k", "/v1/chat/completions", body); got.Body != want || !replayed(got) {
			t.Errorf("%+v, want %s", got, want)
		}
	}
}

// TestAKeyIsTakenAlongWithARequestThatIsPassedOn: the predecessor may have to do the work after all, if the response that the
// successor does not know was stored meanwhile.
func TestAKeyIsTakenAlongWithARequestThatIsPassedOn(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	busy := s.send("POST", "/v1/chat/completions", hello+`}`) // so that the predecessor stays
	<-s.turn
	id := s.create(`{"input":"hi"}`, "Hello")
	p := s.handOver()
	p.shutDown()
	r := requestOf(t, "POST", "/v1/responses")
	r.Body, r.Headers = `{"input":"x","previous_response_id":"resp_unknown"}`, map[string]string{"idempotency-key": "k"}
	if x := p.young.host.Request(r); !x.Wait().Passed {
		t.Fatal("not passed on")
	}
	r.Body = strings.ReplaceAll(r.Body, "resp_unknown", id)
	first := p.old.host.Request(r)
	turn := <-p.old.turn
	second := p.expectBy(p.old, r)
	p.old.do("GET", "/health", "") // the second has arrived
	says("y")(turn)
	if a, b := first.Wait(), second.Wait(); a.Status != 200 || a.Body != b.Body {
		t.Errorf("%+v, %+v", a, b)
	}
	busy.Leave()
	p.ended()
	if got := p.young.doKeyed("k", "/v1/responses", r.Body); got.Status != 200 || !replayed(got) {
		t.Errorf("%+v", got)
	}
}

func TestOnlyWhatADeadPredecessorHasLeftIsEnded(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	back, turn := s.startBackground(`{"input":"hi","background":true}`)
	turn.Text("Hel")
	run, _ := s.startRun(`{"input":"hi"}`)
	s.sendKeyed("k", "/v1/chat/completions", hello+`}`)
	<-s.turn
	p := s.handOver()
	own, ownTurn := p.young.startBackground(`{"input":"hi","background":true}`)
	// While the predecessor lives nothing of it is touched.
	checkResponse(t, object(t, p.ask(p.old, "GET", "/v1/responses/"+back, "").Body), "in_progress")
	expect(t, object(t, p.ask(p.old, "GET", "/v1/runs/"+run, "").Body), "in_progress", "status")
	p.killed()
	expect(t, p.young.status(t, back, "failed"), "The server stopped before the response was complete.", "error", "message")
	expect(t, p.young.runStatus(run), "interrupted", "status")
	if r := p.young.doKeyed("k", "/v1/chat/completions", hello+`}`, says("x")); r.Status != 200 || replayed(r) {
		t.Errorf("%+v", r)
	}
	p.young.status(t, own, "queued")
	says("x")(ownTurn)
	p.young.status(t, own, "completed")
}

// TestAnInstanceThatHearsLateOfAnEndSparesItsSuccessor: a busy one may have a successor of its own by then.
func TestAnInstanceThatHearsLateOfAnEndSparesItsSuccessor(t *testing.T) {
	first := start(t, t.TempDir(), `{}`)
	lost, _ := first.startBackground(`{"input":"hi","background":true}`)
	second := first.handOver().young
	first.kill()
	third := second.handOverFrom(2).young
	id, turn := third.startBackground(`{"input":"hi","background":true}`)
	run, _ := third.startRun(`{"input":"hi"}`)
	second.host.EndPredecessor()
	second.status(t, lost, "failed")
	third.status(t, id, "queued")
	expect(t, third.runStatus(run), "in_progress", "status")
	says("x")(turn)
	third.stop()
	expect(t, second.status(t, id, "completed"), "x", "output", 0, "content", 0, "text")
}

// stumbling is a database that fails when work is to be ended for the first time.
type stumbling struct {
	abi.SQLite
	tries chan int
	tried int
}

// Prepare implements abi.SQLite.
func (s *stumbling) Prepare(connection uint32, sql []byte, statement, tail *uint32) int32 {
	if strings.Contains(string(sql), "SET generation = 0") {
		s.tried++
		s.tries <- s.tried
		if s.tried == 1 {
			return abi.SQLiteIOErr
		}
	}
	return s.SQLite.Prepare(connection, sql, statement, tail)
}

func TestWorkThatCouldNotBeEndedIsEndedLater(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	id, _ := s.startBackground(`{"input":"hi","background":true}`)
	tries := make(chan int, 2)
	p := s.handOver(func(host *abi.Host) { host.SQLite = &stumbling{SQLite: host.SQLite, tries: tries} })
	p.killed()
	for range 2 {
		<-tries
	}
	p.young.do("GET", "/health", "") // the second try is over
	p.young.status(t, id, "failed")
}

// TestARequestIsAnsweredAlthoughThePredecessorEndsFirst lets it end between the look into the database and the pass.
func TestARequestIsAnsweredAlthoughThePredecessorEndsFirst(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	back, _ := s.startBackground(`{"input":"hi","background":true}`)
	run, _ := s.startRun(`{"input":"hi"}`)
	s.sendKeyed("k", "/v1/chat/completions", hello+`}`)
	<-s.turn
	p := s.handOver()
	// The successor's loop stands still while the requests arrive and the predecessor dies: it hears of that last.
	inside, leave := make(chan struct{}), make(chan struct{})
	p.young.host.OnTurn(func(turn *sdktest.Turn) {
		close(inside)
		<-leave
		p.young.host.OnTurn(func(turn *sdktest.Turn) { p.young.turn <- turn })
		says("x")(turn)
	})
	blocked := p.young.send("POST", "/v1/chat/completions", hello+`}`)
	<-inside
	response, events := p.young.send("GET", "/v1/responses/"+back, ""), p.young.send("GET", "/v1/runs/"+run+"/events", "")
	unknown := p.young.sendKeyed("other", "/v1/responses", `{"input":"x","previous_response_id":"resp_nope"}`)
	keyed := p.young.sendKeyed("k", "/v1/chat/completions", hello+`}`)
	p.old.kill()
	p.young.host.EndPredecessor()
	close(leave)
	blocked.Wait()
	checkResponse(t, object(t, response.Wait().Body), "failed")
	if names, _ := runEvents(t, events.Wait().Body); !strings.HasSuffix(names[len(names)-1], "run.interrupted") {
		t.Errorf("%v", names)
	}
	expectError(t, unknown.Wait(), 404, "previous_response_id", "previous_response_not_found")
	says("x")(<-p.young.turn)
	if r := keyed.Wait(); r.Status != 200 {
		t.Errorf("%+v", r)
	}
	if r := p.young.doKeyed("other", "/v1/responses", `{"input":"x"}`, says("y")); r.Status != 200 {
		t.Errorf("a request that was refused took its key: %+v", r)
	}
}

// TestAPredecessorMayFinishBetweenTheLookAndThePass: the request is about something that is known by then, and keeps its key.
func TestAPredecessorMayFinishBetweenTheLookAndThePass(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	x := s.send("POST", "/v1/responses", `{"input":"hi","stream":true}`)
	turn := <-s.turn
	turn.Text("Hel")
	x.WaitFor(`"delta":"Hel"`)
	id := at(t, object(t, events(t, x.Response())[0].data), "response", "id").(string)
	var p *pair
	p = s.handOver(func(host *abi.Host) {
		host.HTTP = lastMoment{host.HTTP, func() {
			says("lo")(turn)
			x.Wait()
			p.old.stop()
			p.young.host.EndPredecessor()
		}}
	})
	body := `{"input":"2","previous_response_id":"` + id + `"}`
	first := p.young.sendKeyed("k", "/v1/responses", body)
	turn2 := <-p.young.turn
	if got := say(t, at(t, object(t, turn2.Request()), "messages").([]any)); got != "user:hi assistant:Hello user:2" {
		t.Errorf("the agent got %s", got)
	}
	says("x")(turn2)
	if r := p.young.doKeyed("k", "/v1/responses", body); r.Body != first.Wait().Body || !replayed(r) {
		t.Errorf("%+v", r)
	}
	p.young.stop()
	again := start(t, s.dir, `{}`)
	if r := again.doKeyed("k", "/v1/responses", body); !replayed(r) {
		t.Errorf("the key was not kept: %+v", r)
	}
}

func TestTheEndOfTheBudgetCutsShortWhatAHandOverDidNotFinish(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	id, turn := s.startBackground(`{"input":"hi","background":true}`)
	turn.Text("Hel")
	p := s.handOver()
	p.old.host.Shutdown("handover", 0)
	<-turn.Cancelled()
	p.ended()
	expect(t, p.young.status(t, id, "incomplete"), "shutdown", "incomplete_details", "reason")
}

// TestTheEndOfTheBudgetBeginsNothingNew: what waits on a WebSocket behind a response that is cut short would only be cut off.
func TestTheEndOfTheBudgetBeginsNothingNew(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	busy := s.dial()
	turn, _ := busy.ask(`{"type":"response.create","input":"one"}`)
	busy.x.Message(`{"type":"response.create","input":"two"}`)
	s.do("GET", "/health", "") // both have arrived
	s.host.Shutdown("handover", 0)
	<-turn.Cancelled()
	select {
	case another := <-s.turn:
		t.Error("another turn was started")
		says("2")(another)
	case <-busy.x.Done():
	}
	if r := busy.x.Wait(); r.Aborted || strings.Count(r.Body, "The server is restarting.") != 2 {
		t.Errorf("%+v", r)
	}
}

func TestWebSocketsAreLetGoOnceTheyAreIdle(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	idle, busy := s.dial(), s.dial()
	s.do("GET", "/health", "")
	turn, _ := busy.ask(`{"type":"response.create","input":"one"}`)
	busy.x.Message(`{"type":"response.create","input":"two"}`) // waits for the first, and is not refused
	p := s.handOver()
	p.shutDown()
	if r := idle.x.Wait(); r.Aborted {
		t.Errorf("%+v", r)
	}
	says("1")(turn)
	says("2")(<-s.turn)
	r := busy.x.Wait()
	if r.Aborted || strings.Count(r.Body, `"type":"response.completed"`) != 2 {
		t.Errorf("%+v", r)
	}
	p.ended()
}

// TestAHandOverThatBecomesAStop has less time than it was given at first.
func TestAHandOverThatBecomesAStop(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	id, turn := s.startBackground(`{"input":"hi","background":true}`)
	p := s.handOver()
	p.shutDown()
	p.old.host.Shutdown("stop", 0)
	<-turn.Cancelled()
	p.ended()
	expect(t, p.young.status(t, id, "incomplete"), "shutdown", "incomplete_details", "reason")
}
