package sqlitefn_test

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"innkeeper/hostfuncs/sqlitefn"
)

// everyFault makes TestEveryFileOperationMayFail fail each operation in turn: `go test -v -run TestEveryFileOperationMayFail
// ./hostfuncs/sqlitefn -args -faults`. Without the flag it fails some of them, spread over the whole.
var everyFault = flag.Bool("faults", false, "fail every file operation in TestEveryFileOperationMayFail, not some of them")

// Fail the first operation on a database's files, then the second, and so on through open, put, get, checkpoint and close:
// with an error, a panic in the library, one because the system has no memory, a delay longer than the call budget and its grace,
// or the end of the instance meanwhile; that one alone, or every one from there on. Nothing stays open, a trouble with the machine
// is not called damage, and what was committed is there afterwards.
func TestEveryFileOperationMayFail(t *testing.T) {
	var table strings.Builder
	fmt.Fprintf(&table, "%-6s | %-7s | %10s | %5s | %s\n", "how", "lasting", "operations", "runs", "of these kinds")
	for _, mode := range []string{"error", "panic", "memory", "cancel", "delay"} {
		for _, lasting := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", mode, lasting), func(t *testing.T) {
				f := &faultyVFS{mode: mode, lasting: lasting}
				f.register(t)
				table.WriteString(failEachOperation(t, f))
			})
		}
	}
	t.Logf("\n%s", &table)
}

// A write that a fault ends in the middle is not committed by whatever closes its statement or connection. The pages that it takes
// are free ones, so that half of it is a database that is not in order.
func TestFaultInAWriteCommitsNoHalf(t *testing.T) {
	const insert = "INSERT INTO t VALUES(1, randomblob(9000)), (2, randomblob(9000))"
	step := func(in *instance, connection uint32, sql string) (statement uint32, result int32) {
		var tail uint32
		if got := in.Prepare(connection, []byte(sql), &statement, &tail); got != ok {
			return 0, got
		}
		return statement, in.Step(statement)
	}
	writes := map[string]func(in *instance, connection uint32){
		"exec": func(in *instance, connection uint32) { in.Exec(connection, []byte(insert)) },
		"finalize": func(in *instance, connection uint32) {
			statement, _ := step(in, connection, insert)
			in.Finalize(statement)
		},
		"finalize commits": func(in *instance, connection uint32) {
			statement, _ := step(in, connection, insert+" RETURNING n")
			in.Finalize(statement)
		},
		"close commits": func(in *instance, connection uint32) { step(in, connection, insert+" RETURNING n") },
	}
	for name, write := range writes {
		for _, mode := range []string{"panic", "memory"} {
			t.Run(name+"/"+mode, func(t *testing.T) {
				f := &faultyVFS{mode: mode}
				f.register(t)
				dir := filepath.Join(t.TempDir(), "adapter")
				in := start(t, withDir(dir))
				connection := in.open("main")
				in.exec(connection, "CREATE TABLE t(n, filler); INSERT INTO t VALUES(0, randomblob(30000)); DELETE FROM t")
				in.want(0, in.Close(connection))
				for n, more := 1, true; more; n++ {
					in := start(t, withDir(dir), func(c *sqlitefn.Config) { c.VFS = faultyName })
					connection := in.open("main") // with nothing in memory yet
					f.arm(n)
					write(in, connection)
					in.checkOut()
					more = f.disarm() >= n

					in = start(t, withDir(dir))
					if got := in.Open([]byte("main"), &connection); got != ok {
						t.Fatalf("operation %d (%v): it cannot be opened afterwards: %d %v", n, f.met, got, in.fatals)
					}
					if got := in.one(connection, "PRAGMA integrity_check"); got != "ok" {
						t.Fatalf("operation %d (%v): integrity: %v", n, f.met, got)
					}
					if got := in.one(connection, "SELECT count(*) FROM t"); got != int64(0) && got != int64(2) {
						t.Fatalf("operation %d (%v): %d rows of 2", n, f.met, got)
					}
					in.exec(connection, "DELETE FROM t")
					in.checkOut()
				}
			})
		}
	}
}

