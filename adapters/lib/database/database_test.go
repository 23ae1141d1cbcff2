package database

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
	"innkeeper/adapters/sdk/sqlite"
	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/hostfuncs/sqlitefn/sqlitetest"
)

// open opens the database of a folder, as one instance does.
func open(t testing.TB, dir string) *DB {
	t.Helper()
	return openWithin(t, dir, sqlitefn.Limits{})
}

func openWithin(t testing.TB, dir string, limits sqlitefn.Limits) *DB {
	t.Helper()
	host := sdktest.New().ABI()
	host.SQLite = sqlitetest.OpenWithin(t, dir, limits, "main")
	db, err := Open(sdk.New(host), "main")
	try(t, err)
	return db
}

func try(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// numbers is a database with a table of them.
func numbers(t testing.TB) *DB {
	t.Helper()
	db := open(t, t.TempDir())
	try(t, db.Script(`CREATE TABLE numbers (n INTEGER PRIMARY KEY, name TEXT)`))
	for i, name := range []string{"one", "two", "three"} {
		n, err := db.Insert(`INSERT INTO numbers (name) VALUES (?1)`, name)
		if err != nil || n != int64(i+1) {
			t.Fatal(n, err)
		}
	}
	return db
}

const sqlNames = `SELECT n, name FROM numbers WHERE n >= ?1 ORDER BY n`

func TestRowsAreWalkedOver(t *testing.T) {
	db := numbers(t)
	var got []string
	for row, err := range db.Query(sqlNames, 2) {
		try(t, err)
		var n int
		var name string
		row.Scan(&n, &name)
		got = append(got, fmt.Sprint(n, name))
	}
	if strings.Join(got, " ") != "2two 3three" {
		t.Errorf("%q", got)
	}
	for _, err := range db.Query(`SELECT nothing FROM nowhere`) {
		if !errors.Is(err, sqlite.ERROR) {
			t.Errorf("%v", err)
		}
	}
	for _, err := range db.Query(sqlNames, struct{}{}) {
		if err == nil {
			t.Error("bound what cannot be bound")
		}
	}
}

func TestAnIterationMayBeLeftAndNested(t *testing.T) {
	db := numbers(t)
	pairs := 0
	for _, err := range db.Query(sqlNames, 1) {
		try(t, err)
		for _, err := range db.Query(sqlNames, 1) { // the same statement, which is in use
			try(t, err)
			pairs++
			break
		}
	}
	if pairs != 3 {
		t.Errorf("%d pairs", pairs)
	}
	// Nothing stands on a row any more, so the table can go.
	try(t, db.Script(`DROP TABLE numbers`))
}

func TestScanConverts(t *testing.T) {
	db := open(t, t.TempDir())
	i, n, u, b, s, blob := 1, int64(1), uint64(1), false, "x", []byte("old")
	found, err := db.Get(`SELECT 7, -8, 9, 1, 'text', x'0102', NULL`, nil, &i, &n, &u, &b, &s, &blob)
	if err != nil || !found || i != 7 || n != -8 || u != 9 || !b || s != "text" || !bytes.Equal(blob, []byte{1, 2}) {
		t.Error(found, err, i, n, u, b, s, blob)
	}
	if _, err := db.Get(`SELECT NULL, NULL, NULL`, nil, &i, &s, &blob); err != nil || i != 0 || s != "" || len(blob) != 0 {
		t.Error(err, i, s, blob)
	}
	if found, err := db.Get(`SELECT 1 WHERE 0`, nil, &i); found || err != nil {
		t.Error(found, err)
	}
}

func TestChangesAreCounted(t *testing.T) {
	db := numbers(t)
	if n, err := db.Change(`DELETE FROM numbers WHERE n > ?1`, 1); n != 2 || err != nil {
		t.Error(n, err)
	}
}

func TestAWriteIsWholeOrNothing(t *testing.T) {
	db := numbers(t)
	sorry := errors.New("sorry")
	err := db.Write(func() error {
		try(t, db.Exec(`DELETE FROM numbers`))
		return sorry
	})
	if !errors.Is(err, sorry) {
		t.Fatal(err)
	}
	count := 0
	if _, err := db.Get(`SELECT count(*) FROM numbers`, nil, &count); err != nil || count != 3 {
		t.Errorf("%d left, %v", count, err)
	}
	try(t, db.Write(func() error { return db.Exec(`DELETE FROM numbers`) }))
	if _, err := db.Get(`SELECT count(*) FROM numbers`, nil, &count); err != nil || count != 0 {
		t.Errorf("%d left, %v", count, err)
	}
}

func TestAWriteWaitsForAnotherInstance(t *testing.T) {
	dir := t.TempDir()
	quick := sqlitefn.Limits{BusyTimeout: 1} // so that a try that waits takes no time
	a, b := openWithin(t, dir, quick), openWithin(t, dir, quick)
	try(t, a.Script(`CREATE TABLE numbers (n INTEGER PRIMARY KEY)`))
	var got error
	try(t, a.Write(func() error {
		got = b.Write(func() error { return nil })
		return a.Exec(`INSERT INTO numbers VALUES (1)`)
	}))
	if !errors.Is(got, sqlite.BUSY) {
		t.Errorf("two write at once: %v", got)
	}
	// One that is let in after a failed try writes on top of what the other has written.
	tries := 0
	try(t, b.Write(func() error {
		if tries++; tries == 1 {
			return errors.Join(sqlite.BUSY)
		}
		return b.Exec(`INSERT INTO numbers SELECT max(n) + 1 FROM numbers`)
	}))
}
