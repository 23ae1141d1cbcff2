package sqlitefn_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/runtime/ledger"
)

func TestNothingIsMadeBeforeTheFirstOpen(t *testing.T) {
	in := start(t)
	if _, err := os.Lstat(in.dir); !os.IsNotExist(err) {
		t.Fatalf("folder: %v", err)
	}
}

func TestModes(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES(1)")
	for name, want := range map[string]fs.FileMode{"": 0o700 | fs.ModeDir, "main.db": 0o600, "main.db-wal": 0o600, "main.db-shm": 0o600} {
		info, err := os.Lstat(in.file(name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%q: mode %v, want %v", name, info.Mode(), want)
		}
	}
	in.want(0, in.Close(connection))
	in.assertNoSiblings("main")
}

func TestValuesThereAndBack(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(i, f, s, b, z, n, es, eb)")
	insert := in.prepare(connection, "INSERT INTO t VALUES(?,?,:text,?,?,?,?,?)")
	in.want(8, in.BindParameterCount(insert))
	in.want(3, in.BindParameterIndex(insert, []byte(":text")))
	in.want(0, in.BindParameterIndex(insert, []byte(":none")))
	in.want(0, in.BindParameterIndex(insert, []byte(":text\x00")))
	in.want(ok, in.BindInt64(insert, 1, math.MinInt64))
	in.want(ok, in.BindDouble(insert, 2, -0.5))
	in.want(ok, in.BindText(insert, 3, []byte("grüße\x00!")))
	in.want(ok, in.BindBlob(insert, 4, []byte{0, 1, 255}))
	in.want(ok, in.BindZeroblob(insert, 5, 3))
	in.want(ok, in.BindNull(insert, 6))
	in.want(ok, in.BindText(insert, 7, nil))
	in.want(ok, in.BindBlob(insert, 8, nil))
	in.want(done, in.Step(insert))
	var n int64
	in.want(ok, in.Changes(connection, &n))
	if n != 1 {
		t.Errorf("changes %d", n)
	}
	in.want(ok, in.LastInsertRowid(connection, &n))
	if n != 1 {
		t.Errorf("rowid %d", n)
	}

	query := in.prepare(connection, "SELECT * FROM t")
	in.want(8, in.ColumnCount(query))
	in.wantErrno(abi.ERANGE, in.ColumnType(query, 0)) // no row yet
	in.wantErrno(abi.ERANGE, in.Row(query, nil))
	in.want(row, in.Step(query))
	want := []any{int64(math.MinInt64), -0.5, "grüße\x00!", []byte{0, 1, 255}, []byte{0, 0, 0}, nil, "", []byte{}}
	if got := in.row(query); !reflect.DeepEqual(got, want) {
		t.Errorf("row %q, want %q", got, want)
	}
	for column, want := range []int32{1, 2, 3, 4, 4, 5, 3, 4} {
		in.want(want, in.ColumnType(query, uint32(column)))
	}
	in.want(ok, in.ColumnInt64(query, 0, &n))
	if n != math.MinInt64 {
		t.Errorf("int64 %d", n)
	}
	var d float64
	in.want(ok, in.ColumnDouble(query, 1, &d))
	if d != -0.5 {
		t.Errorf("double %v", d)
	}
	buffer := []byte("untouched")
	in.want(9, in.ColumnText(query, 2, buffer[:8]))
	if string(buffer) != "untouched" {
		t.Errorf("a buffer that was too small was written: %q", buffer)
	}
	in.want(9, in.ColumnText(query, 2, buffer))
	if string(buffer) != "grüße\x00!" {
		t.Errorf("text %q", buffer)
	}
	in.want(3, in.ColumnBlob(query, 3, buffer))
	if !bytes.Equal(buffer[:3], []byte{0, 1, 255}) {
		t.Errorf("blob %q", buffer[:3])
	}
	in.want(1, in.ColumnName(query, 2, buffer))
	if buffer[0] != 's' {
		t.Errorf("name %q", buffer[:1])
	}
	in.wantErrno(abi.ERANGE, in.ColumnName(query, 8, buffer))
	in.wantErrno(abi.ERANGE, in.ColumnInt64(query, math.MaxUint32, &n))
	in.want(done, in.Step(query))
	in.want(ok, in.Reset(query))

	// Bindings stay over a reset, and go with clear_bindings.
	in.want(ok, in.Reset(insert))
	in.want(done, in.Step(insert))
	in.want(ok, in.Reset(insert))
	in.want(ok, in.ClearBindings(insert))
	in.want(done, in.Step(insert))
	if got := in.one(connection, "SELECT count(i)||'/'||count(*) FROM t"); got != "2/3" {
		t.Errorf("rows %v", got)
	}
}

func TestParameterOutOfRange(t *testing.T) {
	in := start(t)
	statement := in.prepare(in.open("main"), "SELECT ?")
	for _, index := range []uint32{0, 2, math.MaxInt32, math.MaxInt32 + 1, math.MaxUint32} {
		in.want(25, in.BindInt64(statement, index, 1))
		in.want(25, in.BindText(statement, index, []byte("x")))
		in.want(25, in.BindNull(statement, index))
	}
}

func TestPrepareTail(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	for _, c := range []struct {
		sql  string
		tail uint32
		none bool
	}{
		{"SELECT 1", 8, false},
		{"SELECT 'ü'; SELECT 2", 12, false},
		{"", 0, true},
		{"  -- nothing", 12, true},
		{";;", 2, true},
		{"; SELECT 1;x", 11, false},
	} {
		var statement, tail uint32
		in.want(ok, in.Prepare(connection, []byte(c.sql), &statement, &tail))
		if tail != c.tail || (statement == 0) != c.none {
			t.Errorf("%q: statement %d, tail %d, want %d", c.sql, statement, tail, c.tail)
		}
	}
	var statement, tail uint32
	in.wantErrno(abi.EINVAL, in.Prepare(connection, []byte("SELECT 1;\x00 DROP TABLE t"), &statement, &tail))
	in.wantErrno(abi.EINVAL, in.Exec(connection, []byte("SELECT 1\x00")))
	in.want(1, in.Prepare(connection, []byte("SELEKT 1"), &statement, &tail))
	if statement != 0 || tail != 0 {
		t.Errorf("after an error: statement %d, tail %d", statement, tail)
	}
}

func TestErrmsg(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	if got := in.errmsg(connection); got != "not an error" {
		t.Errorf("errmsg %q", got)
	}
	in.exec(connection, "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES(1)")
	in.want(2067, in.Exec(connection, []byte("INSERT INTO t VALUES(1)"))) // SQLITE_CONSTRAINT_UNIQUE
	if got := in.errmsg(connection); got != "UNIQUE constraint failed: t.a" {
		t.Errorf("errmsg %q", got)
	}
	in.want(1, in.Exec(connection, []byte("SELECT * FROM nowhere")))
	if got := in.errmsg(connection); got != "no such table: nowhere" {
		t.Errorf("errmsg %q", got)
	}
	in.want(23, in.Exec(connection, []byte("DETACH main")))
	if got := in.errmsg(connection); got != "not authorized" {
		t.Errorf("errmsg %q", got)
	}
	in.want(12, in.Errmsg(connection, nil)-2) // the size, with nothing written
}

func TestExecRunsAllAndStopsAtTheFirstError(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES(1),(2); SELECT * FROM t; -- end\n")
	in.want(1, in.Exec(connection, []byte("INSERT INTO t VALUES(3); SELECT * FROM x; INSERT INTO t VALUES(4)")))
	if got := in.one(connection, "SELECT max(a) FROM t"); got != int64(3) {
		t.Errorf("max %v", got)
	}
}

// Row 17: children first, an open transaction rolled back, nothing left.
func TestCloseWithOpenStatementsAndTransaction(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a)")
	in.want(1, in.GetAutocommit(connection))
	in.exec(connection, "BEGIN; INSERT INTO t VALUES(1)")
	in.want(0, in.GetAutocommit(connection))
	var statements []uint32
	for range 10 {
		s := in.prepare(connection, "SELECT * FROM t")
		in.want(row, in.Step(s))
		statements = append(statements, s)
	}
	in.want(0, in.Close(connection))
	for _, s := range statements {
		in.wantErrno(abi.EBADF, in.Step(s))
		in.wantErrno(abi.EBADF, in.Finalize(s))
	}
	in.wantErrno(abi.EBADF, in.Close(connection))
	in.assertNoSiblings("main")
	if n := in.ledger.Open(); n != 0 {
		t.Errorf("%d handles open", n)
	}
	again := in.open("main")
	if got := in.one(again, "SELECT count(*) FROM t"); got != int64(0) {
		t.Errorf("%v rows after rollback", got)
	}
}

