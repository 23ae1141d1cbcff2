package store

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"innkeeper/hostfuncs/sqlitefn"
)

// unpack writes a database of the first release into a folder, and gives its size.
func unpack(t *testing.T, dir string) int64 {
	t.Helper()
	in, err := os.Open("../testdata/release1/responses.db.gz")
	try(t, err)
	defer in.Close()
	z, err := gzip.NewReader(in)
	try(t, err)
	data, err := io.ReadAll(z)
	try(t, err)
	try(t, os.WriteFile(filepath.Join(dir, Label+".db"), data, 0o600))
	return int64(len(data))
}

var plenty = Limits{Responses: 100, Keys: 100, KeyAge: 100 * 365 * 24 * time.Hour, Runs: 100, Completions: 100}

func TestAllRecordsOfTheFirstReleaseAreMoved(t *testing.T) {
	dir := t.TempDir()
	unpack(t, dir)
	s, _ := open(t, dir, plenty)
	counted(t, s, Counts{Responses: 7, Keys: 4, Runs: 2, Completions: 2})
	left, err := s.Leftovers(allBut(0))
	if err != nil || len(left.Responses) != 1 || len(left.Runs) != 1 || len(left.Keys) != 0 {
		t.Errorf("%+v, %v", left, err)
	}
	if n := count(t, dir, `sqlite_schema WHERE name GLOB 'old_*'`); n != 0 {
		t.Errorf("%d old tables are left", n)
	}
	for row, err := range s.db.Query(`SELECT kind, count(DISTINCT used), count(*) FROM records WHERE generation = 0 GROUP BY kind`) {
		try(t, err)
		var k, uses, records int
		if row.Scan(&k, &uses, &records); uses != records && kind(k) != keys {
			t.Errorf("kind %d: the order of use was lost", k)
		}
	}
}

// TestAFullDatabaseIsBroughtUpToDate, at the price of its oldest responses.
func TestAFullDatabaseIsBroughtUpToDate(t *testing.T) {
	dir := t.TempDir()
	size := unpack(t, dir)
	s, host, err := tryOpen(t, dir, 1, plenty, sqlitefn.Limits{MaxDatabase: size})
	try(t, err)
	c, err := s.Counts()
	try(t, err)
	if c.Responses < 3 || c.Keys != 4 || c.Runs != 2 || c.Completions != 2 {
		t.Errorf("%+v, log %v", c, host.Records())
	}
}

// TestAFirstStartThatDiedIsNoDatabase: the first release made its tables in two steps.
func TestAFirstStartThatDiedIsNoDatabase(t *testing.T) {
	dir := t.TempDir()
	try(t, connect(t, dir).Exec(`CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL);
		CREATE TABLE responses (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, used INTEGER NOT NULL)`))
	s, _ := open(t, dir, plenty)
	counted(t, s, Counts{})
	add(t, s, response("a"))
}

// TestWhatWasDamagedStaysSo: a text that is not the one that was written must not come back as an empty one.
func TestWhatWasDamagedStaysSo(t *testing.T) {
	dir := t.TempDir()
	unpack(t, dir)
	db := connect(t, dir)
	try(t, db.Exec(`UPDATE texts SET sum = sum + 1; UPDATE bodies SET input_sum = input_sum + 1`))
	s, _ := open(t, dir, plenty)
	counted(t, s, Counts{Responses: 7, Keys: 4, Runs: 2, Completions: 2})
	for row, err := range s.db.Query(`SELECT n, id FROM records`) {
		try(t, err)
		var n int64
		var id string
		row.Scan(&n, &id)
		if text, found, err := s.text(n, 0, id); err != nil || found {
			t.Errorf("%s has %d bytes, %v", id, len(text), err)
		}
	}
}
