package database

import (
	"errors"

	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sqlite"
)

// DB is a connection to one of the adapter's databases. It belongs to the loop.
type DB struct {
	conn       *sqlite.DB
	statements map[string]*statement
}

// Open opens a database by its label, which the manifest names, and makes it if it is not there.
func Open(l *sdk.Loop, label string) (*DB, error) {
	conn, err := sqlite.Open(l, label)
	if err != nil {
		return nil, err
	}
	return &DB{conn: conn, statements: map[string]*statement{}}, nil
}

// Close closes the database.
func (db *DB) Close() error { return db.conn.Close() }

// statement is one that was prepared. Most instances need few of an adapter's statements, so each is prepared at its first
// use and kept from then on.
type statement struct {
	*sqlite.Stmt
	kept bool
	busy bool // it stands on a row
}

// take gives a statement, which is the caller's until it is put back.
func (db *DB) take(sql string) (*statement, error) {
	s := db.statements[sql]
	if s != nil && !s.busy {
		s.busy = true
		return s, nil
	}
	stmt, err := db.conn.Prepare(sql)
	if err != nil {
		return nil, err
	}
	taken := &statement{Stmt: stmt, kept: s == nil, busy: true}
	if taken.kept {
		db.statements[sql] = taken
	}
	return taken, nil
}

// put takes back a statement that was reset.
func (s *statement) put() error {
	if s.busy = false; s.kept {
		return nil
	}
	return s.Close()
}

// reset takes back a statement that may stand on a row. Left there it would hold a snapshot, which keeps the write-ahead log
// from being emptied, and this connection from writing once another one has.
func (s *statement) reset() {
	s.Reset()
	_ = s.put()
}

// Exec runs a statement and drops its rows. The arguments are bound as by [sqlite.Stmt.Bind].
func (db *DB) Exec(sql string, args ...any) error {
	s, err := db.take(sql)
	if err != nil {
		return err
	}
	return errors.Join(s.Exec(args...), s.put())
}

// Change runs an UPDATE or DELETE and gives the number of rows that it changed.
func (db *DB) Change(sql string, args ...any) (int64, error) {
	if err := db.Exec(sql, args...); err != nil {
		return 0, err
	}
	return db.conn.Changes()
}

// Insert runs an INSERT and gives the new row's rowid.
func (db *DB) Insert(sql string, args ...any) (int64, error) {
	if err := db.Exec(sql, args...); err != nil {
		return 0, err
	}
	return db.conn.LastInsertRowID()
}

// Script runs any number of statements, which are not kept.
func (db *DB) Script(sql string) error { return db.conn.Exec(sql) }

// Damaged reports whether an error says that the database itself is broken, which only a person can mend.
func Damaged(err error) bool {
	return errors.Is(err, sqlite.CORRUPT) || errors.Is(err, sqlite.NOTADB)
}
