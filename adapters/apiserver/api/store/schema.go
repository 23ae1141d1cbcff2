package store

import (
	"errors"
	"strings"

	"innkeeper/adapters/lib/database"
	"innkeeper/adapters/sdk/sqlite"
)

// kind is what a record is. The numbers stand in the database.
type kind int

const (
	responses   kind = 1
	keys        kind = 2
	runs        kind = 3
	completions kind = 4
)

// newTexts is the texts of all records.
func newTexts() *database.Texts { return database.NewTexts("texts") }

// sqlCreate makes the tables. The triggers take with a record what belongs to it, with one program for each kind, as a second one
// would cost every eviction a call.
func sqlCreate() string {
	t := newTexts()
	return t.CreateSQL() + strings.ReplaceAll(sqlTables, "DELETE TEXTS;", t.DeleteSQL("OLD.n"))
}

const sqlTables = `
CREATE TABLE records (
	n          INTEGER PRIMARY KEY,
	kind       INTEGER NOT NULL, -- 1 response, 2 key, 3 run, 4 completion
	id         TEXT NOT NULL,
	generation INTEGER NOT NULL, -- of the instance that works at it; 0 for one that is finished
	used       INTEGER NOT NULL, -- microseconds since 1970; grows with every use of its kind
	bytes      INTEGER NOT NULL, -- of its texts
	UNIQUE (kind, id)
) STRICT;
CREATE INDEX records_used ON records (kind, used) WHERE generation = 0;
CREATE INDEX records_unfinished ON records (generation) WHERE generation > 0;

-- How many records are finished, of each kind; and of keys, which alone have a limit of bytes, what their texts take.
CREATE TABLE counts (kind INTEGER PRIMARY KEY, records INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
INSERT INTO counts VALUES (1, 0, 0), (2, 0, 0), (3, 0, 0), (4, 0, 0);

-- The newest response of each conversation.
CREATE TABLE conversations (name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX conversations_record ON conversations (n);
CREATE TRIGGER responses_removed AFTER DELETE ON records WHEN OLD.kind = 1 BEGIN
	DELETE TEXTS;
	DELETE FROM conversations WHERE n = OLD.n;
END;

CREATE TABLE keys (
	n       INTEGER PRIMARY KEY,
	request BLOB NOT NULL,
	state   INTEGER NOT NULL,
	status  INTEGER NOT NULL,
	stream  INTEGER NOT NULL
) STRICT;
CREATE TRIGGER keys_removed AFTER DELETE ON records WHEN OLD.kind = 2 BEGIN
	DELETE TEXTS;
	DELETE FROM keys WHERE n = OLD.n;
END;

CREATE TABLE runs (
	n        INTEGER PRIMARY KEY,
	ended    INTEGER NOT NULL,
	reserved INTEGER NOT NULL
) STRICT;
CREATE TABLE pages (
	run  INTEGER NOT NULL,
	last INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (run, last)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER runs_removed AFTER DELETE ON records WHEN OLD.kind = 3 BEGIN
	DELETE TEXTS;
	DELETE FROM runs WHERE n = OLD.n;
	DELETE FROM pages WHERE run = OLD.n;
END;

CREATE TABLE completions (
	n        INTEGER PRIMARY KEY,
	model    TEXT NOT NULL,
	metadata TEXT NOT NULL
) STRICT;
CREATE INDEX completions_by_model ON completions (model, n);
CREATE TABLE labels (
	key   TEXT NOT NULL,
	value TEXT NOT NULL,
	n     INTEGER NOT NULL,
	PRIMARY KEY (key, value, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX labels_record ON labels (n);
CREATE TRIGGER completions_removed AFTER DELETE ON records WHEN OLD.kind = 4 BEGIN
	DELETE TEXTS;
	DELETE FROM completions WHERE n = OLD.n;
	DELETE FROM labels WHERE n = OLD.n;
END;
`

// migrate makes the tables, or brings those of an earlier release up to date. A release that changes them has to say exclusive = true in
// its manifest: a predecessor beside it would go on with tables that are not there any more.
func (s *Store) migrate() error {
	schema := database.Schema{Create: sqlCreate(), Upgrades: []database.Upgrade{s.setAside, s.moveSome, s.dropOld}}
	err := s.db.Migrate(schema)
	for tries := 0; tries < 8 && errors.Is(err, sqlite.FULL); tries++ {
		if err = s.db.Write(s.thinOut); err == nil {
			err = s.db.Migrate(schema)
		}
	}
	return err
}
