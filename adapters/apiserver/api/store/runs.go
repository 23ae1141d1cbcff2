package store

const (
	sqlRun     = `SELECT ended, reserved FROM runs WHERE n = ?1`
	sqlRunAdd  = `INSERT INTO runs (n, ended, reserved) VALUES (?1, 0, ?2)`
	sqlRunEnd  = `UPDATE runs SET ended = ?2 WHERE n = ?1`
	sqlReserve = `UPDATE runs SET reserved = ?2 WHERE n = ?1`
	sqlGrow    = `UPDATE records SET bytes = bytes + ?2 WHERE n = ?1`
	sqlBytes   = `SELECT bytes FROM records WHERE n = ?1`
	sqlPageAdd = `INSERT INTO pages (run, last, data) VALUES (?1, ?2, ?3)`
	// Numbers of records may be used again, so the id is compared as well.
	sqlPage = `SELECT last, data FROM pages WHERE run = ?1 AND last >= ?2
		AND EXISTS (SELECT 1 FROM records WHERE n = ?1 AND kind = 3 AND id = ?3) ORDER BY last LIMIT 1`
)

// Run is what is known of a run beside its object.
type Run struct {
	Record
	Ended int64 // the number of its last event; 0 while it is in progress
	// Reserved is the largest number that its events may have been given, also by an instance that died before it could
	// write them down.
	Reserved int64
}

// AddRun adds a run that this generation works at.
func (s *Store) AddRun(id string, object []byte, reserved int64) (r Run, err error) {
	r.Reserved = reserved
	err = s.write(len(object), func() error {
		if r.Record, err = s.add(runs, id, s.generation, len(object)); err != nil {
			return err
		}
		if err := s.db.Exec(sqlRunAdd, r.n, reserved); err != nil {
			return err
		}
		return s.texts.Put(s.db, r.n, object)
	})
	return r, err
}

// Run finds a run.
func (s *Store) Run(id string) (r Run, found bool, err error) {
	if r.Record, found, err = s.find(runs, id); err == nil && found {
		found, err = s.db.Get(sqlRun, []any{r.n}, &r.Ended, &r.Reserved)
	}
	return r, found, err
}

// RunObject is a run's object; false if it was damaged.
func (s *Store) RunObject(r *Run) ([]byte, bool, error) { return s.text(r.n, 0, r.ID) }

// AddPage keeps the frames of a run's events up to the number last, and reserves numbers for those to come.
func (s *Store) AddPage(r *Run, last, reserved int64, frames []byte) error {
	return s.write(len(frames), func() error {
		if err := s.db.Exec(sqlPageAdd, r.n, last, frames); err != nil {
			return err
		}
		if err := s.db.Exec(sqlGrow, r.n, len(frames)); err != nil {
			return err
		}
		return s.db.Exec(sqlReserve, r.n, reserved)
	})
}

// Page is the page that holds the event of that number, or the next one that is kept.
func (s *Store) Page(r *Run, event int64) (last int64, frames []byte, found bool, err error) {
	found, err = s.db.Get(sqlPage, []any{r.n, event, r.ID}, &last, &s.buffer)
	return last, s.buffer, found, err
}

// EndRun gives a run its last object and the number of its last event, if nobody has ended it before. Others that have ended leave, if
// they are too many.
func (s *Store) EndRun(r *Run, last int64, object []byte) error {
	return s.write(len(object), func() error {
		bytes := 0
		if _, err := s.db.Get(sqlBytes, []any{r.n}, &bytes); err != nil {
			return err
		}
		if ended, err := s.finish(&r.Record, bytes); err != nil || !ended {
			return err
		}
		if err := s.db.Exec(sqlRunEnd, r.n, last); err != nil {
			return err
		}
		if err := s.texts.Replace(s.db, r.n, object); err != nil {
			return err
		}
		return s.arrived(runs, bytes)
	})
}
