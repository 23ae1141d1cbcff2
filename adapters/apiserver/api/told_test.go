package api_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/sdktest"
)

// What an answer says is stored is in the database before the client can read that.
func TestWhatIsToldIsStored(t *testing.T) {
	for _, test := range []struct{ name, path, body, key, last string }{
		{name: "response", path: "/v1/responses", body: `{"model":"m","input":"hi"}`, last: `"status":"completed"`},
		{name: "streamed response", path: "/v1/responses", body: `{"model":"m","input":"hi","stream":true}`, last: "event: response.completed"},
		{name: "completion", path: "/v1/chat/completions", body: hello + `,"store":true}`, last: `"finish_reason":"stop"`},
		{name: "streamed completion", path: "/v1/chat/completions", body: hello + `,"store":true,"stream":true}`, last: `"finish_reason":"stop"`},
		{name: "answer under a key", path: "/v1/chat/completions", body: hello + `}`, key: "k", last: `"finish_reason":"stop"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			host, dir := sdktest.New(), t.TempDir()
			w := &witness{HTTP: host.ABI().HTTP, t: t, file: filepath.Join(dir, "responses.db"), last: []byte(test.last)}
			s := startOn(t, host, dir, `{}`, func(families *abi.Host) { families.HTTP = w })
			r := requestOf(t, "POST", test.path)
			r.Body = test.body
			if test.key != "" {
				r.Headers = map[string]string{"idempotency-key": test.key}
			}
			x := s.host.Request(r)
			says("word")(s.nextTurn(x))
			if x.Wait(); w.stored != 1 {
				t.Errorf("%d records were there when the client was told", w.stored)
			}
		})
	}
}

// witness looks into the database when a client is told of the end.
type witness struct {
	abi.HTTP
	t      *testing.T
	file   string
	last   []byte // what tells of the end
	stored int
}

func (w *witness) Write(exchange uint32, chunk []byte) int32 {
	w.look(chunk)
	return w.HTTP.Write(exchange, chunk)
}

func (w *witness) Respond(exchange, status uint32, headers, body []byte) int32 {
	w.look(body)
	return w.HTTP.Respond(exchange, status, headers, body)
}

// look counts the records of finished work.
func (w *witness) look(text []byte) {
	if !bytes.Contains(text, w.last) {
		return
	}
	db, err := sqlite3.OpenFlags(w.file, sqlite3.OPEN_READONLY)
	if err != nil {
		w.t.Error(err)
		return
	}
	defer db.Close()
	records, _, err := db.Prepare("SELECT count(*) FROM records WHERE generation = 0")
	if err != nil {
		w.t.Error(err)
		return
	}
	defer records.Close()
	if records.Step() {
		w.stored = records.ColumnInt(0)
	}
	if err := records.Err(); err != nil {
		w.t.Error(err)
	}
}
