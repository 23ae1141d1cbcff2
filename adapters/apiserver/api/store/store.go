// Package store is the adapter's database: responses and the conversations that they are part of, the answers given under an
// Idempotency-Key, runs with their events, and stored chat completions.
//
// It owns the tables, every statement, and how much is kept. It must not know what the texts mean that it keeps: it gets bytes
// and gives bytes, and tells when they are not the ones that it was given.
//
// # Records
//
// Whatever is kept is a record: a row that says of which kind it is, under which id it is found, when it was used last, and
// which generation of the adapter still works at it; 0 if none does. What else belongs to a record is in tables beside it and
// leaves with it: its texts, and the columns that only its kind has. So there is one eviction for all of them.
//
// A response is kept as the Response object as it is served, the input items as they are listed, and the whole conversation up
// to and with the answer, as chat messages. A chain of responses is continued with one read, whatever its length, without
// parsing, and neither the eviction nor the deletion of an earlier response can tear it. The price is that a chain of
// n responses of one size takes n²/2 of that size; the limits bound it.
//
// # Two generations
//
// In a hand-over another instance has the same database open, so nothing of it is remembered here from one call to the next:
// the numbers of records are in the database, too. Work that is not finished names its generation, and only that generation
// ends it; what a generation that is over has left is found with [Store.Leftovers].
package store

import (
	"errors"
	"time"

	"innkeeper/adapters/lib/database"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sqlite"
)

// Label is the database's name in the manifest.
const Label = "responses"

// Store is the open database. It belongs to the loop. Bytes that it gives are views, valid until its next call.
type Store struct {
	db         *database.DB
	log        sdk.Logger
	generation uint64
	limits     Limits
	texts      *database.Texts
	uses       uses             // that wait for the next write
	buffer     []byte           // the text that was read last
	now        func() time.Time // the clock, a seam for tests
}

// Open opens the database for a generation of the adapter, and makes its tables or brings them up to date. What is beyond
// the limits leaves at once.
func Open(l *sdk.Loop, generation uint64, limits Limits) (*Store, error) {
	db, err := database.Open(l, Label)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, log: l.Log(), generation: generation, texts: newTexts(), now: time.Now}
	if err = s.migrate(); err == nil {
		err = s.SetLimits(limits)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// Close closes the database.
func (s *Store) Close() error {
	s.Flush()
	return s.db.Close()
}

// Damaged reports whether an error says that the database itself is broken, which only a person can mend.
func Damaged(err error) bool { return database.Damaged(err) }

// keepBytes is the largest buffer that is kept for the next text. A guest's memory never shrinks.
const keepBytes = 2 << 20

// text reads a text of a record. One that is not what was written counts as not there.
func (s *Store) text(n int64, part int, id string) ([]byte, bool, error) {
	if cap(s.buffer) > keepBytes {
		s.buffer = nil
	}
	text, buffer, found, err := s.texts.Get(s.db, n, part, s.buffer)
	s.buffer = buffer
	if errors.Is(err, database.ErrDamagedText) {
		s.log.Warn("a stored text is damaged and counts as missing", "id", id, "part", part)
		return nil, false, nil
	}
	return text, found, err
}

// write runs a transaction that adds about so many bytes. If the database is full, records leave before their time, but only
// together with what is written: SQLite says "full" as well when the disk is, and then nothing may be lost for nothing. The
// function may run more than once.
func (s *Store) write(bytes int, f func() error) error {
	err := s.transaction(f)
	more := true
	for room := int64(max(bytes, minRoom)); more && errors.Is(err, sqlite.FULL); room *= 4 {
		left := 0
		err = s.transaction(func() (err error) {
			if left, more, err = s.makeRoom(room); err != nil {
				return err
			}
			return f()
		})
		if err == nil {
			s.log.Warn("the database is full: records left before their time", "records", left)
		}
	}
	return err
}

// transaction runs a transaction, and takes along the uses that wait. The function may run more than once.
func (s *Store) transaction(f func() error) error {
	err := s.db.Write(func() error {
		if err := s.writeUses(); err != nil {
			return err
		}
		return f()
	})
	if err == nil {
		s.uses = s.uses[:0]
	}
	return err
}

// minRoom is the least room that is made in a full database, in bytes, so that not every write has to make some.
const minRoom = 64 << 10
