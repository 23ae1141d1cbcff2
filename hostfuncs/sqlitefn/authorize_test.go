package sqlitefn_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"
)

func listing(t testing.TB, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(names)
	return names
}

// Row 13: no way to another file. For an expression the library asks the authorizer with an empty name, as VACUUM does.
func TestNoOtherFile(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES(1)")
	outside := filepath.Join(t.TempDir(), "outside.db")
	before, beforeOutside := listing(t, in.dir), listing(t, filepath.Dir(outside))
	for _, sql := range []string{
		fmt.Sprintf("ATTACH '%s' AS x", outside),
		fmt.Sprintf("ATTACH 'file:%s?mode=rwc' AS x", outside),
		fmt.Sprintf("ATTACH ('%s'||'') AS x", outside),
		fmt.Sprintf("ATTACH (SELECT '%s') AS x", outside),
		fmt.Sprintf("ATTACH coalesce(NULL,'%s') AS x", outside),
		"ATTACH '' AS x",
		"ATTACH NULL AS x",
		"ATTACH ':memory:' AS x",
		"ATTACH 'other.db' AS x",
		fmt.Sprintf("EXPLAIN ATTACH ('%s'||'') AS x", outside),
		"DETACH main",
		"DETACH temp",
		"DETACH 'ma'||'in'",
		fmt.Sprintf("VACUUM INTO '%s'", outside),
		fmt.Sprintf("VACUUM INTO ('%s'||'')", outside),
		fmt.Sprintf("VACUUM main INTO (SELECT '%s' FROM t)", outside),
		"SELECT load_extension('x')",
		"SELECT load_extension('x', 'y')",
	} {
		if got := in.Exec(connection, []byte(sql)); got == ok {
			t.Errorf("%s: allowed", sql)
		}
	}
	// Bound as a parameter.
	var statement, tail uint32
	in.want(23, in.Prepare(connection, []byte("ATTACH ?1 AS x"), &statement, &tail))
	if in.Prepare(connection, []byte("VACUUM INTO ?1"), &statement, &tail) == ok {
		in.want(ok, in.BindText(statement, 1, []byte(outside)))
		in.want(23, in.Step(statement))
		in.want(0, in.Finalize(statement))
	}
	if after := listing(t, in.dir); !reflect.DeepEqual(after, before) {
		t.Errorf("folder %v, was %v", after, before)
	}
	if after := listing(t, filepath.Dir(outside)); !reflect.DeepEqual(after, beforeOutside) {
		t.Errorf("outside %v, was %v", after, beforeOutside)
	}
	in.exec(connection, "VACUUM")
	in.exec(connection, "VACUUM main")
	statement = in.prepare(connection, "VACUUM")
	in.want(done, in.Step(statement))
	if got := in.one(connection, "SELECT a FROM t"); got != int64(1) {
		t.Errorf("after VACUUM: %v", got)
	}
	if got := in.one(connection, "SELECT count(*) FROM pragma_table_info('t')"); got != int64(1) {
		t.Errorf("columns %v", got)
	}
}

// A name that the guest chose must not reach an ATTACH that SQLite compiles for itself.
func TestAttachThroughNestedText(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	outside := filepath.Join(t.TempDir(), "outside.db")
	in.exec(connection, fmt.Sprintf(`CREATE TABLE "x'; ATTACH '' AS y; --"(a DEFAULT ('%s')); INSERT INTO "x'; ATTACH '' AS y; --" VALUES(1); VACUUM`, outside))
	if got := in.Exec(connection, []byte(`VACUUM "x'; ATTACH '' AS y; --"`)); got == ok {
		t.Error("VACUUM of a table's name as a schema: allowed")
	}
	if got := in.one(connection, "SELECT count(*) FROM pragma_table_list WHERE schema NOT IN ('main','temp')"); got != int64(0) {
		t.Errorf("%v foreign tables", got)
	}
}

