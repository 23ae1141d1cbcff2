package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/hostfuncs/sqlitefn/sqlitetest"
)

// some is enough for most tests.
var some = Limits{Responses: 10, Keys: 3, KeyAge: time.Hour, Runs: 3, Completions: 3}

func open(t testing.TB, dir string, limits Limits) (*Store, *sdktest.Host) {
	t.Helper()
	return openAs(t, dir, 1, limits)
}

// openAs opens the database for a generation. Others may have it open.
func openAs(t testing.TB, dir string, generation uint64, limits Limits) (*Store, *sdktest.Host) {
	t.Helper()
	s, host, err := tryOpen(t, dir, generation, limits, sqlitefn.Limits{})
	try(t, err)
	return s, host
}

func tryOpen(t testing.TB, dir string, generation uint64, limits Limits, within sqlitefn.Limits) (*Store, *sdktest.Host, error) {
	t.Helper()
	host := sdktest.New()
	families := host.ABI()
	families.SQLite = sqlitetest.OpenWithin(t, dir, within, Label)
	s, err := Open(sdk.New(families), generation, limits)
	return s, host, err
}

func try(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// connect opens the database beside the adapter.
func connect(t testing.TB, dir string) *sqlite3.Conn {
	t.Helper()
	db, err := sqlite3.Open(filepath.Join(dir, Label+".db"))
	try(t, err)
	t.Cleanup(func() { try(t, db.Close()) })
	return db
}

// count counts the rows of a table beside the adapter.
func count(t testing.TB, dir, table string) int {
	t.Helper()
	stmt, _, err := connect(t, dir).Prepare(`SELECT count(*) FROM ` + table)
	try(t, err)
	defer stmt.Close()
	stmt.Step()
	return stmt.ColumnInt(0)
}

// counted checks that the counts are what there is.
func counted(t testing.TB, s *Store, want Counts) {
	t.Helper()
	got, err := s.Counts()
	try(t, err)
	if got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	for row, err := range s.db.Query(`SELECT kind, records, bytes, (SELECT count(*) FROM records WHERE kind = c.kind AND generation = 0),
		(SELECT coalesce(sum(bytes), 0) FROM records WHERE kind = c.kind AND generation = 0) FROM counts AS c`) {
		try(t, err)
		var k, records, bytes, realRecords, realBytes int
		if row.Scan(&k, &records, &bytes, &realRecords, &realBytes); records != realRecords || kind(k) == keys && bytes != realBytes {
			t.Errorf("kind %d: counted %d with %d bytes, there are %d with %d", k, records, bytes, realRecords, realBytes)
		}
	}
}

// allBut is for [Store.Leftovers].
func allBut(alive uint64) func(uint64) bool {
	return func(generation uint64) bool { return generation != alive }
}

func response(id string) Response {
	return Response{ID: id, Object: []byte(`{"id":"` + id + `"}`), Input: []byte(`[]`), Context: []byte(`{"role":"user"}`)}
}

func add(t testing.TB, s *Store, e Response) {
	t.Helper()
	if err := s.AddResponse(e); err != nil {
		t.Fatalf("add %s: %v", e.ID, err)
	}
}

// has uses a response.
func has(t testing.TB, s *Store, id string) bool {
	t.Helper()
	r, found, err := s.Response(id)
	try(t, err)
	if !found {
		return false
	}
	_, found, err = s.ResponseText(&r, Object)
	try(t, err)
	return found
}

// answer claims a key and answers it.
func answer(t testing.TB, s *Store, name string) {
	t.Helper()
	k, claimed, err := s.ClaimKey(name, []byte("request"))
	if err != nil || !claimed {
		t.Fatalf("%s: %v, %v", name, claimed, err)
	}
	try(t, s.AnswerKey(k, 200, false, []byte("answer "+name)))
}

func hasKey(t testing.TB, s *Store, name string) bool {
	t.Helper()
	_, found, err := s.Key(name)
	try(t, err)
	return found
}

func completion(id string) Completion {
	return Completion{ID: id, Model: "m", Metadata: []byte("{}"), Object: []byte("o"), Messages: []byte("m"), Labels: []Pair{{"k", "v"}, {"k", "v"}}}
}

func name(prefix string, n int) string { return fmt.Sprint(prefix, n) }
