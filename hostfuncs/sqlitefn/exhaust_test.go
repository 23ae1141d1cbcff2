package sqlitefn_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/sqlitefn"
)

const (
	sqliteInterrupt int32 = 9
	sqliteFull      int32 = 13
	sqliteTooBig    int32 = 18
)

// Row 15: what never ends is interrupted, and the connection goes on.
func TestEndlessStatementsAreInterrupted(t *testing.T) {
	in := start(t, withLimits(sqlitefn.Limits{CallBudget: 100 * time.Millisecond}))
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES(1)")
	const numbers = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n) "
	const thousand = "(WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n LIMIT 1000) SELECT i FROM n)"
	for _, sql := range []string{
		numbers + "SELECT count(*) FROM n",
		numbers + "INSERT INTO t SELECT i FROM n",
		fmt.Sprintf("SELECT count(*) FROM %s a, %[1]s b, %[1]s c", thousand),
		numbers + "SELECT * FROM n ORDER BY i DESC",
		"CREATE TABLE u AS " + numbers + "SELECT i FROM n",
	} {
		in.want(sqliteInterrupt, in.Exec(connection, []byte(sql)))
		statement := in.prepare(connection, sql)
		in.want(sqliteInterrupt, in.Step(statement))
		in.want(sqliteInterrupt, in.Reset(statement)) // as in SQLite: the error once more, and then it is ready again
		in.want(ok, in.Reset(statement))
		in.want(0, in.Finalize(statement))
	}
	// Each step has its own time: a slow reader is no endless statement.
	statement := in.prepare(connection, numbers+"SELECT i FROM n")
	for until := time.Now().Add(200 * time.Millisecond); time.Now().Before(until); {
		in.want(row, in.Step(statement))
	}
	if got := in.one(connection, "SELECT count(*) FROM t"); got != int64(1) {
		t.Errorf("rows %v", got)
	}
}

// Row 15: what SQLite cannot interrupt, because it is a single step of its machine or many without a jump, ends all the
// same, and costs no more than the connection. Left alone, each of these runs for minutes.
func TestWhatCannotBeInterruptedEnds(t *testing.T) {
	const length = 1_300_000
	values := fmt.Sprintf("WITH v(x, y) AS MATERIALIZED (SELECT printf('%%.*c', %d, 'a'), printf('%%.*c', %d, 'a')||'b') ", length, length/2)
	for name, sql := range map[string]string{
		"instr":   values + "SELECT instr(x, y) FROM v",
		"replace": values + "SELECT replace(x, y, 'z') FROM v",
		"trim":    values + "SELECT trim(x, printf('%.*c', 200000, 'b')||'a') FROM v",
		"like":    values + "SELECT x LIKE '%'||substr(y, -40000) FROM v",
		"upper":   values + "SELECT " + strings.TrimSuffix(strings.Repeat("("+strings.TrimSuffix(strings.Repeat("length(upper(x))+", 150), "+")+"),", 30), ",") + " FROM v",
	} {
		t.Run(name, func(t *testing.T) {
			in := start(t, withLimits(sqlitefn.Limits{CallBudget: 200 * time.Millisecond}))
			connection, other := in.open("main"), in.open("main")
			in.exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES(1); BEGIN; INSERT INTO t VALUES(2)")
			statement := in.prepare(connection, sql)
			in.wantErrno(abi.ETIMEDOUT, in.Step(statement))
			in.wantErrno(abi.ENOTRECOVERABLE, in.Step(statement))
			in.wantErrno(abi.ENOTRECOVERABLE, in.Exec(connection, []byte("COMMIT")))
			if got := in.errmsg(connection); got != "interrupted" {
				t.Errorf("errmsg %q", got)
			}
			in.want(0, in.Finalize(statement))
			in.want(0, in.Close(connection))
			// The lock is free, what was committed is there, and the rest is not.
			in.exec(other, "INSERT INTO t VALUES(3)")
			if got := in.one(other, "SELECT group_concat(a) FROM t"); got != "1,3" {
				t.Errorf("rows %v", got)
			}
			if got := in.one(other, "PRAGMA integrity_check"); got != "ok" {
				t.Errorf("integrity: %v", got)
			}
			in.want(0, in.Close(other))
			in.assertNoSiblings("main")
		})
	}
}

