package store

import "slices"

// A response that is read counts as used, and those used least leave first. Writing each use down at once would make a read
// as dear as a write. So the last uses wait here for the next write, which takes them along, before anything leaves. What is
// lost with a process that dies is which of the responses were read in the end.

// maxUses is how many uses wait at most.
const maxUses = 32

// uses are the ids of the responses that were used, in order, each once.
type uses []string

func (u *uses) note(id string) {
	if i := slices.Index(*u, id); i >= 0 {
		*u = slices.Delete(*u, i, i+1)
	}
	*u = append(*u, id)
}

// The newest needs no note, as in a chain that is being continued.
const sqlUse = `UPDATE records SET used = ` + sqlNext + ` WHERE kind = ?1 AND id = ?3 AND generation = 0
	AND used < (SELECT max(used) FROM records WHERE kind = ?1 AND generation = 0)`

// use notes that a response was used.
func (s *Store) use(id string) {
	if s.uses.note(id); len(s.uses) == maxUses {
		s.Flush()
	}
}

// Flush writes down the uses that wait: an instance does so before it ends. A database that cannot be written can still be read.
func (s *Store) Flush() {
	if len(s.uses) == 0 {
		return
	}
	if err := s.transaction(func() error { return nil }); err != nil {
		s.log.Warn("the use of responses was not noted", "responses", len(s.uses), "error", err)
		s.uses = s.uses[:0]
	}
}

// writeUses writes the uses down that wait. They do so until the transaction is over, as it may run again.
func (s *Store) writeUses() error {
	for _, id := range s.uses {
		if err := s.db.Exec(sqlUse, int(responses), s.micros(), id); err != nil {
			return err
		}
	}
	return nil
}
