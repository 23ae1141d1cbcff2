package sqlitefn

import (
	"fmt"
	"strconv"

	"github.com/ncruces/go-sqlite3"
)

// harden sets what a guest must not set for itself. It runs before the authorizer is there.
// https://www.sqlite.org/security.html
func (c *connection) harden() error {
	c.setLimits()
	switches := []struct {
		option sqlite3.DBConfig
		on     bool
	}{
		{sqlite3.DBCONFIG_DEFENSIVE, true},
		{sqlite3.DBCONFIG_TRUSTED_SCHEMA, false},
		{sqlite3.DBCONFIG_WRITABLE_SCHEMA, false},
		{sqlite3.DBCONFIG_ENABLE_LOAD_EXTENSION, false},
		{sqlite3.DBCONFIG_ENABLE_FTS3_TOKENIZER, false},
	}
	for _, s := range switches {
		if _, err := c.db.Config(s.option, s.on); err != nil {
			return err
		}
	}
	if err := c.db.BusyTimeout(c.limits.BusyTimeout); err != nil {
		return err
	}
	if err := c.setWAL(); err != nil {
		return err
	}
	return c.setSizes()
}

// setLimits bounds what SQL text can compile to. https://www.sqlite.org/c3ref/limit.html
func (c *connection) setLimits() {
	for id, value := range map[sqlite3.LimitCategory]int{
		sqlite3.LIMIT_LENGTH:          c.limits.MaxLength,
		sqlite3.LIMIT_SQL_LENGTH:      SQLBytes,
		sqlite3.LIMIT_COLUMN:          Columns,
		sqlite3.LIMIT_EXPR_DEPTH:      ExprDepth,
		sqlite3.LIMIT_COMPOUND_SELECT: CompoundSelect,
		sqlite3.LIMIT_FUNCTION_ARG:    FunctionArgs,
		sqlite3.LIMIT_ATTACHED:        1, // VACUUM attaches its temporary copy
		sqlite3.LIMIT_VARIABLE_NUMBER: Variables,
		sqlite3.LIMIT_TRIGGER_DEPTH:   TriggerDepth,
		sqlite3.LIMIT_WORKER_THREADS:  0,
	} {
		c.db.Limit(id, value)
	}
}

// setWAL turns write-ahead logging on; it is the first read of the file. Sorts and temporary tables stay in memory, where
// the connection's limit counts them, because files for them would lie outside of the adapter's folder.
func (c *connection) setWAL() error {
	if err := c.db.Exec("PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON"); err != nil {
		return err
	}
	mode, err := c.text("PRAGMA journal_mode=WAL")
	if err != nil {
		return c.damaged(err)
	}
	if mode != "wal" {
		c.log.Warn("sqlite: no write-ahead log on this file system", "file", c.path, "journal_mode", mode)
	}
	c.db.WALHook(c.committed)
	return c.db.Exec("PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA journal_size_limit=" +
		strconv.Itoa(WALKeepBytes))
}

// setSizes bounds the file. A file that is larger already stays as it is.
func (c *connection) setSizes() error {
	text, err := c.text("PRAGMA page_size")
	if err != nil {
		return err
	}
	pageSize, err := strconv.ParseInt(text, 10, 64)
	if err != nil || pageSize <= 0 {
		return fmt.Errorf("database[%s] page size %q: %w", c.path, text, sqlite3.CORRUPT)
	}
	c.frameSize = pageSize + frameHeader
	return c.db.Exec("PRAGMA max_page_count=" + strconv.FormatInt(max(1, c.share.database/pageSize), 10))
}
