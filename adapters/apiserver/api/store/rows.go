package store

import (
	"errors"

	"innkeeper/adapters/sdk/sqlite"
)

// Entry is one response to keep.
type Entry struct {
	ID           string
	Conversation string // its name, which then stands for this response; "" for none
	Response     []byte // the Response object
	Input        []byte // the input items, a JSON array
	Context      []byte // the conversation as chat messages, with commas between them

	Log     []byte // of a response that runs in the background, else nil
	Pending bool   // it has a log, and is not at its end
}

// Put adds a response. Its id must be new. If the database is full, more rows leave than the capacity asks for, but only
// together with the new one's arrival: SQLite says "full" as well when the disk is, and then nothing may be lost for nothing.
func (s *Store) Put(e Entry) error { return s.putOrReplace(e, false) }

// Replace puts a response in the place of the one of that id, which may have left.
func (s *Store) Replace(e Entry) error { return s.putOrReplace(e, true) }

func (s *Store) putOrReplace(e Entry, replace bool) error {
	if s.capacity <= 0 {
		return nil
	}
	err := s.put(e, replace, 0)
	for quarters := 1; quarters <= 4 && s.rows > 0 && errors.Is(err, sqlite.FULL); quarters++ {
		early := (s.rows*quarters + 3) / 4
		if err = s.put(e, replace, early); err == nil {
			s.log.Warn("the database is full: responses left before their time", "rows", early)
		}
	}
	return err
}

// put is the one transaction of Put and Replace. So many of the least recently used rows leave before their time.
func (s *Store) put(e Entry, replace bool, early int) error {
	gone := int64(0)
	err := s.db.Transaction(func() (err error) {
		replaced := int64(0)
		if replace {
			if err = s.remove.Exec(e.ID); err != nil {
				return err
			}
			if replaced, err = s.db.Changes(); err != nil {
				return err
			}
		}
		gone = replaced
		if early > 0 {
			left, err := s.evictOldest(early)
			if err != nil {
				return err
			}
			gone += left
		}
		used := s.tick()
		if e.Pending {
			used += pinned
		}
		if err = s.insert.Exec(e.ID, used); err != nil {
			return err
		}
		n, err := s.db.LastInsertRowID()
		if err != nil {
			return err
		}
		if err = s.putBody(n, &e); err != nil {
			return err
		}
		if e.Conversation != "" {
			if err = s.name.Exec(e.Conversation, n); err != nil {
				return err
			}
		}
		if e.Log != nil {
			if err = s.putLog(n, &e); err != nil {
				return err
			}
		}
		left, err := s.shrink(s.rows + 1 - int(gone))
		gone += left
		return err
	})
	if err != nil {
		return err
	}
	s.rows += 1 - int(gone)
	return nil
}

// evictOldest takes out the least recently used rows, and tells how many there were.
func (s *Store) evictOldest(rows int) (gone int64, err error) {
	if err := s.evict.Exec(rows); err != nil {
		return 0, err
	}
	return s.db.Changes()
}

// Response is the Response object of that id; false if it is not kept. It counts as a use. The bytes are a view, valid until
// the store is read again.
func (s *Store) Response(id string) ([]byte, bool, error) { return s.text(partResponse, id) }

// Input is the list of input items of that response; otherwise as Response.
func (s *Store) Input(id string) ([]byte, bool, error) { return s.text(partInput, id) }

// Context is the conversation up to and with that response; otherwise as Response.
func (s *Store) Context(id string) ([]byte, bool, error) { return s.text(partContext, id) }

// Conversation is the id of the newest response of that conversation; false if there is none.
func (s *Store) Conversation(name string) (id string, ok bool, err error) {
	if err := s.named.Bind(name); err != nil {
		return "", false, err
	}
	defer s.named.Reset()
	if ok, err = s.named.Step(); !ok {
		return "", false, err
	}
	return s.named.ColumnText(0), true, s.named.RowError()
}

// Delete takes out a response. It reports whether it was there.
func (s *Store) Delete(id string) (bool, error) {
	if err := s.remove.Exec(id); err != nil {
		return false, err
	}
	gone, err := s.db.Changes()
	s.rows -= int(gone)
	return gone > 0, err
}

// use finds a row and makes it the one used last.
func (s *Store) use(id string) (n int64, ok bool, err error) {
	if err := s.find.Bind(id); err != nil {
		return 0, false, err
	}
	ok, err = s.find.Step()
	used := int64(0)
	if ok {
		n, used = s.find.ColumnInt64(0), s.find.ColumnInt64(1)
		err = s.find.RowError()
	}
	s.find.Reset()
	if !ok || err != nil || used == s.clock { // the newest needs no touch, as in a chain that is being continued
		return n, ok && err == nil, err
	}
	if err := s.touch.Exec(n, s.tick()); Damaged(err) {
		return 0, false, err
	} else if err != nil { // what is kept can be read though the disk is full
		s.log.Warn("the use of a response was not noted", "error", err)
	}
	return n, true, nil
}

// Damaged reports whether an error says that the database itself is broken, which only a person can mend.
func Damaged(err error) bool {
	return errors.Is(err, sqlite.CORRUPT) || errors.Is(err, sqlite.NOTADB)
}
