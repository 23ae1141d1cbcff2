package api_test

import (
	"strings"
	"testing"

	"innkeeper/adapters/sdk/sdktest"
)

// sendKeyed is send with an Idempotency-Key.
func (s *server) sendKeyed(key, path, body string) *sdktest.Exchange {
	s.t.Helper()
	return s.sendWith("POST", path, body, map[string]string{"idempotency-key": key})
}

// sendWith is send with headers; the path may have a query.
func (s *server) sendWith(method, path, body string, headers map[string]string) *sdktest.Exchange {
	s.t.Helper()
	path, query, _ := strings.Cut(path, "?")
	r := requestOf(s.t, method, path)
	r.Query, r.Body, r.Headers = query, body, headers
	return s.host.Request(r)
}

// kill ends the adapter without a word, as the end of its process does.
func (s *server) kill() {
	s.host.Close()
	<-s.code
}

// doKeyed is do with an Idempotency-Key.
func (s *server) doKeyed(key, path, body string, script ...func(*sdktest.Turn)) sdktest.Response {
	s.t.Helper()
	x := s.sendKeyed(key, path, body)
	for _, answer := range script {
		answer(s.nextTurn(x))
	}
	r := x.Wait()
	s.conforms("POST", path, r)
	return r
}

func replayed(r sdktest.Response) bool {
	return strings.Contains(r.Headers, "idempotent-replayed: true\n")
}

var keyedRequests = map[string]string{
	"/v1/chat/completions": `{"messages":[{"role":"user","content":"hi"}]`, "/v1/responses": `{"input":"hi"`,
}

func TestAKeyGivesTheSameAnswerAgainAlsoAfterARestart(t *testing.T) {
	for path, body := range keyedRequests {
		for _, end := range []string{`}`, `,"stream":true}`} {
			dir := t.TempDir()
			s := start(t, dir, `{}`)
			first := s.doKeyed("k-1", path, body+end, says("Hel", "lo"))
			if first.Status != 200 || replayed(first) {
				t.Fatalf("%s: %+v", path, first)
			}
			again := s.doKeyed("k-1", path, body+end)
			s.stop()
			s = start(t, dir, `{}`)
			later := s.doKeyed("k-1", path, body+end)
			for _, r := range []sdktest.Response{again, later} {
				if r.Status != 200 || r.Body != first.Body || r.Streamed != first.Streamed || !replayed(r) {
					t.Errorf("%s %s: %+v, first %+v", path, end, r, first)
				}
			}
			if strings.Contains(end, "stream") {
				events(t, later)
			}
		}
	}
}

func TestAKeyStandsForOneRequest(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, `{}`)
	s.doKeyed("k", "/v1/chat/completions", hello+`}`, says("x"))
	open := s.sendKeyed("open", "/v1/chat/completions", hello+`}`)
	<-s.turn
	for key, requests := range map[string]map[string]string{
		"k": {"/v1/chat/completions": hello + `,"stream":true}`, "/v1/responses": hello + `}`}, "open": {"/v1/chat/completions": hello + ` }`},
	} {
		for path, body := range requests {
			r := s.doKeyed(key, path, body)
			expectError(t, r, 409, "Idempotency-Key", "idempotency_key_conflict")
			expect(t, object(t, r.Body), "idempotency_error", "error", "type")
		}
	}
	open.Leave()
	s.kill()
	s = start(t, dir, `{}`)
	// What an instance left unanswered is a conflict for another request, and is asked anew for the same one.
	expectError(t, s.doKeyed("open", "/v1/chat/completions", hello+` }`), 409, "Idempotency-Key", "idempotency_key_conflict")
	if r := s.doKeyed("open", "/v1/chat/completions", hello+`}`, says("x")); r.Status != 200 || replayed(r) {
		t.Errorf("%+v", r)
	}
}

func TestEqualRequestsShareOneRun(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	for path, body := range keyedRequests {
		for _, end := range []string{`}`, `,"stream":true}`} {
			key := "shared" + path + strings.Trim(end, `,{}":`)
			first := s.sendKeyed(key, path, body+end)
			turn := <-s.turn
			turn.Text("Hel")
			if strings.Contains(end, "stream") {
				first.WaitFor("Hel")
			}
			second := s.sendKeyed(key, path, body+end)
			if strings.Contains(end, "stream") && !second.WaitFor("Hel") {
				t.Fatal("the second did not get what was said before it came")
			}
			s.do("GET", "/health", "") // the second has arrived
			first.Leave()              // does not harm the second
			says("lo")(turn)
			r := second.Wait()
			if r.Status != 200 || !strings.Contains(r.Body, "lo") || !replayed(r) {
				t.Errorf("%s: %+v", path, r)
			}
			if third := s.doKeyed(key, path, body+end); third.Body != r.Body {
				t.Errorf("the replay differs: %s, %s", third.Body, r.Body)
			}
			if len(s.turn) != 0 {
				t.Fatal("a second turn was started")
			}
		}
	}
}

