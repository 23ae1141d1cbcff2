package sqlitefn

import (
	"encoding/binary"
	"math"

	"github.com/ncruces/go-sqlite3"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
)

// scratchKept is the largest row buffer that a connection keeps, in bytes: most rows, and not the one giant.
const scratchKept = 64 << 10

// Row is sqlite.row. ERANGE if there is no row.
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

// appendColumn appends one column as sqlite.row lays it out: its type, then its value.
func appendColumn(row []byte, stmt *sqlite3.Stmt, column int) []byte {
	kind := stmt.ColumnType(column)
	row = append(row, byte(kind))
	switch kind {
	case sqlite3.INTEGER:
		row = binary.LittleEndian.AppendUint64(row, uint64(stmt.ColumnInt64(column)))
	case sqlite3.FLOAT:
		row = binary.LittleEndian.AppendUint64(row, math.Float64bits(stmt.ColumnFloat(column)))
	case sqlite3.TEXT:
		row = appendBytes(row, stmt.ColumnRawText(column))
	case sqlite3.BLOB:
		row = appendBytes(row, stmt.ColumnRawBlob(column))
	}
	return row
}

func appendBytes(row, value []byte) []byte {
	row = binary.LittleEndian.AppendUint32(row, uint32(len(value)))
	return append(row, value...)
}
