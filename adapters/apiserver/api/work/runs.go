package work

import (
	"bytes"

	"innkeeper/adapters/sdk/sqlite"
)

const (
	sqlRun        query = `SELECT n, ended, reserved, object FROM runs WHERE id = ?1`
	sqlRunAdd     query = `INSERT INTO runs (id, ended, reserved, object) VALUES (?1, 0, ?2, ?3)`
	sqlRunEnd     query = `UPDATE runs SET ended = ?2, object = ?3 WHERE n = ?1`
	sqlRunReserve query = `UPDATE runs SET reserved = ?2 WHERE n = ?1`
	sqlRunEvict   query = `DELETE FROM runs WHERE n IN (SELECT n FROM runs WHERE ended > 0 ORDER BY n LIMIT ?1)`
	sqlRunsLive   query = `SELECT n, id, reserved, object FROM runs WHERE ended = 0`
	sqlPagePut    query = `INSERT INTO pages (run, last, data) VALUES (?1, ?2, ?3)`
	sqlPage       query = `SELECT last, data FROM pages WHERE run = ?1 AND last >= ?2 ORDER BY last LIMIT 1`
)

// Run is what is known of a run beside its object.
type Run struct {
	N     int64 // its number in the store
	Ended int64 // the number of its last event; 0 while it is in progress
	// Reserved is the largest number that its events may have been given, also by an instance that died before it could
	// write them down.
	Reserved int64

	object int64
}

// AddRun adds a run in progress.
func (s *Store) AddRun(id string, object []byte, reserved int64) (r Run, err error) {
	r.Reserved = reserved
	err = s.write(func() (err error) {
		if r.object, err = s.putText(object); err != nil {
			return err
		}
		r.N, err = s.insert(sqlRunAdd, id, reserved, r.object)
		return err
	})
	if err == nil {
		s.runs++
	}
	return r, err
}

// Run finds a run.
func (s *Store) Run(id string) (r Run, ok bool, err error) {
	ok, err = s.row(sqlRun, func(stmt *sqlite.Stmt) {
		r = Run{N: stmt.ColumnInt64(0), Ended: stmt.ColumnInt64(1), Reserved: stmt.ColumnInt64(2), object: stmt.ColumnInt64(3)}
	}, id)
	return r, ok, err
}

// RunObject is a run's object; false if it was damaged.
func (s *Store) RunObject(r *Run) ([]byte, bool, error) { return s.text(r.object) }

// AddPage keeps the frames of events up to the number last, and reserves numbers for those to come.
func (s *Store) AddPage(n, last, reserved int64, frames []byte) error {
	return s.write(func() error {
		if _, err := s.exec(sqlPagePut, n, last, frames); err != nil {
			return err
		}
		_, err := s.exec(sqlRunReserve, n, reserved)
		return err
	})
}

// Page is the page that holds the event of that number, or the next one that is kept.
func (s *Store) Page(n, event int64) (last int64, frames []byte, ok bool, err error) {
	ok, err = s.row(sqlPage, func(stmt *sqlite.Stmt) {
		last = stmt.ColumnInt64(0)
		s.buffer = append(s.buffer[:0], stmt.ColumnBytes(1)...)
	}, n, event)
	return last, s.buffer, ok, err
}

// EndRun gives a run its last object and the number of its last event. Others that have ended leave, if they are too many.
func (s *Store) EndRun(r Run, last int64, object []byte) error {
	err := s.write(func() error {
		text, err := s.putText(object)
		if err != nil {
			return err
		}
		if _, err := s.exec(sqlRunEnd, r.N, last, text); err != nil {
			return err
		}
		_, err = s.exec(sqlTextClear, r.object)
		return err
	})
	if err != nil {
		return err
	}
	s.ended++
	return s.shrinkRuns(s.limits.Runs)
}

// LiveRun is a run that was in progress when an earlier instance ended.
type LiveRun struct {
	Run
	ID     string
	Object []byte // nil if it was damaged
}

// LiveRuns are the runs in progress. The caller owns them.
func (s *Store) LiveRuns() ([]LiveRun, error) {
	stmt, err := s.stmt(sqlRunsLive)
	if err != nil {
		return nil, err
	}
	var list []LiveRun
	for {
		ok, err := stmt.Step()
		if err != nil {
			stmt.Reset()
			return nil, err
		}
		if !ok {
			break
		}
		list = append(list, LiveRun{
			Run: Run{N: stmt.ColumnInt64(0), Reserved: stmt.ColumnInt64(2), object: stmt.ColumnInt64(3)}, ID: stmt.ColumnText(1),
		})
	}
	stmt.Reset()
	for i := range list {
		object, ok, err := s.text(list[i].object)
		if err != nil {
			return nil, err
		}
		if ok {
			list[i].Object = bytes.Clone(object)
		}
	}
	return list, nil
}

func (s *Store) shrinkRuns(limit int) error {
	gone, err := s.shrink(sqlRunEvict, s.ended, limit)
	s.runs, s.ended = s.runs-gone, s.ended-gone
	return err
}
