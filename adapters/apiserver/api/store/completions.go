package store

const (
	sqlCompletionAdd = `INSERT INTO completions (n, model, metadata) VALUES (?1, ?2, ?3)`
	sqlCompletion    = `SELECT metadata FROM completions WHERE n = ?1`
	// Numbers of records may be used again, so the id is compared as well.
	sqlCompletionSet = `UPDATE completions SET metadata = ?2 WHERE n = ?1
		AND EXISTS (SELECT 1 FROM records WHERE n = ?1 AND kind = 4 AND id = ?3)`
	sqlLabelAdd     = `INSERT OR IGNORE INTO labels (key, value, n) VALUES (?1, ?2, ?3)`
	sqlLabelsRemove = `DELETE FROM labels WHERE n = ?1`
	sqlLabel        = `SELECT 1 FROM labels WHERE key = ?1 AND value = ?2 AND n = ?3`

	sqlListed        = `SELECT c.n, c.metadata, c.model, r.id FROM `
	sqlListUp        = sqlListed + `completions AS c JOIN records AS r USING (n) WHERE c.n > ?1 ORDER BY c.n`
	sqlListDown      = sqlListed + `completions AS c JOIN records AS r USING (n) WHERE c.n < ?1 ORDER BY c.n DESC`
	sqlListModelUp   = sqlListed + `completions AS c JOIN records AS r USING (n) WHERE c.model = ?2 AND c.n > ?1 ORDER BY c.n`
	sqlListModelDown = sqlListed + `completions AS c JOIN records AS r USING (n) WHERE c.model = ?2 AND c.n < ?1 ORDER BY c.n DESC`
	sqlListLabelUp   = sqlListed + `labels AS l CROSS JOIN completions AS c USING (n) JOIN records AS r USING (n)
		WHERE l.key = ?2 AND l.value = ?3 AND l.n > ?1 ORDER BY l.n`
	sqlListLabelDown = sqlListed + `labels AS l CROSS JOIN completions AS c USING (n) JOIN records AS r USING (n)
		WHERE l.key = ?2 AND l.value = ?3 AND l.n < ?1 ORDER BY l.n DESC`
)

// Pair is one pair of a completion's metadata.
type Pair struct{ Key, Value string }

// Completion is a stored chat completion.
type Completion struct {
	ID       string
	Model    string
	Metadata []byte // the metadata object as JSON
	Labels   []Pair // the same, to find it by
	Object   []byte // the completion without its metadata
	Messages []byte // the messages of the request, as they are listed
}

// AddCompletion keeps a completion, whose id must be new. Others leave, if they are too many.
func (s *Store) AddCompletion(c Completion) error {
	if s.limits.Completions <= 0 {
		return nil
	}
	bytes := len(c.Object) + len(c.Messages)
	return s.write(bytes, func() error {
		r, err := s.add(completions, c.ID, 0, bytes)
		if err != nil {
			return err
		}
		if err := s.db.Exec(sqlCompletionAdd, r.n, c.Model, string(c.Metadata)); err != nil {
			return err
		}
		if err := s.texts.Put(s.db, r.n, c.Object, c.Messages); err != nil {
			return err
		}
		if err := s.putLabels(r.n, c.Labels); err != nil {
			return err
		}
		return s.arrived(completions, bytes)
	})
}

// The texts of a completion.
const (
	completionObject = iota
	completionMessages
)

func (s *Store) putLabels(n int64, labels []Pair) error {
	for _, label := range labels {
		if err := s.db.Exec(sqlLabelAdd, label.Key, label.Value, n); err != nil {
			return err
		}
	}
	return nil
}

// FoundCompletion is a completion that was found.
type FoundCompletion struct {
	Record
	Metadata []byte
}

// After is the place of the completion in a list, for [Filter].
func (c *FoundCompletion) After() int64 { return c.n }

// Completion finds a completion.
func (s *Store) Completion(id string) (c FoundCompletion, found bool, err error) {
	if c.Record, found, err = s.find(completions, id); err == nil && found {
		found, err = s.db.Get(sqlCompletion, []any{c.n}, &c.Metadata)
	}
	return c, found, err
}

// CompletionObject is a completion without its metadata; false if it was damaged.
func (s *Store) CompletionObject(c *FoundCompletion) ([]byte, bool, error) {
	return s.text(c.n, completionObject, c.ID)
}

// CompletionMessages are the messages of its request; otherwise as CompletionObject.
func (s *Store) CompletionMessages(c *FoundCompletion) ([]byte, bool, error) {
	return s.text(c.n, completionMessages, c.ID)
}

// SetMetadata replaces a completion's metadata. It reports false if the completion has left meanwhile.
func (s *Store) SetMetadata(c *FoundCompletion, metadata []byte, labels []Pair) (found bool, err error) {
	err = s.write(len(metadata), func() error {
		changed, err := s.db.Change(sqlCompletionSet, c.n, string(metadata), c.ID)
		if found = changed > 0; err != nil || !found {
			return err
		}
		if err := s.db.Exec(sqlLabelsRemove, c.n); err != nil {
			return err
		}
		return s.putLabels(c.n, labels)
	})
	if err != nil || !found {
		return false, err
	}
	c.Metadata = metadata
	return true, nil
}

// RemoveCompletion takes out a completion. It reports whether it was there.
func (s *Store) RemoveCompletion(id string) (bool, error) { return s.remove(completions, id) }
