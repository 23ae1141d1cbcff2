package store

import "time"

// Limits says how much is kept of what is finished; what is not is kept in any case. Zero keeps nothing of that kind.
type Limits struct {
	Responses   int // the least recently used leaves first
	Keys        int // answers under a key; the oldest leaves first, as of the others
	KeyAge      time.Duration
	Runs        int
	Completions int
}

func (l *Limits) of(k kind) int {
	switch k {
	case responses:
		return l.Responses
	case keys:
		return l.Keys
	case runs:
		return l.Runs
	}
	return l.Completions
}

// maxKeyBytes is how much room all answers under a key may take together, in bytes. An answer has a few kilobytes, a
// stream a few hundred: the default number of keys fits, unless most of them are streams of the longest kind.
const maxKeyBytes = 256 << 20

const (
	sqlCounted = `SELECT records, bytes FROM counts WHERE kind = ?1`
	sqlCount   = `UPDATE counts SET records = records + ?2, bytes = bytes + ?3 WHERE kind = ?1`

	// The record that leaves first, if more than ?2 are counted.
	sqlEvict = `DELETE FROM records WHERE n = (SELECT n FROM records WHERE kind = ?1 AND generation = 0
		AND (SELECT records FROM counts WHERE kind = ?1) > ?2 ORDER BY used LIMIT 1)`
	sqlFirst = `SELECT n, used, bytes FROM records WHERE kind = ?1 AND generation = 0 ORDER BY used`
	sqlLeave = `DELETE FROM records WHERE n = ?1`

	// The order of each of the four is that of an index, and SQLite merges them.
	sqlOldest = `SELECT used, n, kind, bytes FROM records WHERE kind = 1 AND generation = 0
		UNION ALL SELECT used, n, kind, bytes FROM records WHERE kind = 2 AND generation = 0
		UNION ALL SELECT used, n, kind, bytes FROM records WHERE kind = 3 AND generation = 0
		UNION ALL SELECT used, n, kind, bytes FROM records WHERE kind = 4 AND generation = 0 ORDER BY used`
)

// SetLimits sets how much is kept from now on. What is beyond it leaves at once.
func (s *Store) SetLimits(limits Limits) error {
	s.limits = limits
	for _, k := range [...]kind{responses, keys, runs, completions} {
		for more := true; more; {
			err := s.transaction(func() (err error) {
				more, err = s.evict(k, 0, 0)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// count notes that the finished records of a kind have become more or fewer.
func (s *Store) count(k kind, records, bytes int64) error {
	if k != keys { // which alone have a limit of bytes
		bytes = 0
	}
	if records == 0 && bytes == 0 {
		return nil
	}
	return s.db.Exec(sqlCount, int(k), records, bytes)
}

// arrived is the end of each transaction that finishes a record: others leave for it, and it is counted. Usually as many leave
// as arrive, and the counts stay as they are.
func (s *Store) arrived(k kind, bytes int) error {
	if k == keys {
		_, err := s.evict(k, 1, int64(bytes))
		return err
	}
	left, err := s.db.Change(sqlEvict, int(k), s.limits.of(k)-1)
	if err != nil {
		return err
	}
	return s.count(k, 1-left, 0)
}

// evictBatch is how many records leave in one transaction.
const evictBatch = 256

// evict lets the first records of a kind leave as long as there are too many, and of keys also those that are too old or take
// too much room. So many that are not counted yet have arrived, with so many bytes. It reports whether more have to leave.
func (s *Store) evict(k kind, arrived, bytes int64) (more bool, err error) {
	var records, room int64
	if _, err := s.db.Get(sqlCounted, []any{int(k)}, &records, &room); err != nil {
		return false, err
	}
	limit, expiry := int64(s.limits.of(k)), int64(0)
	if k == keys {
		expiry = s.expiry()
	}
	var out []int64
	for row, err := range s.db.Query(sqlFirst, int(k)) {
		if err != nil {
			return false, err
		}
		var n, used, size int64
		row.Scan(&n, &used, &size)
		if records+arrived <= limit && room+bytes <= maxKeyBytes && used >= expiry {
			break
		}
		if more = len(out) == evictBatch; more {
			break
		}
		out = append(out, n)
		arrived, bytes = arrived-1, bytes-size
	}
	if err := s.leave(out); err != nil {
		return false, err
	}
	return more, s.count(k, arrived, bytes)
}

func (s *Store) leave(out []int64) error {
	for _, n := range out {
		if err := s.db.Exec(sqlLeave, n); err != nil {
			return err
		}
	}
	return nil
}

// expiry is the use of the oldest key that still counts.
func (s *Store) expiry() int64 { return s.micros() - s.limits.KeyAge.Microseconds() }

// makeRoom lets records of any kind leave, the ones that were used first, until so many bytes are free. It reports how many
// have left, and whether more could.
func (s *Store) makeRoom(bytes int64) (left int, more bool, err error) {
	var out []int64
	var records, room [completions + 1]int64 // by kind
	for row, err := range s.db.Query(sqlOldest) {
		if err != nil {
			return 0, false, err
		}
		if more = bytes <= 0; more {
			break
		}
		var used, n, size int64
		var k int
		row.Scan(&used, &n, &k, &size)
		out = append(out, n)
		records[k], room[k], bytes = records[k]-1, room[k]-size, bytes-size
	}
	if err := s.leave(out); err != nil {
		return 0, false, err
	}
	for k := responses; k <= completions; k++ {
		if err := s.count(k, records[k], room[k]); err != nil {
			return 0, false, err
		}
	}
	return len(out), more, nil
}

// Counts is how much is kept now, finished or not.
type Counts struct{ Responses, Keys, Runs, Completions int }

const sqlCounts = `SELECT kind, records FROM counts UNION ALL SELECT kind, count(*) FROM records WHERE generation > 0 GROUP BY kind`

// Counts counts the records.
func (s *Store) Counts() (c Counts, err error) {
	of := [...]*int{responses: &c.Responses, keys: &c.Keys, runs: &c.Runs, completions: &c.Completions}
	for row, err := range s.db.Query(sqlCounts) {
		if err != nil {
			return Counts{}, err
		}
		var k, records int
		if row.Scan(&k, &records); k > 0 && k < len(of) {
			*of[k] += records
		}
	}
	return c, nil
}