func TestWorkUnderAKeyOutlivesItsClient(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	for _, end := range []string{`}`, `,"stream":true}`} {
		x := s.sendKeyed("away"+end, "/v1/chat/completions", hello+end)
		turn := <-s.turn
		turn.Text("Hel")
		x.Leave()
		x.Wait()
		says("lo")(turn)
		if r := s.doKeyed("away"+end, "/v1/chat/completions", hello+end); r.Status != 200 || !strings.Contains(r.Body, "lo") {
			t.Errorf("%+v", r)
		}
	}
}

func TestWhatFailedCanBeTriedAgain(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	fails := func(turn *sdktest.Turn) {
		turn.Text("Hel")
		turn.Fail(502, "upstream_cut", "The upstream ended too early.")
	}
	for _, end := range []string{`}`, `,"stream":true}`} {
		s.doKeyed("fails"+end, "/v1/chat/completions", hello+end, fails)
		if r := s.doKeyed("fails"+end, "/v1/chat/completions", hello+end, says("ok")); r.Status != 200 || replayed(r) {
			t.Errorf("%+v", r)
		}
	}
	expectError(t, s.doKeyed("bad", "/v1/chat/completions", `{}`), 400, "messages", "missing_required_parameter")
	if r := s.doKeyed("bad", "/v1/chat/completions", hello+`}`, says("ok")); r.Status != 200 {
		t.Errorf("a refused request took the key: %+v", r)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	for _, key := range []string{"", "two words", "a, b", "tab\there", "ümlaut", strings.Repeat("k", 256)} {
		expectError(t, s.doKeyed(key, "/v1/chat/completions", hello+`}`), 400, "Idempotency-Key", "invalid_idempotency_key")
	}
	if r := s.doKeyed(strings.Repeat("k", 255), "/v1/chat/completions", hello+`}`, says("x")); r.Status != 200 {
		t.Errorf("%+v", r)
	}
}

func TestKeysHaveTheirCapacity(t *testing.T) {
	s := start(t, t.TempDir(), `{"idempotency_keys":2}`)
	for _, key := range []string{"a", "b", "c"} {
		s.doKeyed(key, "/v1/chat/completions", hello+`}`, says(key))
	}
	for _, key := range []string{"b", "c"} {
		if !replayed(s.doKeyed(key, "/v1/chat/completions", hello+`}`)) {
			t.Errorf("%s is gone", key)
		}
	}
	if replayed(s.doKeyed("a", "/v1/chat/completions", hello+`}`, says("x"))) {
		t.Error("a was kept")
	}
}

func TestAnAnswerTooLargeToKeepIsNotGivenAsAnother(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	long := strings.Repeat("0123456789", 1000)
	talks := func(turn *sdktest.Turn) {
		for range 900 {
			turn.Text(long)
		}
		says("end")(turn)
	}
	for _, end := range []string{`}`, `,"stream":true}`} {
		r := s.doKeyed("long"+end, "/v1/chat/completions", hello+end, talks)
		if r.Status != 200 || strings.Count(r.Body, long) != 900 {
			t.Fatalf("%d, %d bytes", r.Status, len(r.Body))
		}
		expectError(t, s.doKeyed("long"+end, "/v1/chat/completions", hello+end), 409, "Idempotency-Key", "idempotent_answer_too_large")
	}
}

func TestASlowReaderOfAReplayGetsWholeFrames(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	word := strings.Repeat("w", 10_000)
	body := hello + `,"stream":true}`
	first := s.doKeyed("slow", "/v1/chat/completions", body, func(turn *sdktest.Turn) {
		for range 100 {
			turn.Text(word)
		}
		says("end")(turn)
	})
	x := s.sendKeyed("slow", "/v1/chat/completions", body)
	x.Stall()
	s.do("GET", "/health", "")
	x.Resume()
	r := x.Wait()
	if r.Body != first.Body {
		t.Fatalf("%d bytes, want %d", len(r.Body), len(first.Body))
	}
	events(t, r)
}

func TestASilentAgentIsGivenUp(t *testing.T) {
	s := start(t, t.TempDir(), `{"agent_idle":20000000}`)
	r := s.do("POST", "/v1/chat/completions", hello+`}`, func(turn *sdktest.Turn) { <-turn.Cancelled() })
	expectError(t, r, 504, nil, "agent_timeout")
	list := events(t, s.do("POST", "/v1/chat/completions", hello+`,"stream":true}`, func(turn *sdktest.Turn) {
		turn.Text("Hel")
		<-turn.Cancelled()
	}))
	expect(t, object(t, list[len(list)-1].data), "agent_timeout", "error", "code")
}

// BenchmarkChat is a whole request, from its event to the last byte, with an agent that says ten words.
func BenchmarkChat(b *testing.B) {
	words := says(strings.SplitAfter("one two three four five six seven eight nine ten ", " ")...)
	for name, end := range map[string]string{"plain": `}`, "streamed": `,"stream":true}`, "stored": `,"store":true}`} {
		b.Run(name, func(b *testing.B) {
			s := start(b, b.TempDir(), `{}`)
			s.host.OnTurn(words)
			request := requestOf(b, "POST", "/v1/chat/completions")
			request.Body = hello + end
			b.ReportAllocs()
			for b.Loop() {
				s.host.Request(request).Wait()
			}
		})
	}
}
