package sqlitefn

import (
	"context"
	"os"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// frameHeader is what a page has before it in the write-ahead log, in bytes. https://www.sqlite.org/fileformat2.html#walformat
const frameHeader = 24

// committed runs after each commit, in the place of SQLite's own hook, and does what that one does: it moves a long log
// into the database as far as readers allow. It also notes how long the log is, for all connections.
// https://www.sqlite.org/c3ref/wal_hook.html
func (c *connection) committed(db *sqlite3.Conn, schema string, pages int) error {
	log := int64(pages) * c.frameSize
	c.file.log.Store(log)
	if pages < CheckpointPages && log < c.share.log/2 {
		return nil
	}
	// The commit stands whatever happens here, and the next one tries again: so trouble is no error of the statement,
	// unless the file is damaged.
	_, _, err := db.WALCheckpoint(schema, sqlite3.CHECKPOINT_PASSIVE)
	if info, err := os.Stat(c.path); err == nil {
		c.file.size.Store(info.Size())
	}
	if err != nil && isDamage(extendedCode(err).Code()) {
		return err
	}
	return nil
}

// mayGrow reports whether a statement that writes may run. With the log over its limit it may not, until a checkpoint could
// empty it: somebody still reads what is in it. It does not matter whose commits made it so long.
func (c *connection) mayGrow(stmt *sqlite3.Stmt) bool {
	if c.file.log.Load() <= c.share.log || stmt.ReadOnly() {
		return true
	}
	if _, _, err := c.db.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE); err != nil {
		c.lastError = "database or disk is full: a reader keeps the write-ahead log from being emptied"
		return false
	}
	c.file.log.Store(0)
	return true
}

// protect keeps SQLite from moving the log into the database while it closes, where that is not in order or could take long. The
// log then stays, and the next open goes on from it.
func (c *connection) protect(ctx context.Context) error {
	if c.mayCheckpoint(ctx) {
		return nil
	}
	_, err := c.db.Config(sqlite3.DBCONFIG_NO_CKPT_ON_CLOSE, true)
	return err
}

// mayCheckpoint reports whether closing may move the log into the database. A damaged file is left as it is, but for an empty log,
// which may go as always. Otherwise there must be little to move, and time for it.
func (c *connection) mayCheckpoint(ctx context.Context) bool {
	log, _ := os.Lstat(c.path + logSuffix) // nil if there is none
	if !c.sound || c.damage.Load() != nil {
		return sizeOf(log) == 0
	}
	if until, ok := ctx.Deadline(); ok && time.Until(until) < closeSpare {
		return false
	}
	c.db.SetInterrupt(context.Background()) // the instance's is over by now
	logged, moved, err := c.db.WALCheckpoint("main", sqlite3.CHECKPOINT_NOOP)
	if err != nil { // a transaction is open, which the close rolls back
		return sizeOf(log) <= CloseBytes
	}
	return int64(logged-moved)*c.frameSize <= CloseBytes
}

// closeSpare is how much time there must be for a close to move the log: a slow disk takes that long for [CloseBytes].
const closeSpare = time.Second
