package sdk

import (
	"errors"
	"strings"

	"innkeeper/adapters/abi"
)

// DB is one connection to one of the adapter's databases. The host closes it with the instance if the adapter does not. It
// belongs to the loop. https://www.sqlite.org/c3ref/sqlite3.html
type DB struct {
	loop   *Loop
	handle uint32

	// Where the host writes results: in the heap already, so that a call allocates nothing.
	statement, tail uint32
	number          int64
}

// OpenDatabase opens a database by its label, which the manifest names, and makes it if it is not there. The error is a [*SQLiteError],
// abi.EINVAL for a label that cannot be, or abi.EACCES for one that the manifest does not name.
// https://www.sqlite.org/c3ref/open.html
func (l *Loop) OpenDatabase(label string) (*DB, error) {
	db := &DB{loop: l}
	var connection uint32
	if err := db.result(l.host.SQLite.Open(view(label), &connection)); err != nil {
		return nil, err
	}
	db.handle = connection
	return db, nil
}

// Close closes the connection and its statements; an open transaction is rolled back. It does nothing to a nil or closed DB.
func (db *DB) Close() error {
	if db == nil || db.handle == 0 {
		return nil
	}
	handle := db.handle
	db.handle = 0
	return abi.FromResult(db.loop.host.SQLite.Close(handle))
}

// Exec runs SQL and drops its rows. Without arguments the text may hold several statements; with arguments it is one
// statement, and they are bound to its parameters as by [Stmt.Bind]. https://www.sqlite.org/c3ref/exec.html
func (db *DB) Exec(sql string, args ...any) error {
	if len(args) == 0 {
		return db.result(db.loop.host.SQLite.Exec(db.handle, view(sql)))
	}
	stmt, err := db.Prepare(sql)
	if err != nil {
		return err
	}
	err = stmt.Exec(args...)
	return errors.Join(err, stmt.Close())
}

// Prepare compiles one statement. A text with a second statement, or with none, is an error.
// https://www.sqlite.org/c3ref/prepare.html
func (db *DB) Prepare(sql string) (*Stmt, error) {
	err := db.result(db.loop.host.SQLite.Prepare(db.handle, view(sql), &db.statement, &db.tail))
	if err != nil {
		return nil, err
	}
	if db.statement == 0 {
		return nil, &SQLiteError{Code: SQLiteMisuse, Message: "no statement in the text"}
	}
	stmt := &Stmt{db: db, handle: db.statement}
	if rest := sql[min(int(db.tail), len(sql)):]; strings.TrimSpace(rest) != "" {
		return nil, errors.Join(&SQLiteError{Code: SQLiteMisuse, Message: "more than one statement in the text"}, stmt.Close())
	}
	return stmt, nil
}

// Changes is the number of rows that the last INSERT, UPDATE or DELETE changed. https://www.sqlite.org/c3ref/changes.html
func (db *DB) Changes() (int64, error) {
	err := abi.FromResult(db.loop.host.SQLite.Changes(db.handle, &db.number))
	return db.number, err
}

// LastInsertRowID is the rowid of the last INSERT. https://www.sqlite.org/c3ref/last_insert_rowid.html
func (db *DB) LastInsertRowID() (int64, error) {
	err := abi.FromResult(db.loop.host.SQLite.LastInsertRowid(db.handle, &db.number))
	return db.number, err
}

// InTransaction tells whether a transaction is open. https://www.sqlite.org/c3ref/get_autocommit.html
func (db *DB) InTransaction() bool { return db.loop.host.SQLite.GetAutocommit(db.handle) == 0 }

// Transaction runs f inside of BEGIN IMMEDIATE and COMMIT, and rolls back if f returns an error or panics. It cannot be
// nested. https://www.sqlite.org/lang_transaction.html
func (db *DB) Transaction(f func() error) (err error) {
	if err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	committed := false
	defer func() {
		// Some errors have rolled back already; a second ROLLBACK would hide them.
		if !committed && db.InTransaction() {
			err = errors.Join(err, db.Exec("ROLLBACK"))
		}
	}()
	if err := f(); err != nil {
		return err
	}
	if err := db.Exec("COMMIT"); err != nil {
		return err
	}
	committed = true
	return nil
}