// The end of the instance ends such a call too, long before its deadline.
func TestKillEndsWhatCannotBeInterrupted(t *testing.T) {
	in := start(t, withLimits(sqlitefn.Limits{CallBudget: time.Hour}))
	connection := in.open("main")
	statement := in.prepare(connection, "SELECT instr(printf('%.*c', 2000000, 'a'), printf('%.*c', 1000000, 'a')||'b')")
	result := make(chan int32)
	go func() { result <- in.Step(statement) }()
	time.Sleep(50 * time.Millisecond) // most likely it is in the middle of it; if not, it is interrupted before
	in.kill()
	if got := <-result; got != abi.ETIMEDOUT.Result() && got != sqliteInterrupt {
		t.Errorf("result %d", got)
	}
}

// Row 15: bombs are too big, before they take memory.
func TestBombsAreTooBig(t *testing.T) {
	in := start(t, withLimits(sqlitefn.Limits{MaxLength: 1 << 20, CallBudget: time.Minute}))
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a)")
	for _, sql := range []string{
		"SELECT zeroblob(2000000)",
		"SELECT randomblob(2000000)",
		"INSERT INTO t VALUES(zeroblob(1000000000))",
		"SELECT hex(zeroblob(1000000))",
		"SELECT replace(hex(zeroblob(400000)), '0', 'aaaa')",
		"SELECT printf('%.*c', 2000000, 'x')",
		"WITH RECURSIVE d(s) AS (VALUES('xxxxxxxxxxxxxxxx') UNION ALL SELECT s||s FROM d) SELECT count(s) FROM d",
		"WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n LIMIT 100000) SELECT group_concat(hex(i)||'xxxxxxxxxxxxxxx') FROM n",
	} {
		in.want(sqliteTooBig, in.Exec(connection, []byte(sql)))
	}
	insert := in.prepare(connection, "INSERT INTO t VALUES(?)")
	in.want(sqliteTooBig, in.BindText(insert, 1, make([]byte, 1<<20+1)))
	in.want(sqliteTooBig, in.BindBlob(insert, 1, make([]byte, 1<<20+1)))
	in.want(sqliteTooBig, in.BindZeroblob(insert, 1, 1<<40))
	in.wantErrno(abi.EINVAL, in.BindZeroblob(insert, 1, -1))
	in.want(ok, in.BindText(insert, 1, make([]byte, 1<<20-100)))
	in.want(done, in.Step(insert))
}

func TestSQLIsBounded(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	for name, sql := range map[string]string{
		"length":     "SELECT '" + strings.Repeat("x", 1<<20) + "'",
		"depth":      "SELECT " + strings.Repeat("(", 5000) + "1" + strings.Repeat(")", 5000),
		"nesting":    "SELECT " + strings.Repeat("NOT ", 5000) + "1",
		"columns":    "SELECT " + strings.Repeat("1,", 600) + "1",
		"compound":   "SELECT 1" + strings.Repeat(" UNION SELECT 1", 200),
		"arguments":  "SELECT max(" + strings.Repeat("1,", 200) + "1)",
		"parameters": "SELECT ?5000",
	} {
		if got := in.Exec(connection, []byte(sql)); got <= 0 || got == sqliteInterrupt {
			t.Errorf("%s: result %d", name, got)
		}
	}
	in.want(sqliteTooBig, in.Exec(connection, bytes.Repeat([]byte(" "), 100<<20)))
	var statement, tail uint32
	in.want(sqliteTooBig, in.Prepare(connection, bytes.Repeat([]byte(" "), 100<<20), &statement, &tail))
	in.exec(connection, "SELECT 1")
}

// Row 16: out of memory in the middle of a transaction.
func TestOutOfMemory(t *testing.T) {
	in := start(t, withLimits(sqlitefn.Limits{MaxMemory: 4 << 20, CallBudget: time.Minute}))
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES(1); BEGIN; INSERT INTO t VALUES(2)")
	open := in.prepare(connection, "SELECT * FROM t")
	in.want(row, in.Step(open))
	bomb := in.prepare(connection, "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n LIMIT 1000000) SELECT i FROM n ORDER BY random()")
	in.wantErrno(abi.ENOMEM, in.Step(bomb))

	var n int64
	var handle, tail uint32
	in.wantErrno(abi.ENOTRECOVERABLE, in.Step(bomb))
	in.wantErrno(abi.ENOTRECOVERABLE, in.Reset(bomb))
	in.wantErrno(abi.ENOTRECOVERABLE, in.Row(open, nil))
	in.wantErrno(abi.ENOTRECOVERABLE, in.Exec(connection, []byte("COMMIT")))
	in.wantErrno(abi.ENOTRECOVERABLE, in.Prepare(connection, []byte("COMMIT"), &handle, &tail))
	in.wantErrno(abi.ENOTRECOVERABLE, in.Changes(connection, &n))
	if got := in.errmsg(connection); got != "out of memory" {
		t.Errorf("errmsg %q", got)
	}
	in.want(0, in.Finalize(bomb))
	in.want(0, in.Close(connection))
	in.assertNoSiblings("main")
	again := in.open("main")
	if got := in.one(again, "SELECT group_concat(a) FROM t"); got != "1" {
		t.Errorf("rows %v", got)
	}
	if len(in.fatals) != 0 {
		t.Errorf("fatal: %v", in.fatals)
	}
}

