package sqlitefn

import (
	"bytes"
	"math"

	"github.com/ncruces/go-sqlite3"

	"innkeeper/adapters/abi"
)

// The values are checked against the length limit here, because the library copies them into the connection's memory
// before SQLite could refuse them. https://www.sqlite.org/c3ref/bind_blob.html

// BindInt64 implements sqlite.bind_int64.
func (f *Family) BindInt64(id, index uint32, value int64) int32 {
	return f.onStatement(id, func(s *statement) int32 {
		return s.conn.result(s.stmt.BindInt64(parameter(index), value))
	})
}

// BindDouble implements sqlite.bind_double.
func (f *Family) BindDouble(id, index uint32, value float64) int32 {
	return f.onStatement(id, func(s *statement) int32 {
		return s.conn.result(s.stmt.BindFloat(parameter(index), value))
	})
}

// BindText implements sqlite.bind_text.
func (f *Family) BindText(id, index uint32, value []byte) int32 {
	return f.onStatement(id, func(s *statement) int32 {
		if len(value) > s.conn.limits.MaxLength {
			return s.conn.result(sqlite3.TOOBIG)
		}
		return s.conn.result(s.stmt.BindText(parameter(index), textOf(value)))
	})
}

// BindBlob implements sqlite.bind_blob.
func (f *Family) BindBlob(id, index uint32, value []byte) int32 {
	return f.onStatement(id, func(s *statement) int32 {
		if len(value) > s.conn.limits.MaxLength {
			return s.conn.result(sqlite3.TOOBIG)
		}
		return s.conn.result(s.stmt.BindBlob(parameter(index), present(value)))
	})
}

// BindNull implements sqlite.bind_null.
func (f *Family) BindNull(id, index uint32) int32 {
	return f.onStatement(id, func(s *statement) int32 { return s.conn.result(s.stmt.BindNull(parameter(index))) })
}

// BindZeroblob implements sqlite.bind_zeroblob.
func (f *Family) BindZeroblob(id, index uint32, size int64) int32 {
	if size < 0 {
		return abi.EINVAL.Result()
	}
	return f.onStatement(id, func(s *statement) int32 {
		if size > int64(s.conn.limits.MaxLength) {
			return s.conn.result(sqlite3.TOOBIG)
		}
		return s.conn.result(s.stmt.BindZeroBlob(parameter(index), size))
	})
}

// BindParameterCount implements sqlite.bind_parameter_count.
func (f *Family) BindParameterCount(id uint32) int32 {
	return f.onStatement(id, func(s *statement) int32 { return int32(s.stmt.BindCount()) })
}

// BindParameterIndex implements sqlite.bind_parameter_index.
func (f *Family) BindParameterIndex(id uint32, name []byte) int32 {
	return f.onStatement(id, func(s *statement) int32 {
		if len(name) > ParameterNameBytes || bytes.IndexByte(name, 0) >= 0 {
			return 0
		}
		return int32(s.stmt.BindIndex(textOf(name)))
	})
}

// ClearBindings implements sqlite.clear_bindings.
func (f *Family) ClearBindings(id uint32) int32 {
	return f.onStatement(id, func(s *statement) int32 { return s.conn.result(s.stmt.ClearBindings()) })
}

// parameter returns a guest's parameter number for SQLite, which refuses the ones that are out of range.
func parameter(index uint32) int { return int(min(index, math.MaxInt32)) }

// present makes an empty value of a nil one, which the library would bind as NULL.
func present(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}
