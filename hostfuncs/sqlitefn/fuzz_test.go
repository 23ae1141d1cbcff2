package sqlitefn_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/sqlitefn"
)

// FuzzSQL runs any text as SQL, at once and statement by statement. It must not get out of its folder, not hang, not be
// called damage, and not lose the connection for another reason than memory.
func FuzzSQL(f *testing.F) {
	for _, sql := range []string{
		"SELECT 1", "ATTACH ('x'||'y') AS z", "VACUUM INTO 'x'", "PRAGMA journal_mode=''", "PRAGMA writable_schema=1; DELETE FROM sqlite_schema",
		"CREATE TABLE t(a); INSERT INTO t VALUES(?1); SELECT * FROM t WHERE a LIKE '%a%'",
		"WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n",
		"CREATE VIRTUAL TABLE v USING fts5(a)", "SELECT * FROM json_tree('[[[1]]]')", "BEGIN; SAVEPOINT x; ROLLBACK TO x; VACUUM",
		"SELECT replace('aaa','a','bbbbbbbb'), instr('ab','b'), trim('xax','x'), unhex('61 62',' ')", "EXPLAIN QUERY PLAN SELECT 1", "--",
		"CREATE TEMP TABLE t(a); CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO t VALUES(1); END; INSERT INTO t VALUES(1)",
		"SELECT printf('%.*c', 100000000, 'x')", "PRAGMA table_info(\"x'; ATTACH '' AS y; --\")", "REINDEX; ANALYZE; PRAGMA optimize",
		"SELECT * FROM pragma_table_list, pragma_function_list", "SELECT base64(x'00'), uuid()", "DETACH DATABASE main", ";;;", "SELECT '\xff'",
	} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		base := t.TempDir()
		t.Chdir(base) // where a file of a relative name would appear
		in := start(t, withDir(filepath.Join(base, "adapter")), withLimits(sqlitefn.Limits{
			CallBudget: 500 * time.Millisecond, BusyTimeout: time.Millisecond, MaxMemory: 8 << 20, MaxLength: 64 << 10, MaxDatabase: 1 << 20,
		}))
		connection := in.open("main")
		in.Exec(connection, []byte(sql))
		other := in.open("main")
		stepThrough(in, other, sql)

		if got := in.Exec(connection, []byte("SELECT 1")); got != ok && in.errmsg(connection) != "out of memory" {
			t.Errorf("connection lost: %d %s", got, in.errmsg(connection))
		}
		if len(in.fatals) != 0 {
			t.Errorf("fatal: %v", in.fatals)
		}
		for _, path := range listing(t, base) {
			name := strings.TrimPrefix(path, base)
			if name != "" && name != "/adapter" && !strings.HasPrefix(name, "/adapter/main.db") {
				t.Errorf("a file outside: %s", path)
			}
		}
		for _, target := range descriptors() {
			if strings.HasPrefix(target, os.TempDir()) && !strings.HasPrefix(target, base+"/adapter/main.db") && strings.Contains(target, ".db") {
				t.Errorf("opened: %s", target)
			}
		}
	})
}

// stepThrough prepares and steps each statement of a text, a few rows of each, and looks at every column.
func stepThrough(in *instance, connection uint32, sql string) {
	buffer := make([]byte, 256)
	for range 20 {
		var statement, tail uint32
		if in.Prepare(connection, []byte(sql), &statement, &tail) != ok || statement == 0 {
			return
		}
		for index := range uint32(in.BindParameterCount(statement)) {
			in.BindText(statement, index+1, []byte("/tmp/x"))
		}
		for range 5 {
			if in.Step(statement) != row {
				break
			}
			in.Row(statement, buffer)
			for column := range uint32(in.ColumnCount(statement)) {
				in.ColumnName(statement, column, buffer)
				in.ColumnText(statement, column, buffer)
				in.ColumnBlob(statement, column, buffer)
			}
		}
		if got := in.Finalize(statement); got != 0 {
			in.t.Errorf("finalize: %v", abi.Errno(-got))
		}
		sql = sql[tail:]
	}
}

