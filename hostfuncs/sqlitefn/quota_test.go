package sqlitefn_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"innkeeper/hostfuncs/sqlitefn"
)

// stored is what the files of the folder take together.
func (in *instance) stored() (sum int64) {
	in.t.Helper()
	entries, err := os.ReadDir(in.dir)
	if err != nil {
		in.t.Fatal(err)
	}
	for _, entry := range entries {
		sum += in.size(entry.Name())
	}
	return sum
}

// All databases of a folder together stay under its quota, whatever is written by however many instances: with a log that nothing can
// be moved from, and transactions that rewrite everything. A write past it is SQLITE_FULL, and what was there before is whole.
func TestDatabasesStayUnderTheQuota(t *testing.T) {
	const quota = 8 << 20
	databases := &sqlitefn.Databases{}
	limits := withLimits(sqlitefn.Limits{MaxDisk: quota, BusyTimeout: time.Millisecond})
	older := start(t, limits, sharing(databases))
	younger := start(t, limits, sharing(databases), withDir(older.dir))
	most := int64(0)
	fill := func(in *instance, connection uint32, sql string) (done int64) {
		for range 200 {
			if got := in.Exec(connection, []byte(sql)); got != ok {
				in.want(sqliteFull, got)
				return done
			}
			done++
			most = max(most, in.stored())
		}
		t.Fatal("never full")
		return 0
	}
	for _, label := range []string{"main", "other"} {
		first, second, reader := older.open(label), younger.open(label), older.open(label)
		older.exec(first, "CREATE TABLE t(a)")
		rows := fill(older, first, "INSERT INTO t VALUES(randomblob(50000))")
		rows += fill(younger, second, "INSERT INTO t VALUES(randomblob(50000))")
		older.exec(reader, "BEGIN; SELECT count(*) FROM t")
		fill(older, first, "UPDATE t SET a=randomblob(40000)")
		fill(younger, second, "UPDATE t SET a=randomblob(40000)")
		if got := older.one(first, "SELECT count(*) FROM t"); got != rows || rows < 10 {
			t.Errorf("%s: %v rows, wrote %d", label, got, rows)
		}
	}
	if most > quota || most < quota/2 {
		t.Errorf("%d bytes at most in a folder with a quota of %d", most, quota)
	}
	if s := databases.Storage(older.dir); s.Limit != quota || s.Used < quota/2 || s.Used > quota {
		t.Errorf("%+v", s)
	}
	if err := older.ledger.CloseAll(context.Background()); err != nil {
		t.Error(err)
	}
}

// With the quota used up nothing is lost: the transaction goes on without what did not fit, and what is deleted makes room.
func TestTransactionSurvivesTheQuota(t *testing.T) {
	in := start(t, withLimits(sqlitefn.Limits{MaxDisk: 4 << 20}))
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES('first')")
	in.want(sqliteFull, in.Exec(connection, []byte("WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n LIMIT 1000) "+
		"INSERT INTO t SELECT randomblob(10000) FROM n")))
	if got := in.errmsg(connection); got != "database or disk is full" {
		t.Error(got)
	}
	if got := in.GetAutocommit(connection); got == 0 {
		in.exec(connection, "COMMIT")
	}
	for range 100 {
		if in.Exec(connection, []byte("INSERT INTO t VALUES(randomblob(100000))")) != ok {
			break
		}
	}
	in.exec(connection, "DELETE FROM t")
	in.exec(connection, "INSERT INTO t VALUES(randomblob(100000))")
	if got := in.one(connection, "PRAGMA integrity_check"); got != "ok" {
		t.Error(got)
	}
}

// What lies in the folder beside the databases takes its room from them.
func TestOtherFilesCountAgainstTheQuota(t *testing.T) {
	in := start(t, withLimits(sqlitefn.Limits{MaxDisk: 4 << 20}))
	in.want(0, in.Close(in.open("main")))
	in.write("gone.db", make([]byte, 3<<20)) // of a label that the manifest names no more
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a)")
	in.want(sqliteFull, in.Exec(connection, []byte("INSERT INTO t VALUES(randomblob(300000))")))
}

// Whoever's commits make a log long, everybody stops writing: each of many connections could otherwise add a transaction.
func TestLogIsBoundedForAllConnections(t *testing.T) {
	const bound = 8 << 20
	in := start(t, withLimits(sqlitefn.Limits{MaxWAL: bound, BusyTimeout: time.Millisecond}))
	reader := in.open("main")
	in.exec(reader, "CREATE TABLE t(a); INSERT INTO t VALUES(1); BEGIN; SELECT * FROM t")
	var writers []uint32
	for range 8 {
		writers = append(writers, in.open("main"))
	}
	const transaction = 3 << 20
	for n, writer := range writers {
		script := fmt.Sprintf("BEGIN; INSERT INTO t VALUES(randomblob(1000000)), (randomblob(1000000)), (randomblob(1000000)); COMMIT -- %d", n)
		in.Exec(writer, []byte(script))
		in.Exec(writer, []byte("ROLLBACK"))
	}
	if size := in.size("main.db-wal"); size < bound || size > bound+transaction+transaction/10 {
		t.Errorf("the log has %d bytes, its bound is %d", size, bound)
	}
}
