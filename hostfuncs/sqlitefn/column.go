package sqlitefn

import (
	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
)

// The bytes of a text or blob belong to SQLite until the next call, so they are copied during this one, straight into the
// guest's buffer; if that is too small, nothing is built or copied to find out.
// https://www.sqlite.org/c3ref/column_blob.html

// ColumnCount implements sqlite.column_count.
func (f *Family) ColumnCount(id uint32) int32 {
	return f.onStatement(id, func(s *statement) int32 { return int32(s.stmt.ColumnCount()) })
}

// ColumnName implements sqlite.column_name. ERANGE if there is no such column.
func (f *Family) ColumnName(id, column uint32, buffer []byte) int32 {
	return f.onStatement(id, func(s *statement) int32 {
		if int64(column) >= int64(s.stmt.ColumnCount()) {
			return abi.ERANGE.Result()
		}
		return guestmem.CopyOut(buffer, s.columnName(int(column)))
	})
}

// onColumn runs a call on a column of the current row. ERANGE if there is no row or no such column in it.
func (f *Family) onColumn(id, column uint32, operation func(s *statement, column int) int32) int32 {
	return f.onStatement(id, func(s *statement) int32 {
		if int64(column) >= int64(s.stmt.DataCount()) {
			return abi.ERANGE.Result()
		}
		return operation(s, int(column))
	})
}

// ColumnType implements sqlite.column_type.
func (f *Family) ColumnType(id, column uint32) int32 {
	return f.onColumn(id, column, func(s *statement, column int) int32 { return int32(s.stmt.ColumnType(column)) })
}

// ColumnInt64 implements sqlite.column_int64.
func (f *Family) ColumnInt64(id, column uint32, value *int64) int32 {
	return f.onColumn(id, column, func(s *statement, column int) int32 {
		*value = s.stmt.ColumnInt64(column)
		return abi.SQLiteOK
	})
}

// ColumnDouble implements sqlite.column_double.
func (f *Family) ColumnDouble(id, column uint32, value *float64) int32 {
	return f.onColumn(id, column, func(s *statement, column int) int32 {
		*value = s.stmt.ColumnFloat(column)
		return abi.SQLiteOK
	})
}

// ColumnText implements sqlite.column_text.
func (f *Family) ColumnText(id, column uint32, buffer []byte) int32 {
	return f.onColumn(id, column, func(s *statement, column int) int32 {
		if size := s.columnBytes(column); size > len(buffer) {
			return int32(size)
		}
		return guestmem.CopyOut(buffer, s.stmt.ColumnRawText(column))
	})
}

// ColumnBlob implements sqlite.column_blob.
func (f *Family) ColumnBlob(id, column uint32, buffer []byte) int32 {
	return f.onColumn(id, column, func(s *statement, column int) int32 {
		if size := s.columnBytes(column); size > len(buffer) {
			return int32(size)
		}
		return guestmem.CopyOut(buffer, s.stmt.ColumnRawBlob(column))
	})
}