// Row 9: every function answers EBADF to what is no handle of its kind.
func TestBadHandles(t *testing.T) {
	in, other := start(t), start(t)
	connection := in.open("main")
	statement := in.prepare(connection, "SELECT 1")
	stale := in.prepare(connection, "SELECT 1")
	in.want(0, in.Finalize(stale))
	foreign := other.open("main")
	for range 5 {
		foreign = other.open("main")
	}
	connections := map[string]func(uint32) int32{
		"close":    in.Close,
		"exec":     func(id uint32) int32 { return in.Exec(id, []byte("SELECT 1")) },
		"prepare":  func(id uint32) int32 { var s, n uint32; return in.Prepare(id, []byte("SELECT 1"), &s, &n) },
		"changes":  func(id uint32) int32 { var n int64; return in.Changes(id, &n) },
		"rowid":    func(id uint32) int32 { var n int64; return in.LastInsertRowid(id, &n) },
		"autocomm": in.GetAutocommit,
		"errmsg":   func(id uint32) int32 { return in.Errmsg(id, nil) },
	}
	var n int64
	var d float64
	statements := map[string]func(uint32) int32{
		"finalize":    in.Finalize,
		"step":        in.Step,
		"reset":       in.Reset,
		"clear":       in.ClearBindings,
		"bind_int64":  func(id uint32) int32 { return in.BindInt64(id, 1, 1) },
		"bind_double": func(id uint32) int32 { return in.BindDouble(id, 1, 1) },
		"bind_text":   func(id uint32) int32 { return in.BindText(id, 1, nil) },
		"bind_blob":   func(id uint32) int32 { return in.BindBlob(id, 1, nil) },
		"bind_null":   func(id uint32) int32 { return in.BindNull(id, 1) },
		"bind_zero":   func(id uint32) int32 { return in.BindZeroblob(id, 1, 1) },
		"param_count": in.BindParameterCount,
		"param_index": func(id uint32) int32 { return in.BindParameterIndex(id, []byte("x")) },
		"columns":     in.ColumnCount,
		"name":        func(id uint32) int32 { return in.ColumnName(id, 0, nil) },
		"type":        func(id uint32) int32 { return in.ColumnType(id, 0) },
		"int64":       func(id uint32) int32 { return in.ColumnInt64(id, 0, &n) },
		"double":      func(id uint32) int32 { return in.ColumnDouble(id, 0, &d) },
		"text":        func(id uint32) int32 { return in.ColumnText(id, 0, nil) },
		"blob":        func(id uint32) int32 { return in.ColumnBlob(id, 0, nil) },
		"row":         func(id uint32) int32 { return in.Row(id, nil) },
	}
	ids := []uint32{0, stale, foreign, math.MaxInt32, math.MaxInt32 + 1, math.MaxUint32}
	for id := uint32(0); id < 1<<16; id += 251 {
		ids = append(ids, id)
	}
	for _, id := range ids {
		if id == connection || id == statement {
			continue
		}
		for name, call := range connections {
			if got := call(id); got != abi.EBADF.Result() {
				t.Fatalf("%s(%d): %d", name, id, got)
			}
		}
		for name, call := range statements {
			if got := call(id); got != abi.EBADF.Result() {
				t.Fatalf("%s(%d): %d", name, id, got)
			}
		}
	}
	for name, call := range connections {
		if got := call(statement); got != abi.EBADF.Result() {
			t.Errorf("%s on a statement: %d", name, got)
		}
	}
	for name, call := range statements {
		if got := call(connection); got != abi.EBADF.Result() {
			t.Errorf("%s on a connection: %d", name, got)
		}
	}
	in.want(row, in.Step(statement))
}

