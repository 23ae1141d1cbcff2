// Package work keeps, in tables of the adapter's SQLite database, what clients start and may come back for: the answers that
// were given under an Idempotency-Key, runs with their events, and stored chat completions.
//
// It owns the schema and every statement of these tables, and how much is kept: of each kind so many, the oldest leaving
// first, and keys for so long. It must not know what the texts mean that it keeps: it gets bytes and gives bytes, and tells
// when they are not the ones that it was given; nor what else is in the database.
package work

import (
	"errors"
	"time"

	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sqlite"
)

// Limits says how much is kept. Zero keeps nothing of that kind.
type Limits struct {
	Keys        int           // answers under a key
	KeyAge      time.Duration // and for how long
	Runs        int           // runs that have ended; those in progress are kept in any case
	Completions int
}

// Store is the open tables. It belongs to the loop. Bytes that it gives are views, valid until its next call.
type Store struct {
	db     *sqlite.DB
	log    sdk.Logger
	limits Limits
	buffer []byte // the text that was read last

	keys, runs, ended, completions int   // rows; ended is a part of runs
	keyBytes                       int64 // of the answers under a key

	stmts map[query]*sqlite.Stmt
}

// Counts is how much is kept now.
type Counts struct {
	Keys, Runs, Completions int
}

// Open makes the tables if they are not there. What is beyond the limits leaves at once. The connection stays its owner's.
func Open(db *sqlite.DB, log sdk.Logger, limits Limits) (*Store, error) {
	s := &Store{db: db, log: log, limits: limits, stmts: map[query]*sqlite.Stmt{}}
	if err := s.migrate(); err != nil {
		return nil, err
	}
	if err := s.measure(); err != nil {
		return nil, err
	}
	return s, errors.Join(s.shrinkKeys(limits.Keys), s.shrinkRuns(limits.Runs), s.shrinkCompletions(limits.Completions))
}

// Counts is how much is kept now.
func (s *Store) Counts() Counts {
	return Counts{Keys: s.keys, Runs: s.runs, Completions: s.completions}
}

// measure counts the rows, once: the store is the only writer of its database.
func (s *Store) measure() error {
	stmt, err := s.db.Prepare(string(sqlMeasure))
	if err != nil {
		return err
	}
	if _, err = stmt.Step(); err == nil {
		s.keys, s.runs, s.ended, s.completions = stmt.ColumnInt(0), stmt.ColumnInt(1), stmt.ColumnInt(2), stmt.ColumnInt(3)
		s.keyBytes = stmt.ColumnInt64(4)
		err = stmt.RowError()
	}
	return errors.Join(err, stmt.Close())
}

// stmt gives a statement, prepared at its first use: most instances need few of them, and their start should not wait.
func (s *Store) stmt(q query) (*sqlite.Stmt, error) {
	if stmt := s.stmts[q]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.db.Prepare(string(q))
	if err == nil {
		s.stmts[q] = stmt
	}
	return stmt, err
}

// exec runs a statement and tells how many rows it changed.
func (s *Store) exec(q query, args ...any) (changed int, err error) {
	stmt, err := s.stmt(q)
	if err != nil {
		return 0, err
	}
	if err := stmt.Exec(args...); err != nil {
		return 0, err
	}
	n, err := s.db.Changes()
	return int(n), err
}

// insert runs an INSERT and gives the new row's number.
func (s *Store) insert(q query, args ...any) (n int64, err error) {
	stmt, err := s.stmt(q)
	if err != nil {
		return 0, err
	}
	if err := stmt.Exec(args...); err != nil {
		return 0, err
	}
	return s.db.LastInsertRowID()
}

// row reads the first row of a query, if there is one. The statement is reset afterwards: one that is left on its row holds
// a snapshot, which keeps the write-ahead log from being emptied.
func (s *Store) row(q query, read func(*sqlite.Stmt), args ...any) (ok bool, err error) {
	stmt, err := s.stmt(q)
	if err != nil {
		return false, err
	}
	if err := stmt.Bind(args...); err != nil {
		return false, err
	}
	defer stmt.Reset()
	if ok, err = stmt.Step(); !ok {
		return false, err
	}
	read(stmt)
	return true, stmt.RowError()
}

// write runs a transaction. If the database is full, more and more of everything leaves, but only together with what is
// written: SQLite says "full" as well when the disk is, and then nothing may be lost for nothing.
func (s *Store) write(f func() error) error {
	err := s.db.Transaction(f)
	for quarters := 1; quarters <= 4 && s.keys+s.ended+s.completions > 0 && errors.Is(err, sqlite.FULL); quarters++ {
		keys, runs, ended, completions, keyBytes := s.keys, s.runs, s.ended, s.completions, s.keyBytes
		err = s.db.Transaction(func() error {
			if err := s.makeRoom(quarters); err != nil {
				return err
			}
			return f()
		})
		if err != nil { // nothing left
			s.keys, s.runs, s.ended, s.completions, s.keyBytes = keys, runs, ended, completions, keyBytes
		}
	}
	return err
}

func (s *Store) makeRoom(quarters int) error {
	keep := func(rows int) int { return rows * (4 - quarters) / 4 }
	return errors.Join(s.shrinkKeys(keep(s.keys)), s.shrinkRuns(keep(s.ended)), s.shrinkCompletions(keep(s.completions)))
}

// shrink takes out the oldest of so many rows, down to the limit, and tells how many left.
func (s *Store) shrink(q query, rows, limit int) (gone int, err error) {
	if rows <= limit {
		return 0, nil
	}
	return s.exec(q, rows-limit)
}

// Damaged reports whether an error says that the database itself is broken, which only a person can mend.
func Damaged(err error) bool {
	return errors.Is(err, sqlite.CORRUPT) || errors.Is(err, sqlite.NOTADB)
}
