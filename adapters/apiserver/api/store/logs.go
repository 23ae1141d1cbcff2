package store

// A response that runs in the background is a row from its start on, with the log of what the agent has said: its events can be made
// again of it. While it runs the row is pending, and pinned: it counts as used after all others, so that it leaves last.

// pinned is the least use of a pinned row, far beyond what the clock reaches.
const pinned = int64(1) << 62

const sqlLogs = `
CREATE TABLE IF NOT EXISTS logs (
	n       INTEGER PRIMARY KEY,
	pending INTEGER NOT NULL,
	size    INTEGER NOT NULL,
	sum     INTEGER NOT NULL,
	log     BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS logs_pending ON logs (n) WHERE pending = 1;
CREATE TRIGGER IF NOT EXISTS logs_gone AFTER DELETE ON responses BEGIN
	DELETE FROM logs WHERE n = OLD.n;
END;
`

const (
	sqlInsertLog = `INSERT INTO logs (n, pending, size, sum, log) VALUES (?1, ?2, ?3, ?4, ?5)`
	sqlLog       = `SELECT size, sum, log FROM logs WHERE n = ?1`
	sqlPending   = `SELECT responses.id FROM logs JOIN responses USING (n) WHERE pending = 1 ORDER BY n`
)

// putLog writes the log of a row.
func (s *Store) putLog(n int64, e *Entry) error {
	pending := int64(0)
	if e.Pending {
		pending = 1
	}
	if err := s.insertLog.Bind(n, pending); err != nil {
		return err
	}
	if err := bindText(s.insertLog, 3, e.Log); err != nil {
		return err
	}
	if err := s.insertLog.Exec(); err != nil {
		return err
	}
	return s.putMore(n, partLog, e.Log)
}

// Log is the log of that response; false if it has none, as it did not run in the background. Otherwise as Response.
func (s *Store) Log(id string) ([]byte, bool, error) { return s.text(partLog, id) }

// Pending are the ids of the rows that were put as such and not replaced: what an instance that ended badly has left.
func (s *Store) Pending() (pending []string, err error) {
	stmt, err := s.db.Prepare(sqlPending)
	if err != nil {
		return nil, err
	}
	defer stmt.Close()
	for {
		ok, err := stmt.Step()
		if !ok {
			return pending, err
		}
		pending = append(pending, stmt.ColumnText(0))
		if err := stmt.RowError(); err != nil {
			return nil, err
		}
	}
}
