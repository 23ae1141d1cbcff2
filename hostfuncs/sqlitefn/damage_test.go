package sqlitefn_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"innkeeper/hostfuncs/sqlitefn"
)

// sample makes a database with some pages and closes it.
func sample(t *testing.T, in *instance) {
	t.Helper()
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a PRIMARY KEY, b); "+
		"WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n LIMIT 500) INSERT INTO t SELECT i, hex(zeroblob(100)) FROM n")
	in.want(0, in.Close(connection))
}

// leftLog makes the files that a killed process leaves: the database and a log that was not moved into it.
func leftLog(t *testing.T, in *instance, rows string) (db, wal []byte) {
	t.Helper()
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE IF NOT EXISTS w(a, b); "+rows)
	db, wal = in.read("main.db"), in.read("main.db-wal")
	in.want(0, in.Close(connection))
	return db, wal
}

func (in *instance) read(name string) []byte {
	in.t.Helper()
	b, err := os.ReadFile(in.file(name))
	if err != nil {
		in.t.Fatal(err)
	}
	return b
}

func (in *instance) write(name string, content []byte) {
	in.t.Helper()
	if err := os.WriteFile(in.file(name), content, 0o600); err != nil {
		in.t.Fatal(err)
	}
}

func (in *instance) wantFatal(t *testing.T) {
	t.Helper()
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.fatals) != 1 || !strings.HasPrefix(in.fatals[0], sqlitefn.CodeCorrupt+": ") || !strings.Contains(in.fatals[0], "main.db") {
		t.Errorf("fatal: %q", in.fatals)
	}
}

// Row 20: damage that shows when the file is opened.
func TestDamagedFile(t *testing.T) {
	for name, damage := range map[string]func(db []byte) []byte{
		"header":    func(db []byte) []byte { copy(db, "not a database at all"); return db },
		"zeroed":    func(db []byte) []byte { clear(db[:4096]); return db },
		"schema":    func(db []byte) []byte { clear(db[100:4096]); db[100] = 77; return db },
		"truncated": func(db []byte) []byte { return db[:8192] },
		"one byte":  func(db []byte) []byte { return db[:1] },
		"text":      func([]byte) []byte { return []byte(strings.Repeat("Dear diary,\n", 1000)) },
	} {
		t.Run(name, func(t *testing.T) {
			in := start(t)
			sample(t, in)
			broken := damage(in.read("main.db"))
			in.write("main.db", broken)
			var handle uint32
			for range 3 {
				if got := in.Open([]byte("main"), &handle); got != 11 && got != 26 {
					t.Fatalf("open: %d", got)
				}
			}
			in.wantFatal(t)
			if !bytes.Equal(in.read("main.db"), broken) {
				t.Error("the file was changed")
			}
			in.assertNoSiblings("main")
		})
	}
}

// Row 20: damage that shows only when the page is read.
func TestDamagedPage(t *testing.T) {
	in := start(t)
	sample(t, in)
	broken := in.read("main.db")
	for page := 2; (page+1)*4096 <= len(broken); page++ {
		for i := range 4096 {
			broken[page*4096+i] = byte(i * 7)
		}
	}
	in.write("main.db", broken)
	connection := in.open("main")
	statement := in.prepare(connection, "SELECT count(b) FROM t")
	if got := in.Step(statement); got&0xff != 11 {
		t.Fatalf("step: %d", got)
	}
	in.wantFatal(t)
	in.want(-56, in.Exec(connection, []byte("DELETE FROM t")))
	if got := in.errmsg(connection); got != "database disk image is malformed" {
		t.Errorf("errmsg %q", got)
	}
	in.want(0, in.Close(connection))
	if !bytes.Equal(in.read("main.db"), broken) {
		t.Error("the file was changed")
	}
}

