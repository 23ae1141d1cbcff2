package sqlite

import "innkeeper/adapters/abi"

// Stmt is one prepared statement. Bind, Step until it returns false, Reset, and again. It belongs to the loop.
// https://www.sqlite.org/c3ref/stmt.html
type Stmt struct {
	db     *DB
	handle uint32
	row    row
}

// Close finalizes the statement. It does nothing to a nil or closed Stmt. https://www.sqlite.org/c3ref/finalize.html
func (s *Stmt) Close() error {
	if s == nil || s.handle == 0 {
		return nil
	}
	handle := s.handle
	s.handle = 0
	s.row.drop()
	return abi.FromResult(s.db.host.Finalize(handle))
}

// Step runs to the next row. True means that there is one, whose columns can be read; false that the statement is done.
// https://www.sqlite.org/c3ref/step.html
func (s *Stmt) Step() (bool, error) {
	s.row.drop()
	switch result := s.db.host.Step(s.handle); result {
	case abi.SQLiteRow:
		return true, nil
	case abi.SQLiteDone:
		return false, nil
	default:
		return false, s.db.result(result)
	}
}

// Reset makes the statement ready to run again. Bindings stay. Its error repeats the one of Step, so it is dropped.
// https://www.sqlite.org/c3ref/reset.html
func (s *Stmt) Reset() {
	s.row.drop()
	s.db.host.Reset(s.handle)
}

// ClearBindings sets every parameter to NULL. https://www.sqlite.org/c3ref/clear_bindings.html
func (s *Stmt) ClearBindings() error {
	return s.db.result(s.db.host.ClearBindings(s.handle))
}

// Exec binds the arguments, runs the statement to its end, dropping rows, and resets it.
func (s *Stmt) Exec(args ...any) error {
	if err := s.Bind(args...); err != nil {
		return err
	}
	defer s.Reset()
	for {
		if more, err := s.Step(); err != nil || !more {
			return err
		}
	}
}

// ColumnCount is the number of columns of the result. https://www.sqlite.org/c3ref/column_count.html
func (s *Stmt) ColumnCount() int { return max(0, int(s.db.host.ColumnCount(s.handle))) }

// ColumnName is the name of a column; the first is 0. https://www.sqlite.org/c3ref/column_name.html
func (s *Stmt) ColumnName(column int) string {
	name, err := s.db.scratch.Fill(0, func(b []byte) int32 {
		return s.db.host.ColumnName(s.handle, uint32(column), b)
	})
	if err != nil {
		return ""
	}
	return string(name)
}