// Row 10: the quota's errno, and what is open goes on working.
func TestQuotas(t *testing.T) {
	in := start(t, withQuota(ledger.Quota{Total: 20, Kinds: map[ledger.Kind]int{sqlitefn.KindConnection: 2, sqlitefn.KindStatement: 5}}))
	first := in.open("main")
	in.open("main")
	var handle, tail uint32
	before := len(descriptors())
	for range 1000 {
		in.wantErrno(abi.EMFILE, in.Open([]byte("main"), &handle))
	}
	if now := len(descriptors()); now != before {
		t.Errorf("descriptors %d, had %d", now, before)
	}
	var last uint32
	for range 5 {
		last = in.prepare(first, "SELECT 1")
	}
	for range 10_000 {
		in.wantErrno(abi.EMFILE, in.Prepare(first, []byte("SELECT 1"), &handle, &tail))
	}
	in.want(row, in.Step(last))

	small := start(t, withQuota(ledger.Quota{Total: 2}))
	connection := small.open("main")
	small.prepare(connection, "SELECT 1")
	small.wantErrno(abi.ENFILE, small.Prepare(connection, []byte("SELECT 1"), &handle, &tail))
	small.wantErrno(abi.ENFILE, small.Open([]byte("main"), &handle))
}

func TestKilledInstance(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	statement := in.prepare(connection, "SELECT 1")
	in.kill()
	in.want(9, in.Step(statement))
	in.want(9, in.Exec(connection, []byte("SELECT 1")))
	var handle uint32
	in.wantErrno(abi.ECANCELED, in.Open([]byte("main"), &handle))
	in.want(0, in.Close(connection))
}