// A log that was left is put to use: that is what it is for. One that was cut, as by a loss of power, loses its end.
func TestLogIsRecovered(t *testing.T) {
	in := start(t)
	sample(t, in)
	db, wal := leftLog(t, in, "INSERT INTO w VALUES(1,1); INSERT INTO w VALUES(2,2)")
	for name, c := range map[string]struct {
		wal  []byte
		want any
	}{
		"whole": {wal, int64(2)},
		"cut":   {wal[:len(wal)-1000], int64(1)},
	} {
		t.Run(name, func(t *testing.T) {
			in.write("main.db", db)
			in.write("main.db-wal", c.wal)
			connection := in.open("main")
			if got := in.one(connection, "SELECT count(*) FROM w"); got != c.want {
				t.Errorf("%v rows, want %v", got, c.want)
			}
			in.want(0, in.Close(connection))
			in.assertNoSiblings("main")
		})
	}
}

// Row 20: the log of another database. Its checksums are right, so SQLite would write it into this one.
func TestForeignLog(t *testing.T) {
	in, other := start(t), start(t)
	sample(t, in)
	db := in.read("main.db")
	connection := other.open("main")
	other.exec(connection, "CREATE TABLE x(a); CREATE TABLE y(a); CREATE INDEX z ON y(a); "+
		"WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n LIMIT 5000) INSERT INTO y SELECT i FROM n; PRAGMA wal_checkpoint(TRUNCATE); DELETE FROM y WHERE a%3")
	wal := other.read("main.db-wal")
	in.write("main.db-wal", wal)
	var handle uint32
	if got := in.Open([]byte("main"), &handle); got != 11 {
		t.Fatalf("open: %d", got)
	}
	in.wantFatal(t)
	if !bytes.Equal(in.read("main.db"), db) || !bytes.Equal(in.read("main.db-wal"), wal) {
		t.Error("the files were changed")
	}
}

// SQLite deletes the log of an empty or missing database, and the log may be all that is left.
func TestLogWithoutDatabase(t *testing.T) {
	for name, damage := range map[string]func(in *instance){
		"empty":   func(in *instance) { in.write("main.db", nil) },
		"missing": func(in *instance) { os.Remove(in.file("main.db")) },
	} {
		t.Run(name, func(t *testing.T) {
			in := start(t)
			_, wal := leftLog(t, in, "INSERT INTO w VALUES(1,1)")
			in.write("main.db-wal", wal)
			damage(in)
			var handle uint32
			in.want(11, in.Open([]byte("main"), &handle))
			in.wantFatal(t)
			if !bytes.Equal(in.read("main.db-wal"), wal) {
				t.Error("the log was changed")
			}
		})
	}
}

// The host may answer Fatal by closing everything at once, on the same thread.
func TestFatalMayCloseTheLedger(t *testing.T) {
	var in *instance
	closed := false
	in = start(t, func(c *sqlitefn.Config) {
		c.Fatal = func(string, string) {
			closed = true
			if err := in.ledger.CloseAll(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	sample(t, in)
	broken := in.read("main.db")
	for i := 8192; i < len(broken); i++ {
		broken[i] = byte(i * 7)
	}
	in.write("main.db", broken)
	connection := in.open("main")
	if got := in.Exec(connection, []byte("SELECT count(b) FROM t")); got&0xff != 11 {
		t.Fatalf("exec: %d", got)
	}
	if !closed || in.ledger.Open() != 0 {
		t.Errorf("closed %v, open %d", closed, in.ledger.Open())
	}
}

// What a damaged file holds comes to the operator, who reads it on a terminal: nothing of it is left that a terminal obeys.
func TestDamageIsToldInPlainText(t *testing.T) {
	in := start(t)
	in.want(ok, in.Close(in.open("main")))
	db, err := sqlite3.Open(in.file("main.db"))
	if err != nil {
		t.Fatal(err)
	}
	err = db.Exec("CREATE TABLE t(a); PRAGMA writable_schema=1; UPDATE sqlite_schema SET name='x'||char(27)||']0;owned'||char(7), sql='CREATE nonsense'")
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	var connection uint32
	if got := in.Open([]byte("main"), &connection); got&0xff != 11 {
		t.Fatalf("open: %d", got)
	}
	in.wantFatal(t)
	if text := in.fatals[0]; strings.ContainsAny(text, "\x1b\a") || !strings.Contains(text, `\x1b]0;owned`) {
		t.Errorf("%q", text)
	}
}
