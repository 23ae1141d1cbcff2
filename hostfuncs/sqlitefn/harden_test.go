package sqlitefn

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"innkeeper/runtime/ledger"
)

// The authorizer is the first to refuse, and not the only one: a statement that slipped through it cannot break the schema either.
func TestConnectionIsDefensiveByItself(t *testing.T) {
	f := New(t.Context(), Config{Dir: filepath.Join(t.TempDir(), "adapter"), Labels: []string{"main"}, Ledger: ledger.New(ledger.Quota{})})
	c, err := f.open("main")
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseHandle(context.Background())
	if err := c.db.SetAuthorizer(nil); err != nil {
		t.Fatal(err)
	}
	if err := c.db.Exec("CREATE TABLE t(a); PRAGMA writable_schema=1"); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"UPDATE sqlite_schema SET sql='CREATE TABLE t(b)'", "DELETE FROM sqlite_schema", "CREATE TABLE sqlite_x(a)", "SELECT load_extension('x')",
	} {
		if c.db.Exec(sql) == nil {
			t.Errorf("%s: done", sql)
		}
	}
	if err := c.db.Exec("PRAGMA journal_mode=OFF"); err != nil {
		t.Error(err)
	}
	if mode, err := c.text("PRAGMA journal_mode"); err != nil || mode != "wal" {
		t.Errorf("journal mode %q, %v", mode, err)
	}
	for option, want := range map[sqlite3.DBConfig]bool{
		sqlite3.DBCONFIG_DEFENSIVE: true, sqlite3.DBCONFIG_TRUSTED_SCHEMA: false, sqlite3.DBCONFIG_WRITABLE_SCHEMA: false,
		sqlite3.DBCONFIG_ENABLE_LOAD_EXTENSION: false, sqlite3.DBCONFIG_ENABLE_FTS3_TOKENIZER: false,
	} {
		if got, err := c.db.Config(option); err != nil || got != want {
			t.Errorf("option %d is %v (%v)", option, got, err)
		}
	}
}