// The same by the values that a guest binds, and left to the ledger.
func TestOutOfMemoryByBinding(t *testing.T) {
	in := start(t, withLimits(sqlitefn.Limits{MaxMemory: 4 << 20, MaxLength: 1 << 20}))
	connection := in.open("main")
	value := make([]byte, 1<<20)
	for range 100 {
		got := in.BindText(in.prepare(connection, "SELECT ?"), 1, value)
		if got == ok {
			continue
		}
		in.wantErrno(abi.ENOMEM, got)
		in.kill()
		if err := in.ledger.CloseAll(t.Context()); err != nil {
			t.Error(err)
		}
		in.assertNoSiblings("main")
		return
	}
	t.Fatal("never out of memory")
}

// The file has a bound of its own, which is no fault.
func TestDatabaseIsFull(t *testing.T) {
	in := start(t, withLimits(sqlitefn.Limits{MaxDatabase: 256 << 10}))
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a)")
	insert := in.prepare(connection, "INSERT INTO t VALUES(zeroblob(10000))")
	rows := int64(0)
	for ; rows < 100; rows++ {
		if got := in.Step(insert); got != done {
			in.want(sqliteFull, got)
			break
		}
		in.want(ok, in.Reset(insert))
	}
	in.want(sqliteFull, in.Reset(insert))
	if got := in.one(connection, "SELECT count(*) FROM t"); got != rows || rows < 10 {
		t.Errorf("%v rows, wrote %d", got, rows)
	}
	in.exec(connection, "DELETE FROM t")
	in.want(done, in.Step(insert))
	if info, err := os.Stat(in.file("main.db")); err != nil || info.Size() > 256<<10 {
		t.Errorf("file: %v %v", info.Size(), err)
	}
}

// A reader keeps the log from being emptied, so it would grow for ever.
func TestLogIsBounded(t *testing.T) {
	in := start(t, withLimits(sqlitefn.Limits{MaxWAL: 8 << 20, BusyTimeout: time.Millisecond}))
	writer, reader := in.open("main"), in.open("main")
	in.exec(writer, "CREATE TABLE t(a); INSERT INTO t VALUES(zeroblob(1000000))")
	in.exec(reader, "BEGIN; SELECT * FROM t")
	full := false
	for range 100 {
		if got := in.Exec(writer, []byte("UPDATE t SET a=randomblob(1000000)")); got != ok {
			in.want(sqliteFull, got)
			full = true
			break
		}
	}
	if !full {
		t.Fatal("the log grew without bound")
	}
	in.exec(writer, "SELECT length(a) FROM t")
	in.exec(reader, "COMMIT")
	in.exec(writer, "UPDATE t SET a=1")
}

// A fault in memory that is mapped from a file is not the end of the process: here somebody cuts the -shm file.
func TestFaultInMappedFile(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a)")
	if err := os.Truncate(in.file("main.db-shm"), 0); err != nil {
		t.Fatal(err)
	}
	in.wantErrno(abi.EIO, in.Exec(connection, []byte("INSERT INTO t VALUES(1)")))
	in.wantErrno(abi.ENOTRECOVERABLE, in.Exec(connection, []byte("SELECT 1")))
	// SQLite cannot close it either, so the host closes the files, which is no failure.
	if err := in.ledger.CloseAll(t.Context()); err != nil {
		t.Error(err)
	}
	for _, target := range descriptors() {
		if strings.HasPrefix(target, in.dir) {
			t.Errorf("left open: %s", target)
		}
	}
	if c := in.ledger.Counts()[sqlitefn.KindConnection]; c.Failed != 0 || c.Closed != 1 || c.Open != 0 {
		t.Errorf("%+v", c)
	}
	if _, err := os.Stat(in.file("main.db")); errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
