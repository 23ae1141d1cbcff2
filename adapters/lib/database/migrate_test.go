package database

import (
	"errors"
	"testing"

	"innkeeper/adapters/sdk"
)

const createNames = `CREATE TABLE names (name TEXT)`

func names(t *testing.T, db *DB) (list string) {
	t.Helper()
	_, err := db.Get(`SELECT group_concat(name, ' ') FROM names`, nil, &list)
	try(t, err)
	return list
}

func TestANewDatabaseIsMadeAtOnce(t *testing.T) {
	db := open(t, t.TempDir())
	never := func(*DB) (bool, error) { return false, errors.New("an upgrade of nothing") }
	for range 2 {
		try(t, db.Migrate(Schema{Create: createNames, Upgrades: []Upgrade{never, never}}))
	}
	if v, err := db.version(); v != 3 || err != nil {
		t.Errorf("version %d, %v", v, err)
	}
	names(t, db)
}

// TestAnOldDatabaseIsMovedStepByStep starts with tables that tell no version, and dies in the middle.
func TestAnOldDatabaseIsMovedStepByStep(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	try(t, db.Script(`CREATE TABLE old (n INTEGER PRIMARY KEY, name TEXT); INSERT INTO old (name) VALUES ('a'), ('b'), ('c')`))
	died := errors.New("died")
	steps, dies := 0, 3
	move := func(db *DB) (bool, error) {
		if steps++; steps == dies {
			return false, errors.Join(db.Exec(`DELETE FROM old`), died)
		}
		moved, err := db.Change(`INSERT INTO names SELECT name FROM old ORDER BY n LIMIT 1`)
		if err != nil || moved == 0 {
			return err == nil, err
		}
		return false, db.Exec(`DELETE FROM old WHERE n = (SELECT min(n) FROM old)`)
	}
	schema := Schema{Create: createNames, Upgrades: []Upgrade{
		func(db *DB) (bool, error) { return true, db.Script(createNames) },
		move,
		func(db *DB) (bool, error) { return true, db.Script(`DROP TABLE old`) },
	}}
	if err := db.Migrate(schema); !errors.Is(err, died) {
		t.Fatal(err)
	}
	if got := names(t, db); got != "a b" {
		t.Errorf("moved before the end: %q", got)
	}
	try(t, db.Close())
	db = open(t, dir)
	try(t, db.Migrate(schema))
	if got := names(t, db); got != "a b c" {
		t.Errorf("moved: %q", got)
	}
	if v, err := db.version(); v != 4 || err != nil {
		t.Errorf("version %d, %v", v, err)
	}
}

func TestADatabaseOfALaterReleaseIsLeftAlone(t *testing.T) {
	db := open(t, t.TempDir())
	try(t, db.Script(`PRAGMA user_version = 9`))
	err := db.Migrate(Schema{Create: createNames})
	if exit, ok := errors.AsType[*sdk.ExitError](err); !ok || exit.Retryable || exit.Code != "database_newer" {
		t.Errorf("%v", err)
	}
}
