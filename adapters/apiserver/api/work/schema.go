package work

import (
	"errors"
	"strconv"

	"innkeeper/adapters/sdk"
)

// version is that of the schema. It stands in the header of the
// database, which is this package's. https://www.sqlite.org/pragma.html#pragma_user_version
const version = 1

// errNewer keeps an older adapter from writing into what a newer one has made.
func errNewer(found int64) error {
	return sdk.Permanent("database_newer", "the database of keys, runs and completions was made by a newer version of the adapter (schema "+
		strconv.FormatInt(found, 10)+"): install that version, or move the database away")
}

// A text is kept apart from the row that it belongs to, in a row of its own and, beyond what fits one, in pieces. So
// marking and listing rows does not touch their texts, and no answer is too long to be kept.
const sqlSchema = `
CREATE TABLE texts (
	n    INTEGER PRIMARY KEY,
	size INTEGER NOT NULL,
	sum  INTEGER NOT NULL,
	data BLOB NOT NULL
) STRICT;
CREATE TABLE pieces (
	n    INTEGER NOT NULL,
	seq  INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (n, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER texts_gone AFTER DELETE ON texts BEGIN
	DELETE FROM pieces WHERE n = OLD.n;
END;

CREATE TABLE keys (
	n       INTEGER PRIMARY KEY,
	key     TEXT NOT NULL UNIQUE,
	request BLOB NOT NULL,
	at      INTEGER NOT NULL,
	state   INTEGER NOT NULL,
	status  INTEGER NOT NULL,
	stream  INTEGER NOT NULL,
	answer  INTEGER NOT NULL,
	bytes   INTEGER NOT NULL
) STRICT;
CREATE INDEX keys_at ON keys (at);
CREATE TRIGGER keys_gone AFTER DELETE ON keys BEGIN
	DELETE FROM texts WHERE n = OLD.answer;
END;

CREATE TABLE runs (
	n        INTEGER PRIMARY KEY,
	id       TEXT NOT NULL UNIQUE,
	ended    INTEGER NOT NULL,
	reserved INTEGER NOT NULL,
	object   INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_ended ON runs (n) WHERE ended > 0;
CREATE INDEX runs_live ON runs (n) WHERE ended = 0;
CREATE TABLE pages (
	run  INTEGER NOT NULL,
	last INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (run, last)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER runs_gone AFTER DELETE ON runs BEGIN
	DELETE FROM texts WHERE n = OLD.object;
	DELETE FROM pages WHERE run = OLD.n;
END;

CREATE TABLE completions (
	n        INTEGER PRIMARY KEY,
	id       TEXT NOT NULL UNIQUE,
	model    TEXT NOT NULL,
	metadata TEXT NOT NULL,
	object   INTEGER NOT NULL,
	messages INTEGER NOT NULL
) STRICT;
CREATE INDEX completions_model ON completions (model, n);
CREATE TABLE labels (
	key   TEXT NOT NULL,
	value TEXT NOT NULL,
	n     INTEGER NOT NULL,
	PRIMARY KEY (key, value, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX labels_n ON labels (n);
CREATE TRIGGER completions_gone AFTER DELETE ON completions BEGIN
	DELETE FROM texts WHERE n = OLD.object;
	DELETE FROM texts WHERE n = OLD.messages;
	DELETE FROM labels WHERE n = OLD.n;
END;
`

// query is the SQL of a statement. A test shows that each of them goes by an index.
type query string

// sqlMeasure is the exception: it reads the indexes once, at the start.
const sqlMeasure query = `SELECT (SELECT count(*) FROM keys), (SELECT count(*) FROM runs), (SELECT count(*) FROM runs WHERE ended > 0),
	(SELECT count(*) FROM completions), (SELECT coalesce(sum(bytes), 0) FROM keys)`

// migrate makes the tables, or checks that they are of this version. Nearly every start finds them there, and pays for one
// read of the header.
func (s *Store) migrate() error {
	found, err := s.number(`PRAGMA user_version`)
	switch {
	case err != nil:
		return err
	case found > version:
		return errNewer(found)
	case found == version:
		return nil
	}
	return s.db.Transaction(func() error {
		return s.db.Exec(sqlSchema + `PRAGMA user_version = ` + strconv.Itoa(version) + `;`)
	})
}

// number is what a query without parameters selects.
func (s *Store) number(sql string) (n int64, err error) {
	stmt, err := s.db.Prepare(sql)
	if err != nil {
		return 0, err
	}
	if _, err = stmt.Step(); err == nil {
		n = stmt.ColumnInt64(0)
		err = stmt.RowError()
	}
	return n, errors.Join(err, stmt.Close())
}
