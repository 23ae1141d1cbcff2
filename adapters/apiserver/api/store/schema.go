package store

import (
	"strconv"

	"innkeeper/adapters/sdk"
)

// version is that of the schema. It stands in the table meta.
const version = 1

// errNewer keeps an older adapter from writing into what a newer one has made.
func errNewer(found int64) error {
	return sdk.Permanent("database_newer", "the response store was made by a newer version of the adapter (schema "+
		strconv.FormatInt(found, 10)+"): install that version, or move the database away")
}

const sqlSchema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS responses (
	n    INTEGER PRIMARY KEY,
	id   TEXT NOT NULL UNIQUE,
	used INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS responses_used ON responses (used);
CREATE TABLE IF NOT EXISTS bodies (
	n             INTEGER PRIMARY KEY,
	response_size INTEGER NOT NULL,
	response_sum  INTEGER NOT NULL,
	input_size    INTEGER NOT NULL,
	input_sum     INTEGER NOT NULL,
	context_size  INTEGER NOT NULL,
	context_sum   INTEGER NOT NULL,
	response      BLOB NOT NULL,
	input         BLOB NOT NULL,
	context       BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS overflow (
	n    INTEGER NOT NULL,
	part INTEGER NOT NULL,
	seq  INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (n, part, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS conversations (name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS conversations_n ON conversations (n);
CREATE TRIGGER IF NOT EXISTS responses_gone AFTER DELETE ON responses BEGIN
	DELETE FROM bodies WHERE n = OLD.n;
	DELETE FROM overflow WHERE n = OLD.n;
	DELETE FROM conversations WHERE n = OLD.n;
END;
`

// The statements. A test shows that each of them goes by an index.
const (
	sqlMeasure = `SELECT count(*), coalesce((SELECT max(used) FROM responses WHERE used < ?1), 0) FROM responses`

	sqlInsert     = `INSERT INTO responses (id, used) VALUES (?1, ?2)`
	sqlInsertBody = `INSERT INTO bodies (n, response_size, response_sum, response, input_size, input_sum, input, context_size, context_sum, context)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`
	sqlInsertMore = `INSERT INTO overflow (n, part, seq, data) VALUES (?1, ?2, ?3, ?4)`
	sqlName       = `INSERT INTO conversations (name, n) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET n = excluded.n`
	sqlEvict      = `DELETE FROM responses WHERE n IN (SELECT n FROM responses ORDER BY used LIMIT ?1)`
	sqlRemove     = `DELETE FROM responses WHERE id = ?1`

	sqlFind     = `SELECT n, used FROM responses WHERE id = ?1`
	sqlTouch    = `UPDATE responses SET used = ?2 WHERE n = ?1`
	sqlResponse = `SELECT response_size, response_sum, response FROM bodies WHERE n = ?1`
	sqlInput    = `SELECT input_size, input_sum, input FROM bodies WHERE n = ?1`
	sqlContext  = `SELECT context_size, context_sum, context FROM bodies WHERE n = ?1`
	sqlMore     = `SELECT data FROM overflow WHERE n = ?1 AND part = ?2 ORDER BY seq`
	sqlNamed    = `SELECT responses.id FROM conversations JOIN responses USING (n) WHERE name = ?1`
)

// migrate makes the tables, or checks that they are of this version.
func (s *Store) migrate() error {
	if err := s.db.Exec(sqlSchema + sqlLogs); err != nil {
		return err
	}
	if err := s.db.Exec(`INSERT INTO meta (key, value) VALUES ('schema', ?1) ON CONFLICT DO NOTHING`, version); err != nil {
		return err
	}
	stmt, err := s.db.Prepare(`SELECT value FROM meta WHERE key = 'schema'`)
	if err != nil {
		return err
	}
	defer stmt.Close()
	if _, err := stmt.Step(); err != nil {
		return err
	}
	if found := stmt.ColumnInt64(0); found > version {
		return errNewer(found)
	}
	return nil
}
