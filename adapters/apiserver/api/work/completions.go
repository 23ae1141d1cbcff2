package work

import (
	"math"

	"innkeeper/adapters/sdk/sqlite"
)

const (
	sqlCompletionAdd    query = `INSERT INTO completions (id, model, metadata, object, messages) VALUES (?1, ?2, ?3, ?4, ?5)`
	sqlCompletion       query = `SELECT n, metadata, object, messages FROM completions WHERE id = ?1`
	sqlCompletionSet    query = `UPDATE completions SET metadata = ?2 WHERE n = ?1`
	sqlCompletionRemove query = `DELETE FROM completions WHERE id = ?1`
	sqlCompletionEvict  query = `DELETE FROM completions WHERE n IN (SELECT n FROM completions ORDER BY n LIMIT ?1)`
	sqlLabelAdd         query = `INSERT OR IGNORE INTO labels (key, value, n) VALUES (?1, ?2, ?3)`
	sqlLabelsRemove     query = `DELETE FROM labels WHERE n = ?1`

	sqlListUp        query = `SELECT n, metadata, object, model, id FROM completions WHERE n > ?1 ORDER BY n`
	sqlListDown      query = `SELECT n, metadata, object, model, id FROM completions WHERE n < ?1 ORDER BY n DESC`
	sqlListModelUp   query = `SELECT n, metadata, object, model, id FROM completions WHERE model = ?2 AND n > ?1 ORDER BY n`
	sqlListModelDown query = `SELECT n, metadata, object, model, id FROM completions WHERE model = ?2 AND n < ?1 ORDER BY n DESC`
	sqlListLabelUp   query = `SELECT c.n, c.metadata, c.object, c.model, c.id FROM labels AS l CROSS JOIN completions AS c ON c.n = l.n
		WHERE l.key = ?2 AND l.value = ?3 AND l.n > ?1 ORDER BY l.n`
	sqlListLabelDown query = `SELECT c.n, c.metadata, c.object, c.model, c.id FROM labels AS l CROSS JOIN completions AS c ON c.n = l.n
		WHERE l.key = ?2 AND l.value = ?3 AND l.n < ?1 ORDER BY l.n DESC`
	sqlLabel query = `SELECT 1 FROM labels WHERE key = ?1 AND value = ?2 AND n = ?3`
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
	err := s.write(func() error {
		object, err := s.putText(c.Object)
		if err != nil {
			return err
		}
		messages, err := s.putText(c.Messages)
		if err != nil {
			return err
		}
		n, err := s.insert(sqlCompletionAdd, c.ID, c.Model, string(c.Metadata), object, messages)
		if err != nil {
			return err
		}
		return s.putLabels(n, c.Labels)
	})
	if err != nil {
		return err
	}
	s.completions++
	return s.shrinkCompletions(s.limits.Completions)
}

func (s *Store) putLabels(n int64, labels []Pair) error {
	for _, label := range labels {
		if _, err := s.exec(sqlLabelAdd, label.Key, label.Value, n); err != nil {
			return err
		}
	}
	return nil
}

// Kept is a completion that was found.
type Kept struct {
	N        int64
	ID       string
	Metadata []byte

	object, messages int64
}

// Completion finds a completion.
func (s *Store) Completion(id string) (k Kept, ok bool, err error) {
	ok, err = s.row(sqlCompletion, func(stmt *sqlite.Stmt) {
		k = Kept{
			N: stmt.ColumnInt64(0), ID: id, Metadata: []byte(stmt.ColumnText(1)), object: stmt.ColumnInt64(2), messages: stmt.ColumnInt64(3),
		}
	}, id)
	return k, ok, err
}

// CompletionObject is a completion without its metadata; false if it was damaged.
func (s *Store) CompletionObject(k *Kept) ([]byte, bool, error) { return s.text(k.object) }

// CompletionMessages are the messages of its request; otherwise as CompletionObject.
func (s *Store) CompletionMessages(k *Kept) ([]byte, bool, error) { return s.text(k.messages) }

// SetMetadata replaces a completion's metadata.
func (s *Store) SetMetadata(k *Kept, metadata []byte, labels []Pair) error {
	err := s.write(func() error {
		if _, err := s.exec(sqlCompletionSet, k.N, string(metadata)); err != nil {
			return err
		}
		if _, err := s.exec(sqlLabelsRemove, k.N); err != nil {
			return err
		}
		return s.putLabels(k.N, labels)
	})
	if err == nil {
		k.Metadata = metadata
	}
	return err
}

// RemoveCompletion takes out a completion. It reports whether it was there.
func (s *Store) RemoveCompletion(id string) (bool, error) {
	gone, err := s.exec(sqlCompletionRemove, id)
	s.completions -= gone
	return gone > 0, err
}

func (s *Store) shrinkCompletions(limit int) error {
	gone, err := s.shrink(sqlCompletionEvict, s.completions, limit)
	s.completions -= gone
	return err
}

// Filter says which completions to list.
type Filter struct {
	After      int64 // the number of the one before the first; 0 for the start
	Descending bool  // newest first
	Model      string
	Labels     []Pair // all of them
}

// query is the statement that comes closest to the filter, with its arguments; matches looks at the rest.
func (f *Filter) query() (query, []any) {
	after := f.After
	if f.Descending && after == 0 {
		after = math.MaxInt64
	}
	switch {
	case len(f.Labels) > 0 && f.Descending:
		return sqlListLabelDown, []any{after, f.Labels[0].Key, f.Labels[0].Value}
	case len(f.Labels) > 0:
		return sqlListLabelUp, []any{after, f.Labels[0].Key, f.Labels[0].Value}
	case f.Model != "" && f.Descending:
		return sqlListModelDown, []any{after, f.Model}
	case f.Model != "":
		return sqlListModelUp, []any{after, f.Model}
	case f.Descending:
		return sqlListDown, []any{after}
	}
	return sqlListUp, []any{after}
}

func (s *Store) matches(f *Filter, n int64, model string) (bool, error) {
	if f.Model != "" && f.Model != model {
		return false, nil
	}
	for i := 1; i < len(f.Labels); i++ {
		ok, err := s.row(sqlLabel, func(*sqlite.Stmt) {}, f.Labels[i].Key, f.Labels[i].Value, n)
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// Completions walks over the completions of the filter until the function wants no more. A damaged one is left out.
func (s *Store) Completions(f Filter, each func(k *Kept, object []byte) (more bool)) error {
	q, args := f.query()
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
		k := Kept{N: stmt.ColumnInt64(0), ID: stmt.ColumnText(4), Metadata: []byte(stmt.ColumnText(1)), object: stmt.ColumnInt64(2)}
		model := stmt.ColumnText(3)
		if err := stmt.RowError(); err != nil {
			return err
		}
		ok, err = s.matches(&f, k.N, model)
		if err == nil && ok {
			var object []byte
			if object, ok, err = s.text(k.object); err == nil && ok && !each(&k, object) {
				return nil
			}
		}
		if err != nil {
			return err
		}
	}
}
