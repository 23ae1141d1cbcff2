package store

import "math"

// Filter says which completions to list.
type Filter struct {
	After      int64 // the place of the one before the first; 0 for the start
	Descending bool  // newest first
	Model      string
	Labels     []Pair // all of them
}

// query is the statement that comes closest to the filter, with its arguments; matches looks at the rest.
func (f *Filter) query() (string, []any) {
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
		if found, err := s.db.Get(sqlLabel, []any{f.Labels[i].Key, f.Labels[i].Value, n}); !found || err != nil {
			return false, err
		}
	}
	return true, nil
}

// Completions walks over the completions of the filter until the function wants no more. A damaged one is left out.
func (s *Store) Completions(f Filter, each func(c *FoundCompletion, object []byte) (more bool)) error {
	sql, args := f.query()
	for row, err := range s.db.Query(sql, args...) {
		if err != nil {
			return err
		}
		var c FoundCompletion
		model := ""
		row.Scan(&c.n, &c.Metadata, &model, &c.ID)
		if ok, err := s.matches(&f, c.n, model); err != nil || !ok {
			if err != nil {
				return err
			}
			continue
		}
		object, found, err := s.CompletionObject(&c)
		if err != nil {
			return err
		}
		if found && !each(&c, object) {
			return nil
		}
	}
	return nil
}