func failEachOperation(t *testing.T, f *faultyVFS) string {
	limits := sqlitefn.Limits{}
	if f.mode == "delay" {
		limits.CallBudget = 20 * time.Millisecond
		f.delay = limits.CallBudget + 10*time.Millisecond
	}
	w := &writer{t: t, vfs: f, limits: limits, dir: filepath.Join(t.TempDir(), "adapter")}
	whole := w.run(0)
	few := whole
	if !*everyFault {
		few = 8
	}
	if f.mode == "delay" && f.lasting {
		few = (few + 7) / 8 // each run takes seconds
	}
	stride := (whole + few - 1) / few
	kinds, runs := map[string]int{}, 0
	for n := 1; ; n += stride {
		calls := w.run(n)
		runs++
		for _, kind := range f.met {
			kinds[kind]++
		}
		w.verify(fmt.Sprintf("operation %d (%v)", n, f.met))
		if calls < n {
			break
		}
	}
	return fmt.Sprintf("%-6s | %-7v | %10d | %5d | %v\n", f.mode, f.lasting, whole, runs, kinds)
}

// writer puts rows into one database, in one run after the other.
type writer struct {
	t       *testing.T
	vfs     *faultyVFS
	limits  sqlitefn.Limits
	dir     string
	tried   int64 // rows, each the next number
	written int64 // of these, those whose commit was acknowledged; with the others anything may have happened
}

// run is an instance that writes, reads and ends while the n-th operation fails; it gives how many operations there were.
func (w *writer) run(n int) int {
	w.t.Helper()
	in := start(w.t, withDir(w.dir), withLimits(w.limits), func(c *sqlitefn.Config) { c.VFS = faultyName })
	w.vfs.cancel = in.kill
	w.vfs.arm(n)
	w.work(in)
	err := in.ledger.CloseAll(context.Background())
	calls := w.vfs.disarm()
	if err != nil {
		w.t.Errorf("operation %d (%v): close: %v", n, w.vfs.met, err)
	}
	if len(in.fatals) > 0 { // the operator would be told to move a good database away
		w.t.Errorf("operation %d (%v): %v", n, w.vfs.met, in.fatals)
	}
	in.checkOut()
	return calls
}

// work goes on as a guest would: one that cannot open its database ends, one whose write fails tries the next.
func (w *writer) work(in *instance) {
	var connection uint32
	if in.Open([]byte("main"), &connection) != ok {
		return
	}
	put := func(sql string) {
		w.tried++
		if in.Exec(connection, fmt.Appendf(nil, sql, w.tried)) == ok {
			w.written++
		}
	}
	in.Exec(connection, []byte("CREATE TABLE IF NOT EXISTS t(n, filler)"))
	for range 3 {
		put("INSERT INTO t VALUES(%d, randomblob(3000))")
	}
	put("BEGIN IMMEDIATE; INSERT INTO t VALUES(%d, randomblob(3000)); COMMIT")
	if in.GetAutocommit(connection) == 0 {
		in.Exec(connection, []byte("ROLLBACK"))
	}
	in.query(connection, "SELECT count(*), max(n), sum(length(filler)) FROM t")
	in.Exec(connection, []byte("PRAGMA wal_checkpoint(TRUNCATE)"))
	put("INSERT INTO t VALUES(%d, randomblob(3000))")
}

// verify opens the database with nothing failing any more.
func (w *writer) verify(what string) {
	w.t.Helper()
	in := start(w.t, withDir(w.dir))
	var connection uint32
	if got := in.Open([]byte("main"), &connection); got != ok {
		w.t.Fatalf("%s: it cannot be opened afterwards: %d %v", what, got, in.fatals)
	}
	in.exec(connection, "CREATE TABLE IF NOT EXISTS t(n, filler)")
	if got := in.one(connection, "PRAGMA integrity_check"); got != "ok" {
		w.t.Fatalf("%s: integrity: %v", what, got)
	}
	rows := in.one(connection, "SELECT count(*) FROM t").(int64)
	if rows < w.written || rows > w.tried {
		w.t.Fatalf("%s: %d rows, of %d that were tried and %d acknowledged", what, rows, w.tried, w.written)
	}
	in.exec(connection, "DELETE FROM t") // or the next run would have more to read, and more operations
	w.tried, w.written = 0, 0
	in.want(0, in.Close(connection))
	in.assertNoSiblings("main")
	in.checkOut()
}
