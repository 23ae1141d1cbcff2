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
