package api_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/sdktest"
)

// maxKept is the longest answer that is kept for a key, in bytes.
const maxKept = 8 << 20

const streamed = hello + `,"stream":true}`

// talk says so many bytes in words of ten thousand.
func talk(turn *sdktest.Turn, bytes int) {
	word := strings.Repeat("w", 10_000)
	for range bytes / len(word) {
		turn.Text(word)
	}
}

// answered is what a stream under a key is answered with at once.
func (s *server) answered(key string) sdktest.Response {
	s.t.Helper()
	x := s.sendKeyed(key, "/v1/chat/completions", streamed)
	s.do("GET", "/health", "") // the one before was looked at
	x.Leave()
	return x.Response()
}

// A stream under a key that has become too long to be kept is not shared any more while it goes on.
func TestAStreamTooLongToBeKeptIsNotShared(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	first := s.sendKeyed("long", "/v1/chat/completions", streamed)
	turn := <-s.turn
	talk(turn, maxKept+100_000)
	turn.Text("over")
	first.WaitFor("over")
	expectError(t, s.answered("long"), 409, "Idempotency-Key", "idempotent_answer_too_large")
	says("end")(turn)
	if r := first.Wait(); r.Status != 200 || !strings.HasSuffix(r.Body, "[DONE]\n\n") {
		t.Errorf("the first client got %d bytes", len(r.Body))
	}
}

// Answers under keys are not kept past the memory that all of them may take together, and what is kept already is not read into
// memory that is not there.
func TestKeptAnswersAreBoundedTogether(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	kept := s.doKeyed("kept", "/v1/chat/completions", streamed, func(turn *sdktest.Turn) {
		talk(turn, 2<<20)
		says("end")(turn)
	})
	var open []*sdktest.Exchange
	var turns []*sdktest.Turn
	for i := range 14 {
		open = append(open, s.sendKeyed("k"+string(rune('a'+i)), "/v1/chat/completions", streamed))
		turns = append(turns, <-s.turn)
	}
	grow := func(i int) {
		talk(turns[i], 7<<20)
		turns[i].Text("so far")
		open[i].WaitFor("so far")
	}
	for i := range 9 { // 63 MiB of 64 at which nothing new begins
		grow(i)
	}
	expectError(t, s.doKeyed("kept", "/v1/chat/completions", streamed), 429, nil, "too_many_requests")
	for i := 9; i < 14; i++ { // 98 MiB of 96 at which what goes on is not kept any more
		grow(i)
	}
	expectError(t, s.answered("kn"), 409, "Idempotency-Key", "idempotent_answer_too_large")
	for i, turn := range turns {
		says("end")(turn)
		open[i].Wait()
	}
	if r := s.doKeyed("kept", "/v1/chat/completions", streamed); r.Status != 200 || r.Body != kept.Body {
		t.Errorf("once there is room: status %d, %d bytes of %d", r.Status, len(r.Body), len(kept.Body))
	}
}

// A query makes another request.
func TestAKeyStandsForTheQueryAsWell(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	s.doKeyed("k", "/v1/chat/completions?a=1", hello+`}`, says("x"))
	if r := s.doKeyed("k", "/v1/chat/completions?a=1", hello+`}`); !replayed(r) {
		t.Errorf("the same once more: %+v", r)
	}
	r := s.sendKeyed("k", "/v1/chat/completions?a=2", hello+`}`).Wait()
	expectError(t, r, 409, "Idempotency-Key", "idempotency_key_conflict")
}

// A key whose answer failed is free, for another request as well.
func TestAKeyIsFreeAfterAFailure(t *testing.T) {
	s := start(t, t.TempDir(), `{}`)
	for _, end := range []string{`}`, `,"stream":true}`} {
		s.doKeyed("k"+end, "/v1/chat/completions", hello+end, func(turn *sdktest.Turn) {
			turn.Text("Hel")
			turn.Fail(502, "upstream_cut", "The upstream ended too early.")
		})
		if r := s.doKeyed("k"+end, "/v1/chat/completions", hello+`,"seed":1`+end, says("ok")); r.Status != 200 || replayed(r) {
			t.Errorf("%s: %+v", end, r)
		}
	}
}

// breakable is a database that can be damaged while it is open.
type breakable struct {
	abi.SQLite
	damaged atomic.Bool
}

func (b *breakable) Step(statement uint32) int32 {
	if b.damaged.Load() {
		return abi.SQLiteCorrupt
	}
	return b.SQLite.Step(statement)
}

// Every answer that needs a damaged database would fail, and only a person can mend it.
func TestADamagedDatabaseEndsTheInstance(t *testing.T) {
	b := &breakable{}
	s := startOn(t, sdktest.New(), t.TempDir(), `{}`, func(families *abi.Host) { b.SQLite, families.SQLite = families.SQLite, b })
	x := s.send("POST", "/v1/responses", `{"input":"hi"}`)
	turn := s.nextTurn(x)
	b.damaged.Store(true)
	says("word")(turn)
	x.Wait()
	code := s.stop()
	if f := s.host.Failure(); code == 0 || f == nil || f.Code != "database_corrupt" || f.Retryable {
		t.Errorf("exit code %d, failure %+v", code, f)
	}
}
