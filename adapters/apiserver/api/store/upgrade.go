package store

import "innkeeper/adapters/lib/database"

// The first release kept each kind of record in tables of its own, with the texts of responses in another way than all others.
// Its tables are set aside, emptied record by record, so that a large database stays within the host's time for one call and a full
// one need not grow, and dropped.

// oldTables are the tables of the first release.
var oldTables = [...]string{
	"meta", "responses", "bodies", "overflow", "conversations", "logs", "texts", "pieces", "keys", "runs", "pages", "completions", "labels",
}

// setAside renames the old tables and makes the new ones. The old triggers go along, and still take with a row what belongs to it.
func (s *Store) setAside(db *database.DB) (done bool, err error) {
	for _, table := range oldTables {
		found, err := s.exists(table)
		if err == nil && found { // a first start that died has not made all of them
			err = db.Script("ALTER TABLE " + table + " RENAME TO old_" + table)
		}
		if err != nil {
			return false, err
		}
	}
	return true, db.Script(sqlCreate())
}

func (s *Store) exists(table string) (bool, error) {
	return s.db.Get(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1`, []any{table})
}

// moveBatch is how many records are moved in one transaction.
const moveBatch = 32

// moveSome moves records into the new tables.
func (s *Store) moveSome(*database.DB) (done bool, err error) {
	moved := 0
	for _, old := range []struct {
		lastTable string // that was made; without it the kind has nothing
		move      func() (bool, error)
	}{{"old_logs", s.moveResponse}, {"old_keys", s.moveKey}, {"old_runs", s.moveRun}, {"old_completions", s.moveCompletion}} {
		more, err := s.exists(old.lastTable)
		for more && err == nil {
			if more, err = old.move(); more {
				moved++
			}
			if moved == moveBatch {
				return false, err
			}
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// dropOld drops the old tables, which are empty.
func (s *Store) dropOld(db *database.DB) (done bool, err error) {
	for _, table := range oldTables {
		if err := db.Script("DROP TABLE IF EXISTS old_" + table); err != nil {
			return false, err
		}
	}
	return true, nil
}

// thinOut lets old responses leave from a database that is too full to be brought up to date, an eighth of them, the least recently used ones.
func (s *Store) thinOut() error {
	table := "old_responses"
	found, err := s.exists(table)
	if err != nil {
		return err
	}
	if !found {
		table = "responses"
	}
	s.log.Warn("the database is full: responses leave so that it can be brought up to date")
	return s.db.Script("DELETE FROM " + table + " WHERE n IN (SELECT n FROM " + table + " ORDER BY used LIMIT (SELECT 1 + count(*) / 8 FROM " + table + "))")
}
