package store

// sqlNext is the next use of the kind ?1, at the time ?2: a use is later than all before, whatever the clock does.
const sqlNext = `max(?2, (SELECT coalesce(max(used), 0) + 1 FROM records WHERE kind = ?1 AND generation = 0))`

const (
	sqlAdd = `INSERT INTO records (kind, used, id, generation, bytes) VALUES (?1, ` + sqlNext + `, ?3, ?4, ?5)`

	sqlFind   = `SELECT n, generation, used FROM records WHERE kind = ?1 AND id = ?2`
	sqlRemove = `DELETE FROM records WHERE kind = ?1 AND id = ?2 RETURNING generation = 0`

	sqlFinish  = `UPDATE records SET generation = 0, bytes = ?3 WHERE n = ?1 AND generation = ?2`
	sqlAbandon = `DELETE FROM records WHERE n = ?1 AND generation = ?2`
)

// Record is what all kinds of records have in common.
type Record struct {
	// ID is the id under which it was found.
	ID string
	// Generation is the generation of the adapter that works at it; 0 if it is finished.
	Generation uint64

	n    int64
	used int64 // when it was found
}

// micros is the time that stands for a use now.
func (s *Store) micros() int64 { return s.now().UnixMicro() }

// add makes a record, whose id must be new.
func (s *Store) add(k kind, id string, generation uint64, bytes int) (Record, error) {
	n, err := s.db.Insert(sqlAdd, int(k), s.micros(), id, int64(generation), bytes)
	return Record{ID: id, Generation: generation, n: n}, err
}

// find finds a record.
func (s *Store) find(k kind, id string) (r Record, found bool, err error) {
	r.ID = id
	found, err = s.db.Get(sqlFind, []any{int(k), id}, &r.n, &r.Generation, &r.used)
	return r, found, err
}

// finish ends the work of the record's generation at it. It reports whether that was still to be ended; arrived has to follow then.
func (s *Store) finish(r *Record, bytes int) (bool, error) {
	changed, err := s.db.Change(sqlFinish, r.n, int64(r.Generation), bytes)
	return changed > 0, err
}

// remove takes out a record by its id. It reports whether it was there.
func (s *Store) remove(k kind, id string) (bool, error) {
	found, finished := false, int64(0)
	err := s.transaction(func() (err error) {
		if found, err = s.db.Get(sqlRemove, []any{int(k), id}, &finished); err != nil || !found {
			return err
		}
		return s.count(k, -finished, 0)
	})
	return found && err == nil, err
}

// Leftovers is the work that generations have left without ending it.
type Leftovers struct{ Responses, Keys, Runs []Record }

const sqlLeftovers = `SELECT kind, n, id, generation FROM records WHERE generation > 0 ORDER BY n`

// Leftovers is the work of the generations that are over.
func (s *Store) Leftovers(over func(generation uint64) bool) (left Leftovers, err error) {
	for row, err := range s.db.Query(sqlLeftovers) {
		if err != nil {
			return Leftovers{}, err
		}
		var k int
		var r Record
		row.Scan(&k, &r.n, &r.ID, &r.Generation)
		if !over(r.Generation) {
			continue
		}
		switch kind(k) {
		case responses:
			left.Responses = append(left.Responses, r)
		case keys:
			left.Keys = append(left.Keys, r)
		case runs:
			left.Runs = append(left.Runs, r)
		}
	}
	return left, nil
}
