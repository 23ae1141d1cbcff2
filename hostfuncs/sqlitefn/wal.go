package sqlitefn

import (
	"github.com/ncruces/go-sqlite3"
)

// checkpoint runs after each commit, in the place of SQLite's own hook, and does what that one does: it moves a long log
// into the database as far as readers allow. Beyond that it notes a log that outgrew its limit.
// https://www.sqlite.org/c3ref/wal_hook.html
func (c *connection) checkpoint(db *sqlite3.Conn, schema string, pages int) error {
	if pages < CheckpointPages {
		return nil
	}
	if int64(pages) > c.maxWALPages {
		c.walFull = true
	}
	// The commit stands whatever happens here, and the next one tries again: so trouble is no error of the statement,
	// unless the file is damaged.
	if _, _, err := db.WALCheckpoint(schema, sqlite3.CHECKPOINT_PASSIVE); err != nil && isDamage(extendedCode(err).Code()) {
		return err
	}
	return nil
}

// mayGrow reports whether a statement that writes may run. With the log over its limit it may not, until a checkpoint could
// empty it: somebody still reads what is in it.
func (c *connection) mayGrow(stmt *sqlite3.Stmt) bool {
	if !c.walFull || stmt.ReadOnly() {
		return true
	}
	if _, _, err := c.db.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE); err != nil {
		c.lastError = "database or disk is full: a reader keeps the write-ahead log from being emptied"
		return false
	}
	c.walFull = false
	return true
}
