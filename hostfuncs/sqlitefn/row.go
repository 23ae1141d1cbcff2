package sqlitefn

import (
	"github.com/ncruces/go-sqlite3"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
)

// scratchKept is the largest row buffer that a connection keeps, in bytes: most rows, and not the one giant.
const scratchKept = 64 << 10

// Row implements sqlite.row. ERANGE if there is no row.
func (f *Family) Row(id uint32, buffer []byte) int32 {
	return f.onStatement(id, func(s *statement) int32 {
		columns := s.stmt.DataCount()
		if columns == 0 {
			return abi.ERANGE.Result()
		}
		c := s.conn
		row := c.scratch[:0]
		for column := range columns {
			row = appendColumn(row, s.stmt, column)
		}
		if cap(row) <= scratchKept {
			c.scratch = row
		}
		return guestmem.CopyOut(buffer, row)
	})
}

// appendColumn appends one column.
func appendColumn(row []byte, stmt *sqlite3.Stmt, column int) []byte {
	switch stmt.ColumnType(column) {
	case sqlite3.INTEGER:
		return abi.AppendSQLiteValueInteger(row, stmt.ColumnInt64(column))
	case sqlite3.FLOAT:
		return abi.AppendSQLiteValueFloat(row, stmt.ColumnFloat(column))
	case sqlite3.TEXT:
		return abi.AppendSQLiteValueText(row, stmt.ColumnRawText(column))
	case sqlite3.BLOB:
		return abi.AppendSQLiteValueBlob(row, stmt.ColumnRawBlob(column))
	default:
		return abi.AppendSQLiteValueNull(row)
	}
}
