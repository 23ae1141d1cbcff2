package sqlitefn

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"innkeeper/runtime/ledger"
)

// A log that nobody has looked through is not moved into the database, for whatever reason its opening went no further.
func TestLogOfAnUnprovenDatabaseStays(t *testing.T) {
	_, c := openWritten(t)
	c.sound = false
	if err := c.CloseHandle(context.Background()); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(c.path + logSuffix); err != nil || info.Size() == 0 {
		t.Errorf("the log was moved: %v", err)
	}
}

// openWritten is a connection to a database with a row, and a log.
func openWritten(t *testing.T) (*Family, *connection) {
	t.Helper()
	f := New(t.Context(), Config{Dir: filepath.Join(t.TempDir(), "adapter"), Labels: []string{"main"}, Ledger: ledger.New(ledger.Quota{})})
	c, err := f.open("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.db.Exec("CREATE TABLE t(a); INSERT INTO t VALUES('text')"); err != nil {
		t.Fatal(err)
	}
	return f, c
}

// A statement that has no handle, such as one that a panic left in the middle of a script, does not keep its connection from being
// closed in order.
func TestCloseFinalizesStatementsWithoutAHandle(t *testing.T) {
	_, c := openWritten(t)
	stmt, _, err := c.db.Prepare("SELECT a FROM t")
	if err != nil || !stmt.Step() {
		t.Fatal(err)
	}
	if err := c.CloseHandle(context.Background()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(c.path + logSuffix); err == nil {
		t.Error("its files were closed, and not the connection")
	}
}

// A connection whose files had to be closed leaves a log that the next open looks through like one of a process that died.
func TestLogOfAnAbandonedConnectionIsNotOurs(t *testing.T) {
	f, c := openWritten(t)
	if _, err := c.db.OpenBlob("main", "t", "a", 1, false); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseHandle(context.Background()); err != nil {
		t.Error(err)
	}
	left := f.folder.files[c.path].left
	if left == nil || left.log != nil {
		t.Errorf("%+v", left)
	}
}