// callsSQL is what FuzzCalls prepares: values of every type, more of them than fit, none, and statements that fail.
func callsSQL() []string {
	return []string{
		"SELECT ?1, ?2, ?3, :name", "SELECT 1, 2.5, 'text', x'00ff', NULL", "SELECT * FROM t", "INSERT INTO t VALUES(?1, ?2)", "DELETE FROM t WHERE a=?1",
		"SELECT zeroblob(40000) AS long, ?1", "BEGIN", "COMMIT", "ROLLBACK", "PRAGMA table_info(t)", "SELECT a, count(*) FROM t GROUP BY 1", "SELECT abs(-9223372036854775808)",
		"", "SELEC", "VACUUM", "SELECT sum(a) FROM t, t AS u",
	}
}

// FuzzCalls makes any calls with any handles, numbers and buffers. What is read must be whole and nothing else written, no call may
// end the connection, and nothing may be left open.
func FuzzCalls(f *testing.F) {
	f.Add([]byte{0, 0, 1, 3, 9, 2, 3, 1, 3, 0, 4, 3, 9, 5, 3, 0})
	f.Add([]byte{0, 1, 0, 3, 3, 0, 4, 3, 200, 5, 3, 1, 8, 1, 0, 0, 2, 0})
	f.Add([]byte{0, 6, 0, 0, 3, 0, 1, 4, 60, 2, 4, 2, 3, 4, 0, 6, 4, 0, 3, 4, 0, 7, 4, 0})
	f.Fuzz(func(t *testing.T, calls []byte) {
		in := start(t, withLimits(sqlitefn.Limits{CallBudget: time.Second, BusyTimeout: time.Millisecond, MaxMemory: 16 << 20, MaxLength: 64 << 10}))
		connection := in.open("main")
		in.exec(connection, "CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 'one'), (2, x'02')")
		for range 200 {
			if len(calls) < 3 {
				break
			}
			in.anyCall(connection, calls[0], uint32(calls[1]), calls[2])
			calls = calls[3:]
		}
		if got := in.Errmsg(connection, nil); got <= 0 && got != abi.EBADF.Result() {
			t.Errorf("errmsg: %d", got)
		}
		if len(in.fatals) != 0 {
			t.Errorf("fatal: %v", in.fatals)
		}
	})
}

// anyCall makes one call.
func (in *instance) anyCall(connection uint32, call byte, handle uint32, n byte) {
	var statement, tail uint32
	size := int(n) * int(n)
	switch call % 12 {
	case 0:
		texts := callsSQL()
		in.Prepare(connection, []byte(texts[int(n)%len(texts)]), &statement, &tail)
	case 1:
		in.BindText(handle, uint32(n)%5, make([]byte, size))
	case 2:
		in.BindBlob(handle, uint32(n)%5, make([]byte, size))
	case 3:
		in.Step(handle)
	case 4:
		in.wholeRow(handle, size)
	case 5:
		in.Reset(handle)
	case 6:
		in.BindZeroblob(handle, uint32(n)%5, int64(size)*int64(size))
	case 7:
		in.Finalize(handle)
	case 8:
		in.wholeColumn(handle, uint32(n), size)
	case 9:
		texts := callsSQL()
		in.Exec(handle, []byte(texts[int(n)%len(texts)]))
	case 10:
		in.BindParameterIndex(handle, []byte(":name")[:n%6])
		in.ColumnName(handle, uint32(n), make([]byte, n%9))
	case 11:
		if n%16 == 0 {
			in.Close(handle)
		}
		in.ClearBindings(handle)
	}
}

// wholeRow takes a row into a buffer and asserts that it is whole or not there.
func (in *instance) wholeRow(statement uint32, size int) {
	buffer := make([]byte, size)
	got := in.Row(statement, buffer)
	switch {
	case got < 0:
	case int(got) > size:
		for _, b := range buffer {
			if b != 0 {
				in.t.Fatal("written although it does not fit")
			}
		}
	default:
		if n := len(decodeRow(in.t, buffer[:got])); int32(n) != in.ColumnCount(statement) {
			in.t.Fatalf("%d values", n)
		}
	}
}

// wholeColumn does the same for a column.
func (in *instance) wholeColumn(statement, column uint32, size int) {
	buffer := make([]byte, size)
	text, blob := in.ColumnText(statement, column, buffer), in.ColumnBlob(statement, column, nil)
	if text >= 0 && int(text) <= size && text != blob {
		in.t.Fatalf("a text of %d bytes is a blob of %d", text, blob)
	}
	var whole int64
	var float float64
	in.ColumnInt64(statement, column, &whole)
	in.ColumnDouble(statement, column, &float)
	in.ColumnType(statement, column)
}
