package sqlitefn

import (
	"github.com/ncruces/go-sqlite3"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/handles"
)

// What a value of a row takes beside its bytes, in bytes.
const (
	nullSize   = 1     // the tag
	numberSize = 1 + 8 // and the number
	prefixSize = 1 + 4 // and the length
)

// rowStride is how many bytes of a row are written between two looks at the context.
const rowStride = 256 << 10

// Row implements sqlite.row. ERANGE if there is no row; E2BIG if it is larger than any row may be. The size is known before
// anything is built: one statement can name the same large value in hundreds of columns.
func (f *Family) Row(id uint32, buffer []byte) int32 {
	return f.onStatement(id, func(s *statement) int32 {
		columns := s.stmt.DataCount()
		if columns == 0 {
			return abi.ERANGE.Result()
		}
		size := 0
		for column := range columns {
			size += s.valueSize(column)
		}
		switch {
		case size > RowBytes:
			return abi.E2BIG.Result()
		case size > len(buffer):
			return int32(size)
		}
		return s.writeRow(buffer, columns)
	})
}

// valueSize is the size of a column as a value of a row. Nothing is converted or copied for it.
func (s *statement) valueSize(column int) int {
	switch s.stmt.ColumnType(column) {
	case sqlite3.INTEGER, sqlite3.FLOAT:
		return numberSize
	case sqlite3.TEXT, sqlite3.BLOB:
		return prefixSize + s.columnBytes(column)
	default:
		return nullSize
	}
}

// writeRow writes the row into the guest's buffer, which has room for it.
func (s *statement) writeRow(buffer []byte, columns int) int32 {
	deadline := s.conn.deadline
	row, looked := buffer[:0], 0
	for column := range columns {
		row = appendColumn(row, s.stmt, column)
		if len(row)-looked < rowStride {
			continue
		}
		if looked == 0 {
			deadline.start()
		}
		looked = len(row)
		if err := deadline.Err(); err != nil {
			return handles.Errno(err).Result()
		}
	}
	return int32(len(row))
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
