package sqlitefn

import (
	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"

	"github.com/ncruces/go-sqlite3"
)

// The bytes of a text or blob belong to SQLite until the next call, so they are copied during this one.
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
		return guestmem.CopyOutString(buffer, s.stmt.ColumnName(int(column)))
	})
}

// onColumn runs a call on a column of the current row. ERANGE if there is no row or no such column in it.
func (f *Family) onColumn(id, column uint32, operation func(stmt *sqlite3.Stmt, column int) int32) int32 {
	return f.onStatement(id, func(s *statement) int32 {
		if int64(column) >= int64(s.stmt.DataCount()) {
			return abi.ERANGE.Result()
		}
		return operation(s.stmt, int(column))
	})
}

// ColumnType implements sqlite.column_type.
func (f *Family) ColumnType(id, column uint32) int32 {
	return f.onColumn(id, column, func(stmt *sqlite3.Stmt, column int) int32 { return int32(stmt.ColumnType(column)) })
}

// ColumnInt64 implements sqlite.column_int64.
func (f *Family) ColumnInt64(id, column uint32, value *int64) int32 {
	return f.onColumn(id, column, func(stmt *sqlite3.Stmt, column int) int32 {
		*value = stmt.ColumnInt64(column)
		return abi.SQLiteOK
	})
}

// ColumnDouble implements sqlite.column_double.
func (f *Family) ColumnDouble(id, column uint32, value *float64) int32 {
	return f.onColumn(id, column, func(stmt *sqlite3.Stmt, column int) int32 {
		*value = stmt.ColumnFloat(column)
		return abi.SQLiteOK
	})
}

// ColumnText implements sqlite.column_text.
func (f *Family) ColumnText(id, column uint32, buffer []byte) int32 {
	return f.onColumn(id, column, func(stmt *sqlite3.Stmt, column int) int32 {
		return guestmem.CopyOut(buffer, stmt.ColumnRawText(column))
	})
}

// ColumnBlob implements sqlite.column_blob.
func (f *Family) ColumnBlob(id, column uint32, buffer []byte) int32 {
	return f.onColumn(id, column, func(stmt *sqlite3.Stmt, column int) int32 {
		return guestmem.CopyOut(buffer, stmt.ColumnRawBlob(column))
	})
}
