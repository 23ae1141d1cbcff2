//go:build linux

package sqlitefn_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/runtime/ledger"
)

// Fifty instances, each killed with a transaction and statements open: the process holds what it held before, without a
// garbage collection having to help.
func TestCyclesLeaveNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "adapter")
	cycle := func() {
		in := start(t, withDir(dir))
		for range 3 {
			connection := in.open("main")
			in.exec(connection, "CREATE TABLE IF NOT EXISTS t(a)")
			in.want(row, in.Step(in.prepare(connection, "SELECT 1")))
		}
		in.exec(in.open("other"), "CREATE TABLE IF NOT EXISTS t(a); BEGIN IMMEDIATE; INSERT INTO t VALUES(1)")
		in.kill()
		if err := in.ledger.CloseAll(context.Background()); err != nil {
			t.Error(err)
		}
		in.assertNoSiblings("main")
		in.assertNoSiblings("other")
	}
	cycle()
	before := len(descriptors())
	for range 50 {
		cycle()
	}
	if now := len(descriptors()); now > before {
		t.Errorf("%d descriptors, had %d: %v", now, before, descriptors())
	}
}

// Row 24: with N descriptors left, for every N until it works, opening fails cleanly or works, and then it works.
func TestDescriptorsUsedUp(t *testing.T) {
	in := start(t)
	in.want(0, in.Close(in.open("main")))
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	var fillers []*os.File // so that free numbers are known to be at the end
	defer func() {
		for _, f := range fillers {
			f.Close()
		}
	}()
	highest := 0
	for range 64 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		fillers = append(fillers, f)
		highest = max(highest, int(f.Fd()))
	}
	failed, worked := 0, false
	for free := 0; free < 10 && !worked; free++ {
		lowered := syscall.Rlimit{Cur: uint64(highest + 1 + free), Max: limit.Max}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lowered); err != nil {
			t.Fatal(err)
		}
		var handle uint32
		got := in.Open([]byte("main"), &handle)
		if got == ok {
			got = in.Exec(handle, []byte("CREATE TABLE IF NOT EXISTS t(a); INSERT INTO t VALUES(1)"))
			worked = got == ok
			in.want(0, in.Close(handle))
		} else if got&0xff != 14 {
			t.Errorf("with %d descriptors: %d", free, got)
		}
		if got != ok {
			failed++
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
		for _, target := range descriptors() {
			if strings.HasPrefix(target, in.dir) {
				t.Errorf("with %d descriptors: left open %s", free, target)
			}
		}
	}
	if failed == 0 || !worked {
		t.Errorf("failed %d times, worked %v", failed, worked)
	}
	in.exec(in.open("main"), "INSERT INTO t VALUES(2)")
	if len(in.fatals) != 0 {
		t.Errorf("fatal: %v", in.fatals)
	}
}

// The memory limit strikes at every stage in turn: all is closed each time, and no damage is reported.
func TestMemoryUsedUpAtEveryStage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "adapter")
	work := func(in *instance) bool {
		var connection uint32
		if in.Open([]byte("main"), &connection) != ok {
			return false
		}
		for _, sql := range []string{
			"CREATE TABLE IF NOT EXISTS t(a, b)",
			"BEGIN; WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n LIMIT 2000) INSERT INTO t SELECT i, hex(zeroblob(200)) FROM n",
			"CREATE INDEX IF NOT EXISTS i ON t(b, a); SELECT * FROM t ORDER BY b DESC, a; DROP TABLE t; COMMIT",
			"VACUUM",
		} {
			if in.Exec(connection, []byte(sql)) != ok {
				return false
			}
		}
		return true
	}
	failed := 0
	for pages := int64(1); ; pages++ {
		in := start(t, withDir(dir), withLimits(sqlitefn.Limits{MaxMemory: pages << 16}))
		done := work(in)
		if err := in.ledger.CloseAll(context.Background()); err != nil {
			t.Fatalf("%d pages: %v", pages, err)
		}
		if len(in.fatals) != 0 {
			t.Fatalf("%d pages: %v", pages, in.fatals)
		}
		for _, target := range descriptors() {
			if strings.HasPrefix(target, dir) {
				t.Fatalf("%d pages: left open %s", pages, target)
			}
		}
		if done {
			in.assertNoSiblings("main")
			break
		}
		failed++
	}
	if failed < 5 {
		t.Errorf("failed only %d times", failed)
	}
}

