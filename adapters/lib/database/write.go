package database

import (
	"errors"

	"innkeeper/adapters/sdk/sqlite"
)

// busyTries is how often a write is tried that finds another instance writing. The host waits for about a second each time,
// so all tries together stay within what it lets a guest be away from its events.
const busyTries = 3

// Write runs f inside of BEGIN IMMEDIATE and COMMIT, and rolls back if f returns an error or panics. While another instance
// writes it waits and tries again, so f may run more than once and must not count on what it did before. It cannot be nested.
// https://www.sqlite.org/lang_transaction.html
func (db *DB) Write(f func() error) error {
	for tries := 1; ; tries++ {
		err := db.transaction(f)
		if !errors.Is(err, sqlite.BUSY) || tries == busyTries {
			return err
		}
	}
}

func (db *DB) transaction(f func() error) (err error) {
	if err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	committed := false
	defer func() {
		// Some errors have rolled back already; a second ROLLBACK would hide them.
		if !committed && db.conn.InTransaction() {
			err = errors.Join(err, db.Exec("ROLLBACK"))
		}
	}()
	if err := f(); err != nil {
		return err
	}
	err = db.Exec("COMMIT")
	committed = err == nil
	return err
}
