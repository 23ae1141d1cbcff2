package sqlitefn_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"innkeeper/hostfuncs/sqlitefn"
)

// longLog leaves both connections of a database open, with a log of at least size bytes that a reader keeps from being
// moved into it.
func longLog(in *instance, label string, size int64) (writer uint32) {
	in.t.Helper()
	writer, reader := in.open(label), in.open(label)
	in.exec(writer, "CREATE TABLE log(a); INSERT INTO log VALUES(1); PRAGMA wal_checkpoint(TRUNCATE)")
	in.exec(reader, "BEGIN; SELECT * FROM log")
	for in.size(label+".db-wal") < size {
		in.exec(writer, "INSERT INTO log VALUES(randomblob(1000000))")
	}
	return writer
}

func (in *instance) size(name string) int64 {
	info, err := os.Stat(in.file(name))
	if err != nil {
		return 0
	}
	return info.Size()
}

// sharing gives an instance what its process knows of databases.
func sharing(databases *sqlitefn.Databases) option {
	return func(c *sqlitefn.Config) { c.Databases = databases }
}

// Closing moves little: a long log is left to the next open, which loses nothing of it, and is counted until then.
func TestCloseLeavesALongLog(t *testing.T) {
	databases := &sqlitefn.Databases{}
	in := start(t, sharing(databases))
	const long = 12 << 20
	longLog(in, "main", long)
	longLog(in, "other", long)
	before := in.size("main.db")
	rows := in.one(in.open("main"), "SELECT count(*) FROM log")
	if left := databases.Storage(in.dir).LeftInLogs; left != 0 {
		t.Errorf("%d bytes left while it is open", left)
	}
	in.checkOut()
	if after := in.size("main.db"); after != before {
		t.Errorf("closing wrote %d bytes into the database", after-before)
	}
	logs := in.size("main.db-wal") + in.size("other.db-wal")
	if left := databases.Storage(in.dir).LeftInLogs; left != logs || left < 2*long {
		t.Errorf("%d bytes left, %d in logs", left, logs)
	}

	next := start(t, withDir(in.dir), sharing(databases))
	connection := next.open("main")
	if got := next.one(connection, "SELECT count(*) FROM log"); got != rows {
		t.Errorf("%v rows, want %v", got, rows)
	}
	if left := databases.Storage(in.dir).LeftInLogs; left != next.size("other.db-wal") {
		t.Errorf("%d bytes left", left)
	}
	next.exec(connection, "INSERT INTO log VALUES(2)") // a commit moves the log
	next.want(0, next.Close(connection))
	next.assertNoSiblings("main")
}

// A close that has no time leaves a short log as well.
func TestCloseInAHurryLeavesTheLog(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES(1)")
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	<-ctx.Done()
	if err := in.ledger.Close(ctx, sqlitefn.KindConnection, connection); err != nil {
		t.Fatal(err)
	}
	if in.size("main.db-wal") == 0 {
		t.Error("the log was moved")
	}
	if got := in.one(in.open("main"), "SELECT a FROM t"); got != int64(1) {
		t.Error(got)
	}
}

// An open transaction is rolled back, and does not keep a short log from being moved.
func TestCloseWithATransactionMovesTheLog(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES(1)")
	in.want(0, in.Close(connection))
	in.assertNoSiblings("main")
	if got := in.one(in.open("main"), "SELECT count(*) FROM t"); got != int64(0) {
		t.Error(got)
	}
}

// A log that this process left itself is no foreign one: the next open does not read the whole database for it, unless somebody
// touched the files meanwhile. Here that would find a page that is broken.
func TestOwnLogIsNotChecked(t *testing.T) {
	databases := &sqlitefn.Databases{}
	in := start(t, sharing(databases))
	sample(t, in)
	longLog(in, "main", 6<<20)
	in.checkOut()
	info, err := os.Stat(in.file("main.db"))
	if err != nil {
		t.Fatal(err)
	}
	broken := in.read("main.db")
	for i := 2 * 4096; i < len(broken); i++ {
		broken[i] = byte(i * 7)
	}
	in.write("main.db", broken)
	for _, touch := range []time.Duration{0, time.Second} {
		when := info.ModTime().Add(touch)
		if err := os.Chtimes(in.file("main.db"), when, when); err != nil {
			t.Fatal(err)
		}
		next := start(t, withDir(in.dir), sharing(databases))
		var connection uint32
		if got := next.Open([]byte("main"), &connection); (got == ok) != (touch == 0) {
			t.Errorf("touched by %v: open gives %d", touch, got)
		}
		next.checkOut()
		if touch != 0 {
			next.wantFatal(t)
		}
	}
}

// Damage that shows only after the file was opened and found in order keeps the log out of it all the same: on the connection
// that found it, and on the others.
func TestClosingADamagedFileMovesNothing(t *testing.T) {
	in := start(t)
	sample(t, in)
	writer, reader := in.open("main"), in.open("main")
	in.exec(writer, "CREATE TABLE x(a); INSERT INTO x VALUES(1)")
	broken := in.read("main.db")
	for i := 2 * 4096; i < len(broken); i++ {
		broken[i] = byte(i * 7)
	}
	in.write("main.db", broken)
	if _, got := in.query(reader, "SELECT count(b) FROM t"); got&0xff != 11 {
		t.Fatalf("step: %d", got)
	}
	in.wantFatal(t)
	in.want(0, in.Close(reader))
	in.want(0, in.Close(writer))
	if !bytes.Equal(in.read("main.db"), broken) {
		t.Error("the log was moved into a damaged file")
	}
	if in.size("main.db-wal") == 0 {
		t.Error("the log is gone")
	}
}
