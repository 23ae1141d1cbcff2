package store

import "bytes"

const (
	sqlKey    = `SELECT request, state, status, stream FROM keys WHERE n = ?1`
	sqlKeyAdd = `INSERT INTO keys (n, request, state, status, stream) VALUES (?1, ?2, 0, 0, 0)`
	sqlKeySet = `UPDATE keys SET state = ?2, status = ?3, stream = ?4 WHERE n = ?1`
	sqlReopen = `UPDATE records SET generation = ?2 WHERE n = ?1`
)

// KeyState is how far the work under a key has come.
type KeyState int

// The states of a key. One that is unanswered and finished is that of a generation that ended before the work did.
const (
	Unanswered KeyState = iota
	Answered            // the answer is kept
	TooLarge            // it was answered, but the answer was too large to be kept
)

// Key is an Idempotency-Key.
type Key struct {
	Record
	Request []byte // what identifies the request that used the key first
	State   KeyState
	Status  int  // of the answer, in HTTP's numbers
	Stream  bool // the answer was an event stream
}

// Same reports whether a request is the one that used the key first.
func (k *Key) Same(request []byte) bool { return bytes.Equal(k.Request, request) }

// open reports whether the work under the key can be begun, anew if it was before.
func (k *Key) open() bool { return k.Generation == 0 && k.State == Unanswered }

// Key finds a key; false if it is unknown or its time is over.
func (s *Store) Key(name string) (k Key, found bool, err error) {
	k, found, err = s.key(name)
	return k, found && !s.expired(&k), err
}

func (s *Store) expired(k *Key) bool { return k.Generation == 0 && k.used < s.expiry() }

func (s *Store) key(name string) (k Key, found bool, err error) {
	if k.Record, found, err = s.find(keys, name); err != nil || !found {
		return Key{}, false, err
	}
	state := 0
	found, err = s.db.Get(sqlKey, []any{k.n}, &k.Request, &state, &k.Status, &k.Stream)
	k.State = KeyState(state)
	return k, found, err
}

// ClaimKey takes a key for the work of this generation at a request. If that cannot be, because the key stands for an answer,
// another request, or work of another generation, claimed is false and the key is as it was found.
func (s *Store) ClaimKey(name string, request []byte) (k Key, claimed bool, err error) {
	err = s.write(len(request), func() error {
		found := false
		k, found, err = s.key(name)
		switch {
		case err != nil:
			return err
		case found && s.expired(&k):
			if err := s.expel(&k); err != nil {
				return err
			}
		case found:
			claimed = k.Same(request) && (k.open() || k.Generation == s.generation)
			if !claimed || k.Generation != 0 {
				return nil
			}
			k.Generation = s.generation
			if err := s.db.Exec(sqlReopen, k.n, int64(s.generation)); err != nil {
				return err
			}
			return s.count(keys, -1, 0) // it has no answer
		}
		claimed = true
		k = Key{Request: request}
		if k.Record, err = s.add(keys, name, s.generation, 0); err != nil {
			return err
		}
		return s.db.Exec(sqlKeyAdd, k.n, request)
	})
	return k, claimed && err == nil, err
}

// expel takes out a key whose time is over.
func (s *Store) expel(k *Key) error {
	size := int64(0)
	if _, err := s.db.Get(sqlBytes, []any{k.n}, &size); err != nil {
		return err
	}
	if err := s.db.Exec(sqlLeave, k.n); err != nil {
		return err
	}
	return s.count(keys, -1, -size)
}

// AnswerKey keeps the answer that was given under a key which this generation has claimed; a nil answer is one that was too
// large. Others leave for it.
func (s *Store) AnswerKey(k Key, status int, stream bool, answer []byte) error {
	state := Answered
	if answer == nil {
		state = TooLarge
	}
	return s.write(len(answer), func() error {
		if ended, err := s.finish(&k.Record, len(answer)); err != nil || !ended {
			return err
		}
		if err := s.db.Exec(sqlKeySet, k.n, int(state), status, stream); err != nil {
			return err
		}
		if state == Answered {
			if err := s.texts.Put(s.db, k.n, answer); err != nil {
				return err
			}
		}
		return s.arrived(keys, len(answer))
	})
}

// KeyAnswer is the answer that is kept; false if it was damaged.
func (s *Store) KeyAnswer(k *Key) ([]byte, bool, error) { return s.text(k.n, 0, k.ID) }

// ForgetKey makes a key free that a generation has claimed.
func (s *Store) ForgetKey(k Key) error {
	return s.transaction(func() error { return s.db.Exec(sqlAbandon, k.n, int64(k.Generation)) })
}

// ReleaseKey ends the work of a generation that is over. The key keeps standing for its request, whose work can be begun anew.
func (s *Store) ReleaseKey(r Record) error {
	return s.transaction(func() error {
		if ended, err := s.finish(&r, 0); err != nil || !ended {
			return err
		}
		return s.arrived(keys, 0)
	})
}
