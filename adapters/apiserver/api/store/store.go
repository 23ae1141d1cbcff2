// Package store keeps responses in the adapter's SQLite database, as many as its capacity, the least recently used leaving
// first.
//
// It owns the schema and every statement. It must not know what the texts mean that it keeps: it gets bytes and gives
// bytes, and tells when they are not the ones that it was given.
//
// # What a row holds
//
// The Response object as it is served, the input items as they are listed, and the whole conversation up to and with the
// answer, as chat messages. So a chain of responses is continued with one read of one row, whatever its length, without
// parsing, and neither the eviction nor the deletion of an earlier response can tear it. The price is that a chain of
// n responses of one size takes n²/2 of that size; the capacity bounds it.
//
// A text beyond what fits one row goes on in a table of its own, so that no answer is too long to be kept.
//
// Ids and use are in one table, the texts in another: marking a row as used rewrites a few bytes, not its texts.
package store

import (
	"errors"

	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sqlite"
)

// Label is the database's name in the manifest.
const Label = "responses"

// Store is the open database. It belongs to the loop.
type Store struct {
	db       *sqlite.DB
	log      sdk.Logger
	capacity int
	rows     int    // how many there are
	clock    int64  // the use of the row that was used last
	buffer   []byte // the text that was read last

	insert, insertBody, insertMore *sqlite.Stmt
	insertLog                      *sqlite.Stmt
	name, evict, remove            *sqlite.Stmt
	find, touch, more, named       *sqlite.Stmt
	read                           [parts]*sqlite.Stmt
}

// Open opens the database and makes its tables if they are not there. Rows beyond the capacity leave at once; a
// capacity of 0 keeps nothing.
func Open(l *sdk.Loop, capacity int) (*Store, error) {
	db, err := sqlite.Open(l, Label)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, log: l.Log(), capacity: capacity}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// DB is the connection, for the tables that others keep beside these: a second file would cost each start of an instance
// another opening, and three descriptors.
func (s *Store) DB() *sqlite.DB { return s.db }

// Len is the number of rows.
func (s *Store) Len() int { return s.rows }

func (s *Store) prepare() error {
	if err := s.migrate(); err != nil {
		return err
	}
	for _, p := range []struct {
		stmt **sqlite.Stmt
		sql  string
	}{
		{&s.insert, sqlInsert}, {&s.insertBody, sqlInsertBody}, {&s.insertMore, sqlInsertMore},
		{&s.insertLog, sqlInsertLog}, {&s.read[partLog], sqlLog},
		{&s.name, sqlName}, {&s.evict, sqlEvict}, {&s.remove, sqlRemove},
		{&s.find, sqlFind}, {&s.touch, sqlTouch}, {&s.more, sqlMore}, {&s.named, sqlNamed},
		{&s.read[partResponse], sqlResponse}, {&s.read[partInput], sqlInput}, {&s.read[partContext], sqlContext},
	} {
		stmt, err := s.db.Prepare(p.sql)
		if err != nil {
			return err
		}
		*p.stmt = stmt
	}
	if err := s.measure(); err != nil {
		return err
	}
	gone, err := s.shrink(s.rows)
	s.rows -= int(gone)
	return err
}

// measure counts the rows, once: the store is the only writer of its database.
func (s *Store) measure() error {
	stmt, err := s.db.Prepare(sqlMeasure)
	if err != nil {
		return err
	}
	if err = stmt.Bind(pinned); err == nil {
		_, err = stmt.Step()
	}
	if err == nil {
		s.rows, s.clock = stmt.ColumnInt(0), stmt.ColumnInt64(1)
		err = stmt.RowError()
	}
	return errors.Join(err, stmt.Close())
}

// shrink takes out the least recently used ones of so many rows, down to the capacity, and tells how many left.
func (s *Store) shrink(rows int) (gone int64, err error) {
	if rows <= s.capacity {
		return 0, nil
	}
	return s.evictOldest(rows - s.capacity)
}

// tick is the next use.
func (s *Store) tick() int64 {
	s.clock++
	return s.clock
}
