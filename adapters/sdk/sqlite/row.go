package sqlite

import (
	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/internal/buffer"
)

// ColumnType is the storage class of a value. https://www.sqlite.org/c3ref/c_blob.html
type ColumnType uint8

// The storage classes, with SQLite's names and values.
const (
	INTEGER ColumnType = ColumnType(abi.SQLiteValueInteger)
	FLOAT   ColumnType = ColumnType(abi.SQLiteValueFloat)
	TEXT    ColumnType = ColumnType(abi.SQLiteValueText)
	BLOB    ColumnType = ColumnType(abi.SQLiteValueBlob)
	NULL    ColumnType = ColumnType(abi.SQLiteValueNull)
)

// row is the current row of a statement, fetched with one host call when its first column is read.
type row struct {
	buffer  buffer.Buffer
	columns []abi.SQLiteValue
	err     error
	loaded  bool
}

func (r *row) drop() { r.columns, r.err, r.loaded = r.columns[:0], nil, false }

// RowError is what went wrong while the columns of the current row were read, abi.EINVAL without a row; nil otherwise.
func (s *Stmt) RowError() error { return s.load() }

// load fetches the row, once.
func (s *Stmt) load() error {
	r := &s.row
	if r.loaded {
		return r.err
	}
	r.loaded = true
	data, err := r.buffer.Fill(0, func(b []byte) int32 { return s.db.host.Row(s.handle, b) })
	if err == nil && !r.read(data) {
		err = abi.EIO
	}
	if err != nil {
		r.columns, r.err = r.columns[:0], err
	}
	return r.err
}

// read takes the row apart.
func (r *row) read(data []byte) bool {
	r.columns = r.columns[:0]
	for len(data) > 0 {
		var c abi.SQLiteValue
		rest, ok := c.Cut(data)
		if !ok {
			return false
		}
		r.columns, data = append(r.columns, c), rest
	}
	return true
}

// column is a value of the current row; one that is not there reads as NULL.
func (s *Stmt) column(i int) *abi.SQLiteValue {
	if s.load() != nil || i < 0 || i >= len(s.row.columns) {
		return &abi.SQLiteValue{Type: abi.SQLiteValueNull}
	}
	return &s.row.columns[i]
}

// ColumnType is the storage class of a column of the current row; the first is 0.
// https://www.sqlite.org/c3ref/column_blob.html
func (s *Stmt) ColumnType(i int) ColumnType { return ColumnType(s.column(i).Type) }

// ColumnIsNull reports whether a column is NULL.
func (s *Stmt) ColumnIsNull(i int) bool { return s.column(i).Type == abi.SQLiteValueNull }

// ColumnInt64 is a column as an integer, converted by SQLite's rules if it is something else; 0 for NULL.
func (s *Stmt) ColumnInt64(i int) int64 {
	switch c := s.column(i); ColumnType(c.Type) {
	case INTEGER:
		return c.Int64()
	case NULL:
		return 0
	}
	s.db.number = 0
	s.db.host.ColumnInt64(s.handle, uint32(i), &s.db.number)
	return s.db.number
}

// ColumnInt is ColumnInt64 as an int.
func (s *Stmt) ColumnInt(i int) int { return int(s.ColumnInt64(i)) }

// ColumnBool reports whether a column is a number other than 0.
func (s *Stmt) ColumnBool(i int) bool { return s.ColumnInt64(i) != 0 }

// ColumnFloat64 is a column as a floating-point number, converted if it is something else; 0 for NULL.
func (s *Stmt) ColumnFloat64(i int) float64 {
	switch c := s.column(i); ColumnType(c.Type) {
	case FLOAT:
		return c.Float64()
	case INTEGER:
		return float64(c.Int64())
	case NULL:
		return 0
	}
	value := new(float64)
	s.db.host.ColumnDouble(s.handle, uint32(i), value)
	return *value
}

// ColumnText is a column as text, converted if it is a number; "" for NULL.
func (s *Stmt) ColumnText(i int) string { return string(s.ColumnBytes(i)) }

// ColumnBytes is the text or the bytes of a column, as a view that is valid until the next Step, Reset or Close; nil for NULL. A
// number is converted to text.
func (s *Stmt) ColumnBytes(i int) []byte {
	switch c := s.column(i); ColumnType(c.Type) {
	case TEXT, BLOB:
		return c.Bytes
	case NULL:
		return nil
	}
	var text buffer.Buffer
	answer, err := text.Fill(0, func(b []byte) int32 { return s.db.host.ColumnText(s.handle, uint32(i), b) })
	if err != nil {
		return nil
	}
	return answer
}