// Row 25: the disk is full, and has room again.
func TestDiskFull(t *testing.T) {
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("cannot mount a small file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(mount, 0) })
	in := start(t, withDir(filepath.Join(mount, "adapter")))
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a)")
	rows := int64(0)
	for ; rows < 1000; rows++ {
		if got := in.Exec(connection, []byte("INSERT INTO t VALUES(zeroblob(10000))")); got != ok {
			in.want(sqliteFull, got)
			break
		}
	}
	if got := in.one(connection, "SELECT count(*) FROM t"); got != rows || rows == 1000 {
		t.Errorf("%v rows, acknowledged %d", got, rows)
	}
	in.want(0, in.Close(connection)) // the checkpoint finds no room either
	if err := syscall.Mount("tmpfs", mount, "tmpfs", syscall.MS_REMOUNT, "size=8m"); err != nil {
		t.Fatal(err)
	}
	connection = in.open("main")
	in.exec(connection, "INSERT INTO t VALUES(1)")
	if got := in.one(connection, "SELECT count(*) FROM t"); got != rows+1 {
		t.Errorf("%v rows, acknowledged %d", got, rows+1)
	}
	if got := in.one(connection, "PRAGMA integrity_check"); got != "ok" {
		t.Errorf("integrity: %v", got)
	}
	in.want(0, in.Close(connection))
	in.assertNoSiblings("main")
}

// Row 25: the folder is read-only, with and without a log that is left, and can be written again. That is an error of the machine and not
// damage, and nothing is lost by it.
func TestReadOnlyFolder(t *testing.T) {
	mount := t.TempDir()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=16m"); err != nil {
		t.Skipf("cannot mount a small file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(mount, 0) })
	in := start(t, withDir(filepath.Join(mount, "adapter")))
	longLog(in, "main", 6<<20)
	rows := in.one(in.open("main"), "SELECT count(*) FROM log")
	connection := in.open("other")
	in.exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES(1)")
	in.checkOut()
	if err := syscall.Mount("tmpfs", mount, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=16m"); err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"main", "other"} {
		next := start(t, withDir(in.dir))
		var handle uint32
		switch got := next.Open([]byte(label), &handle); got & 0xff {
		case 8, 10, 14: // READONLY, IOERR, CANTOPEN
		default:
			t.Errorf("%s: open gives %d", label, got)
		}
		if len(next.fatals) != 0 {
			t.Errorf("%s: %v", label, next.fatals)
		}
	}
	if err := syscall.Mount("tmpfs", mount, "tmpfs", syscall.MS_REMOUNT, "size=16m"); err != nil {
		t.Fatal(err)
	}
	next := start(t, withDir(in.dir))
	connection = next.open("main")
	next.exec(connection, "INSERT INTO log VALUES(1)")
	if got := next.one(connection, "SELECT count(*) FROM log"); got != rows.(int64)+1 {
		t.Errorf("%v rows, want one more than %v", got, rows)
	}
	if got := next.one(next.open("other"), "SELECT a FROM t"); got != int64(1) {
		t.Error(got)
	}
}

const writerDir = "SQLITEFN_TEST_WRITER_DIR"

// TestWriterProcess is not a test but the process that TestKilledWhileWriting kills: it prints each number after the commit
// that wrote it.
func TestWriterProcess(t *testing.T) {
	dir := os.Getenv(writerDir)
	if dir == "" {
		t.Skip("only runs as the child of TestKilledWhileWriting")
	}
	in := start(t, withDir(dir), func(c *sqlitefn.Config) { c.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil)) })
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY, b)")
	insert := in.prepare(connection, "INSERT INTO t(b) VALUES(randomblob(?)) RETURNING a")
	for i := range 1_000_000 {
		in.want(ok, in.BindInt64(insert, 1, int64(10+i%3000)))
		in.want(row, in.Step(insert))
		id := in.row(insert)[0]
		in.want(done, in.Step(insert))
		in.want(ok, in.Reset(insert))
		fmt.Printf("wrote %d\n", id)
	}
}