func TestSealedLedgerTakesNothing(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	in.ledger.Seal()
	var handle, tail uint32
	in.wantErrno(abi.ECANCELED, in.Open([]byte("main"), &handle))
	in.wantErrno(abi.ECANCELED, in.Prepare(connection, []byte("SELECT 1"), &handle, &tail))
	if handle != 0 {
		t.Errorf("handle %d", handle)
	}
}

// Row 19: a transaction that its instance leaves open does not hold up the next one.
func TestAbandonedTransactionFreesTheLock(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a); BEGIN IMMEDIATE; INSERT INTO t VALUES(1)")

	next := start(t, withDir(in.dir), withLimits(sqlitefn.Limits{BusyTimeout: 1}))
	other := next.open("main")
	next.want(5, next.Exec(other, []byte("INSERT INTO t VALUES(2)")))
	in.kill()
	if err := in.ledger.CloseAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	next.exec(other, "INSERT INTO t VALUES(2)")
	if got := next.one(other, "SELECT group_concat(a) FROM t"); got != "2" {
		t.Errorf("rows %v", got)
	}
}

// The directory may hold characters that mean something in a URI.
func TestFolderNames(t *testing.T) {
	base := t.TempDir()
	for _, name := range []string{"file:x?mode=memory", "a%41b", "a#b", "x?vfs=memdb&mode=ro", "ä ö", "it's", strings.Repeat("d", 200)} {
		in := start(t, withDir(fmt.Sprintf("%s/%s", base, name)))
		in.exec(in.open("main"), "CREATE TABLE t(a)")
		if _, err := os.Stat(in.file("main.db")); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	t.Chdir(base)
	in := start(t, withDir("file:relative?mode=memory"))
	in.exec(in.open("main"), "CREATE TABLE t(a)")
	if _, err := os.Stat(in.file("main.db")); err != nil {
		t.Error(err)
	}
	long := start(t, withDir(base+strings.Repeat("/"+strings.Repeat("d", 200), 5)))
	var handle uint32
	long.wantErrno(abi.EPERM, long.Open([]byte("main"), &handle))
}
