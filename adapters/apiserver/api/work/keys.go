package work

import (
	"bytes"
	"errors"
	"time"

	"innkeeper/adapters/sdk/sqlite"
)

const (
	sqlKey       query = `SELECT n, request, at, state, status, stream, answer FROM keys WHERE key = ?1`
	sqlKeySet    query = `UPDATE keys SET request = ?2, at = ?3, state = ?4, status = ?5, stream = ?6, answer = ?7, bytes = ?8 WHERE key = ?1`
	sqlKeyAdd    query = `INSERT INTO keys (key, request, at, state, status, stream, answer, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`
	sqlKeyRemove query = `DELETE FROM keys WHERE key = ?1 RETURNING bytes`
	sqlKeyEvict  query = `DELETE FROM keys WHERE n IN (SELECT n FROM keys ORDER BY n LIMIT ?1) RETURNING bytes`
	sqlKeyExpire query = `DELETE FROM keys WHERE n IN (SELECT n FROM keys WHERE at < ?1 ORDER BY at LIMIT 32) RETURNING bytes`
)

// maxKeyBytes is how much room all answers under a key may take together, in bytes. An answer has a few kilobytes, a
// stream a few hundred: the default number of keys fits, unless most of them are streams of the longest kind.
const maxKeyBytes = 256 << 20

// KeyState is how far the work under a key has come.
type KeyState int

// The states of a key.
const (
	KeyOpen     KeyState = iota // the work was begun; its answer is not there
	KeyAnswered                 // the answer is kept
	KeyTooLarge                 // it was answered, but the answer was too large to be kept
)

// Key is what is known of an Idempotency-Key.
type Key struct {
	Request []byte // what identifies the request that used the key first
	At      int64  // when that was, Unix seconds
	State   KeyState
	Status  int  // of the answer, in HTTP's numbers
	Stream  bool // the answer was an event stream

	answer int64
}

// Same reports whether a request is the one that used the key first.
func (k *Key) Same(request []byte) bool { return bytes.Equal(k.Request, request) }

// Key finds a key; false if it is unknown or its time is over.
func (s *Store) Key(key string, now int64) (k Key, ok bool, err error) {
	ok, err = s.row(sqlKey, func(stmt *sqlite.Stmt) {
		k = Key{
			Request: bytes.Clone(stmt.ColumnBytes(1)), At: stmt.ColumnInt64(2), State: KeyState(stmt.ColumnInt(3)),
			Status: stmt.ColumnInt(4), Stream: stmt.ColumnBool(5), answer: stmt.ColumnInt64(6),
		}
	}, key)
	if !ok || err != nil {
		return Key{}, false, err
	}
	if k.At < s.oldest(now) {
		return Key{}, false, s.RemoveKey(key)
	}
	return k, true, nil
}

// oldest is the time of the oldest key that still counts.
func (s *Store) oldest(now int64) int64 { return now - int64(s.limits.KeyAge/time.Second) }

// KeyAnswer is the answer that is kept; false if it was damaged.
func (s *Store) KeyAnswer(k *Key) ([]byte, bool, error) { return s.text(k.answer) }

// PutKey adds a key or brings it up to date; a nil answer is none. Others leave, if they are too many or too old.
func (s *Store) PutKey(key string, k Key, answer []byte) error {
	added := 0
	err := s.write(func() (err error) {
		added = 0
		if answer != nil {
			if k.answer, err = s.putText(answer); err != nil {
				return err
			}
		}
		args := []any{key, k.Request, k.At, int(k.State), k.Status, k.Stream, k.answer, len(answer)}
		changed, err := s.exec(sqlKeySet, args...)
		if err == nil && changed == 0 {
			added = 1
			_, err = s.exec(sqlKeyAdd, args...)
		}
		return err
	})
	if err != nil {
		return err
	}
	s.keys, s.keyBytes = s.keys+added, s.keyBytes+int64(len(answer))
	if added > 0 {
		err = s.dropKeys(sqlKeyExpire, s.oldest(k.At))
	}
	return errors.Join(err, s.shrinkKeys(s.limits.Keys))
}

// RemoveKey forgets a key.
func (s *Store) RemoveKey(key string) error { return s.dropKeys(sqlKeyRemove, key) }

// dropKeys deletes keys and takes them off the books.
func (s *Store) dropKeys(q query, args ...any) error {
	stmt, err := s.stmt(q)
	if err != nil {
		return err
	}
	if err := stmt.Bind(args...); err != nil {
		return err
	}
	defer stmt.Reset()
	for {
		ok, err := stmt.Step()
		if !ok {
			return err
		}
		s.keys, s.keyBytes = s.keys-1, s.keyBytes-stmt.ColumnInt64(0)
	}
}

// shrinkKeys takes out the oldest keys, down to the limit and to the room that they may take.
func (s *Store) shrinkKeys(limit int) error {
	if s.keys > limit {
		if err := s.dropKeys(sqlKeyEvict, s.keys-limit); err != nil {
			return err
		}
	}
	for s.keyBytes > maxKeyBytes && s.keys > 0 {
		if err := s.dropKeys(sqlKeyEvict, 1+s.keys/16); err != nil {
			return err
		}
	}
	return nil
}