// Row 26: killed at any moment, no acknowledged write is lost and the file is in order.
func TestKilledWhileWriting(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "adapter")
	times := 10
	if n, err := strconv.Atoi(os.Getenv("SQLITEFN_TEST_KILLS")); err == nil {
		times = n
	}
	for i := range times {
		acknowledged := killedWriter(t, dir, i*37+1)
		in := start(t, withDir(dir))
		connection := in.open("main")
		if got := in.one(connection, "PRAGMA integrity_check"); got != "ok" {
			t.Fatalf("kill %d: integrity: %v", i, got)
		}
		if got := in.one(connection, "SELECT coalesce(max(a), 0) FROM t").(int64); got < acknowledged {
			t.Fatalf("kill %d: %d rows, %d were acknowledged", i, got, acknowledged)
		}
		if len(in.fatals) != 0 {
			t.Fatal(in.fatals)
		}
		in.want(0, in.Close(connection))
		in.assertNoSiblings("main")
	}
}

// killedWriter runs a writer until it has acknowledged some rows, kills it, and gives the last row it acknowledged.
func killedWriter(t *testing.T, dir string, rows int) (last int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestWriterProcess$")
	child.Env = append(os.Environ(), writerDir+"="+dir)
	var stderr strings.Builder
	child.Stderr = &stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for seen := 0; ; {
		line, err := lines.ReadString('\n')
		if number, found := strings.CutPrefix(strings.TrimSpace(line), "wrote "); found && err == nil {
			last, _ = strconv.ParseInt(number, 10, 64)
			if seen++; seen == rows {
				child.Process.Kill()
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	child.Wait()
	if last == 0 {
		t.Fatalf("the writer wrote nothing: %s", stderr.String())
	}
	return last
}

// Row 12 and more: calls from many threads while the instance is torn down. What matters is that nothing is left, that the
// race detector is silent, and that every result is one that the table of results knows.
func TestTeardownUnderCalls(t *testing.T) {
	for range 5 {
		in := start(t)
		connection := in.open("main")
		in.exec(connection, "CREATE TABLE t(a)")
		var callers sync.WaitGroup
		for range 4 {
			callers.Go(func() {
				for {
					var statement, tail uint32
					got := in.Prepare(connection, []byte("INSERT INTO t VALUES(?)"), &statement, &tail)
					if got < 0 {
						return
					}
					in.BindInt64(statement, 1, 1)
					in.Step(statement)
					in.Reset(statement)
					if tail%2 == 0 {
						in.Finalize(statement)
					}
				}
			})
		}
		callers.Go(func() {
			for in.Exec(connection, []byte("WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n LIMIT 100000) SELECT count(*) FROM n")) >= 0 {
			}
		})
		for in.ledger.Counts()[sqlitefn.KindStatement].Opened < 20 {
			time.Sleep(time.Millisecond)
		}
		in.kill()
		if err := in.ledger.CloseAll(context.Background()); err != nil {
			t.Error(err)
		}
		callers.Wait()
		in.assertNoSiblings("main")
	}
}

// A guest's Close and another thread's Prepare on the same connection: no statement outlives its connection.
func TestCloseUnderPrepare(t *testing.T) {
	in := start(t, withQuota(ledger.Quota{}))
	for range 200 {
		connection := in.open("main")
		var caller sync.WaitGroup
		caller.Go(func() {
			var statement, tail uint32
			for in.Prepare(connection, []byte("SELECT 1"), &statement, &tail) == ok {
			}
		})
		for in.ledger.Open() < 3 {
			time.Sleep(10 * time.Microsecond)
		}
		in.want(0, in.Close(connection))
		caller.Wait()
		if n := in.ledger.Open(); n != 0 {
			t.Fatalf("%d handles are left", n)
		}
	}
}
