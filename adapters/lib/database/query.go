package database

import "iter"

// Row is one row of a query, valid until the iteration goes on.
type Row struct{ s *statement }

// Scan copies the columns to what the pointers point to, in order: *int, *int64, *uint64, *bool, *string or *[]byte, whose
// memory is used anew. Columns are converted by SQLite's rules. NULL is the zero value.
func (r Row) Scan(to ...any) {
	for i, p := range to {
		switch p := p.(type) {
		case *int:
			*p = r.s.ColumnInt(i)
		case *int64:
			*p = r.s.ColumnInt64(i)
		case *uint64:
			*p = uint64(r.s.ColumnInt64(i))
		case *bool:
			*p = r.s.ColumnBool(i)
		case *string:
			*p = r.s.ColumnText(i)
		case *[]byte:
			*p = append((*p)[:0], r.s.ColumnBytes(i)...)
		default:
			panic("database: Scan into what is no pointer to int, int64, uint64, bool, string or []byte")
		}
	}
}

// Query runs a query and yields its rows. An error is the last that it yields. Leaving the iteration early is fine.
func (db *DB) Query(sql string, args ...any) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		s, err := db.take(sql)
		if err != nil {
			yield(Row{}, err)
			return
		}
		defer s.reset()
		if err := s.Bind(args...); err != nil {
			yield(Row{}, err)
			return
		}
		for {
			ok, err := s.Step()
			if ok {
				err = s.RowError()
			}
			if err != nil {
				yield(Row{}, err)
				return
			}
			if !ok || !yield(Row{s}, nil) {
				return
			}
		}
	}
}

// Get runs a query and copies the columns of its first row, as [Row.Scan] does. It reports whether there is one.
func (db *DB) Get(sql string, args []any, to ...any) (found bool, err error) {
	s, err := db.take(sql)
	if err != nil {
		return false, err
	}
	defer s.reset()
	if err := s.Bind(args...); err != nil {
		return false, err
	}
	if found, err = s.Step(); err != nil || !found {
		return false, err
	}
	if err := s.RowError(); err != nil {
		return false, err
	}
	Row{s}.Scan(to...)
	return true, nil
}
