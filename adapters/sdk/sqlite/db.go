// Package sqlite is the adapter's databases: connections, statements, rows and SQLite's own errors, over the host functions of
// innkeeper:sqlite. A guest that does not import it does not ask the host for databases.
//
// It knows of package sdk only the loop that a connection belongs to, and how an error ends an instance.
package sqlite

import (
	"errors"
	"strings"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/internal/buffer"
)

// DB is one connection to one of the adapter's databases. The host closes it with the instance if the adapter does not. It
// belongs to the loop. https://www.sqlite.org/c3ref/sqlite3.html
type DB struct {
	host    abi.SQLite
	handle  uint32
	scratch buffer.Buffer // names and messages

	// Where the host writes results: in the heap already, so that a call allocates nothing.
	statement, tail uint32
	number          int64
}

// Open opens a database by its label, which the manifest names, and makes it if it is not there. The error is an [*Error],
// abi.EINVAL for a label that cannot be, or abi.EACCES for one that the manifest does not name.
// https://www.sqlite.org/c3ref/open.html
func Open(l *sdk.Loop, label string) (*DB, error) {
	db := &DB{host: l.Host().SQLite}
	var connection uint32
	if err := db.result(db.host.Open(buffer.View(label), &connection)); err != nil {
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
	return abi.FromResult(db.host.Close(handle))
}

// Exec runs SQL and drops its rows. Without arguments the text may hold several statements; with arguments it is one
// statement, and they are bound to its parameters as by [Stmt.Bind]. https://www.sqlite.org/c3ref/exec.html
func (db *DB) Exec(sql string, args ...any) error {
	if len(args) == 0 {
		return db.result(db.host.Exec(db.handle, buffer.View(sql)))
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
	err := db.result(db.host.Prepare(db.handle, buffer.View(sql), &db.statement, &db.tail))
	if err != nil {
		return nil, err
	}
	if db.statement == 0 {
		return nil, &Error{Code: MISUSE, Message: "no statement in the text"}
	}
	stmt := &Stmt{db: db, handle: db.statement}
	if rest := sql[min(int(db.tail), len(sql)):]; strings.TrimSpace(rest) != "" {
		return nil, errors.Join(&Error{Code: MISUSE, Message: "more than one statement in the text"}, stmt.Close())
	}
	return stmt, nil
}

// Changes is the number of rows that the last INSERT, UPDATE or DELETE changed. https://www.sqlite.org/c3ref/changes.html
func (db *DB) Changes() (int64, error) {
	err := abi.FromResult(db.host.Changes(db.handle, &db.number))
	return db.number, err
}

// LastInsertRowID is the rowid of the last INSERT. https://www.sqlite.org/c3ref/last_insert_rowid.html
func (db *DB) LastInsertRowID() (int64, error) {
	err := abi.FromResult(db.host.LastInsertRowid(db.handle, &db.number))
	return db.number, err
}

// InTransaction reports whether a transaction is open. https://www.sqlite.org/c3ref/get_autocommit.html
func (db *DB) InTransaction() bool { return db.host.GetAutocommit(db.handle) == 0 }

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
