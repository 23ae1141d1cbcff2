package api_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// release1 is a database that release 0.1.0 wrote before it was killed, and what it had told its clients.
type release1 struct {
	Bodies        map[string]string    // what each GET gave
	Keyed         map[string][2]string // by key: request body and answer, which is empty if it was too long to be kept
	Open          string               // the request under the key "open", which was not answered
	First         string               // the id of a response
	Pending, Live string               // the ids of a response in the background and of a run that were in progress
}

// unpackRelease1 writes the database into a folder.
func unpackRelease1(t *testing.T, dir string) (r release1) {
	t.Helper()
	const from = "testdata/release1/"
	if err := os.WriteFile(filepath.Join(dir, "responses.db"), unpack(t, from+"responses.db.gz"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(unpack(t, from+"expected.json.gz"), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func unpack(t *testing.T, name string) []byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTheDatabaseOfAnEarlierReleaseGoesOn(t *testing.T) {
	dir := t.TempDir()
	r := unpackRelease1(t, dir)
	for range 2 { // brought up to date, and opened again
		s := start(t, dir, `{}`)
		for path, want := range r.Bodies {
			path, query, _ := strings.Cut(path, "?")
			if got := s.get(path, query).Wait(); got.Status != 200 || got.Body != want {
				t.Errorf("%s?%s: %d, %d bytes, want %d", path, query, got.Status, len(got.Body), len(want))
			}
		}
		for key, exchange := range r.Keyed {
			got := s.doKeyed(key, "/v1/chat/completions", exchange[0])
			if exchange[1] == "" {
				expectError(t, got, 409, "Idempotency-Key", "idempotent_answer_too_large")
			} else if got.Body != exchange[1] || !replayed(got) {
				t.Errorf("%s: %+v, want %s", key, got, exchange[1])
			}
		}
		expect(t, s.status(t, r.Pending, "failed"), "The server stopped before the response was complete.", "error", "message")
		expect(t, s.runStatus(r.Live), "interrupted", "status")
		if names, _ := runEvents(t, s.get("/v1/runs/"+r.Live+"/events", "").Wait().Body); !strings.HasSuffix(names[len(names)-1], "run.interrupted") {
			t.Errorf("%v", names)
		}
		s.stop()
	}
	s := start(t, dir, `{}`)
	expectError(t, s.get("/v1/responses/"+r.First, "stream=true").Wait(), 400, "response_id", "response_not_in_background")
	expectError(t, s.doKeyed("open", "/v1/chat/completions", r.Open+" "), 409, "Idempotency-Key", "idempotency_key_conflict")
	if answer := s.doKeyed("open", "/v1/chat/completions", r.Open, says("x")); answer.Status != 200 || replayed(answer) {
		t.Errorf("%+v", answer)
	}
	if got := say(t, s.asked(`{"input":"two","previous_response_id":"`+r.First+`"}`)); got != "user:one assistant:1 user:two" {
		t.Errorf("the agent got %s", got)
	}
	for name, want := range map[string]string{"talk": "user:hello assistant:there user:x", "behind": "user:bg assistant:Hello user:x"} {
		if got := say(t, s.asked(`{"input":"x","conversation":"`+name+`"}`)); got != want {
			t.Errorf("the agent got %s", got)
		}
	}
}
