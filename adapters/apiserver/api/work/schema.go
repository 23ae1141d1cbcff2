package work

import (
	"strconv"

	"innkeeper/adapters/sdk"
)

// version is that of the schema. It stands in the table meta.
const version = 1

// errNewer keeps an older adapter from writing into what a newer one has made.
func errNewer(found int64) error {
	return sdk.Permanent("database_newer", "the database of keys, runs and completions was made by a newer version of the adapter (schema "+
		strconv.FormatInt(found, 10)+"): install that version, or move the database away")
}

// A text is kept apart from the row that it belongs to, in a row of its own and, beyond what fits one, in pieces. So
// marking and listing rows does not touch their texts, and no answer is too long to be kept.
const sqlSchema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS texts (
	n    INTEGER PRIMARY KEY,
	size INTEGER NOT NULL,
	sum  INTEGER NOT NULL,
	data BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS pieces (
	n    INTEGER NOT NULL,
	seq  INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (n, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS texts_gone AFTER DELETE ON texts BEGIN
	DELETE FROM pieces WHERE n = OLD.n;
END;

CREATE TABLE IF NOT EXISTS keys (
	n       INTEGER PRIMARY KEY,
	key     TEXT NOT NULL UNIQUE,
	request BLOB NOT NULL,
	at      INTEGER NOT NULL,
	state   INTEGER NOT NULL,
	status  INTEGER NOT NULL,
	stream  INTEGER NOT NULL,
	answer  INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS keys_at ON keys (at);
CREATE TRIGGER IF NOT EXISTS keys_gone AFTER DELETE ON keys BEGIN
	DELETE FROM texts WHERE n = OLD.answer;
END;

CREATE TABLE IF NOT EXISTS runs (
	n        INTEGER PRIMARY KEY,
	id       TEXT NOT NULL UNIQUE,
	ended    INTEGER NOT NULL,
	reserved INTEGER NOT NULL,
	object   INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS runs_ended ON runs (n) WHERE ended > 0;
CREATE INDEX IF NOT EXISTS runs_live ON runs (n) WHERE ended = 0;
CREATE TABLE IF NOT EXISTS pages (
	run  INTEGER NOT NULL,
	last INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (run, last)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS runs_gone AFTER DELETE ON runs BEGIN
	DELETE FROM texts WHERE n = OLD.object;
	DELETE FROM pages WHERE run = OLD.n;
END;

CREATE TABLE IF NOT EXISTS completions (
	n        INTEGER PRIMARY KEY,
	id       TEXT NOT NULL UNIQUE,
	model    TEXT NOT NULL,
	metadata TEXT NOT NULL,
	object   INTEGER NOT NULL,
	messages INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS completions_model ON completions (model, n);
CREATE TABLE IF NOT EXISTS labels (
	key   TEXT NOT NULL,
	value TEXT NOT NULL,
	n     INTEGER NOT NULL,
	PRIMARY KEY (key, value, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS labels_n ON labels (n);
CREATE TRIGGER IF NOT EXISTS completions_gone AFTER DELETE ON completions BEGIN
	DELETE FROM texts WHERE n = OLD.object;
	DELETE FROM texts WHERE n = OLD.messages;
	DELETE FROM labels WHERE n = OLD.n;
END;
`

// query is the SQL of a statement. A test shows that each of them goes by an index.
type query string

// sqlMeasure is the exception: it reads the indexes once, at the start.
const sqlMeasure query = `SELECT (SELECT count(*) FROM keys), (SELECT count(*) FROM runs), (SELECT count(*) FROM runs WHERE ended > 0),
	(SELECT count(*) FROM completions)`

// migrate makes the tables, or checks that they are of this version.
func (s *Store) migrate() error {
	if err := s.db.Exec(sqlSchema); err != nil {
		return err
	}
	if err := s.db.Exec(`INSERT INTO meta (key, value) VALUES ('schema', ?1) ON CONFLICT DO NOTHING`, version); err != nil {
		return err
	}
	found := int64(0)
	_, err := s.row(`SELECT value FROM meta WHERE key = 'schema'`, func(stmt *sdk.Stmt) { found = stmt.ColumnInt64(0) })
	if err == nil && found > version {
		return errNewer(found)
	}
	return err
}