// Row 14: denied, and the value as it was. SQLite's own view of the value is read through a connection that sees the same.
func TestPragmasDenied(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a); INSERT INTO t VALUES(1)")
	for _, sql := range []string{
		"journal_mode=OFF", "journal_mode=DELETE", "journal_mode=''", "journal_mode", "Journal_Mode(MEMORY)", "main.journal_mode=truncate",
		"writable_schema", "writable_schema=ON", "writable_schema=RESET", "max_page_count=9999999", "max_page_count",
		"mmap_size=1000000000", "locking_mode=EXCLUSIVE", "synchronous=OFF", "synchronous=0", "synchronous=7", "synchronous=FALSE", "synchronous=no",
		"synchronous=-1", "synchronous=99", "temp_store=FILE", "temp_store=1", "temp_store_directory='/tmp'", "data_store_directory='/tmp'",
		"trusted_schema=ON", "schema_version=7", "schema_version=''", "cache_size=-1000000000", "cache_spill=0", "threads=8",
		"hard_heap_limit=0", "soft_heap_limit=0", "journal_size_limit=-1", "wal_autocheckpoint=0", "page_size=65536", "auto_vacuum=FULL", "auto_vacuum=''",
		"cell_size_check=0", "ignore_check_constraints=1", "legacy_alter_table=1", "secure_delete=1", "database_list", "encoding='UTF-16le'",
		"checksum_verification=0", "vdbe_trace=1", "case_sensitive_like=1", "shrink_memory", "read_uncommitted=1", "fullfsync=0", "lock_proxy_file=x",
		"activate_extensions", "incremental_vacuum", "no_such_pragma",
	} {
		if got := in.Exec(connection, []byte("PRAGMA "+sql)); got != 23 {
			t.Errorf("PRAGMA %s: %d, want SQLITE_AUTH", sql, got)
		}
	}
	for _, name := range []string{"database_list", "writable_schema", "journal_mode", "max_page_count"} {
		if _, got := in.query(connection, "SELECT * FROM pragma_"+name); got == row {
			t.Errorf("pragma_%s could be read", name)
		}
	}
	for _, sql := range []string{
		"UPDATE sqlite_schema SET sql='x'", "INSERT INTO sqlite_schema VALUES('table','x','x',2,'')", "DELETE FROM sqlite_schema",
		"CREATE TABLE sqlite_x(a)", "DROP TABLE sqlite_schema",
	} {
		if got := in.Exec(connection, []byte(sql)); got == ok {
			t.Errorf("%s: allowed", sql)
		}
	}
	if got := in.one(connection, "PRAGMA journal_mode=WAL"); got != "wal" {
		t.Errorf("journal mode %v", got)
	}
	if got := in.one(connection, "PRAGMA synchronous"); got != int64(1) {
		t.Errorf("synchronous %v", got)
	}
	if _, err := os.Stat(in.file("main.db-wal")); err != nil {
		t.Error(err)
	}
}

func TestPragmasAllowed(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE p(a PRIMARY KEY); CREATE TABLE t(a REFERENCES p); CREATE INDEX i ON t(a)")
	for sql, want := range map[string]any{
		"user_version=7; PRAGMA user_version":     nil,
		"user_version":                            int64(7),
		"foreign_keys":                            int64(1),
		"integrity_check":                         "ok",
		"quick_check":                             "ok",
		"encoding":                                "UTF-8",
		"page_size":                               int64(4096),
		"synchronous=FULL; PRAGMA synchronous":    nil,
		"wal_checkpoint(TRUNCATE)":                int64(0),
		"table_info(t)":                           int64(0),
		"index_list(t)":                           int64(0),
		"foreign_key_list(t)":                     int64(0),
		"busy_timeout":                            int64(1000),
		"optimize; SELECT 1":                      nil,
		"application_id=3; PRAGMA application_id": nil,
	} {
		if want == nil {
			in.exec(connection, "PRAGMA "+sql)
			continue
		}
		if strings.HasPrefix(sql, "user_version") {
			in.exec(connection, "PRAGMA user_version=7")
		}
		if got := in.one(connection, "PRAGMA "+sql); got != want {
			t.Errorf("PRAGMA %s: %v, want %v", sql, got, want)
		}
	}
	in.want(787, in.Exec(connection, []byte("INSERT INTO t VALUES(1)"))) // SQLITE_CONSTRAINT_FOREIGNKEY
}
