package sqlite

import (
	"errors"
	"strconv"

	"innkeeper/adapters/sdk/internal/buffer"
)

// Bind binds the arguments to the parameters 1, 2, … in order: nil, bool, integers, float64, string (TEXT) and []byte
// (BLOB, NULL if nil). Parameters beyond them keep what they have. https://www.sqlite.org/c3ref/bind_blob.html
func (s *Stmt) Bind(args ...any) error {
	for i, arg := range args {
		if err := s.bind(i+1, arg); err != nil {
			return &bindError{i + 1, err}
		}
	}
	return nil
}

// bindError says which parameter could not be bound.
type bindError struct {
	index int
	err   error
}

func (e *bindError) Error() string {
	return "sqlite: parameter[" + strconv.Itoa(e.index) + "]: " + e.err.Error()
}

func (e *bindError) Unwrap() error { return e.err }

// errBindType is the error of an argument of a type that SQLite has no place for.
var errBindType = errors.New("not nil, bool, an integer, float64, string or []byte")

func (s *Stmt) bind(index int, arg any) error {
	switch v := arg.(type) {
	case nil:
		return s.BindNull(index)
	case bool:
		if v {
			return s.BindInt64(index, 1)
		}
		return s.BindInt64(index, 0)
	case int:
		return s.BindInt64(index, int64(v))
	case int32:
		return s.BindInt64(index, int64(v))
	case int64:
		return s.BindInt64(index, v)
	case float64:
		return s.BindFloat64(index, v)
	case string:
		return s.BindText(index, v)
	case []byte:
		if v == nil {
			return s.BindNull(index)
		}
		return s.BindBlob(index, v)
	}
	return errBindType
}

// BindInt64 binds an integer to a parameter; the first is 1.
func (s *Stmt) BindInt64(index int, value int64) error {
	return s.db.result(s.db.host.BindInt64(s.handle, uint32(index), value))
}

// BindFloat64 binds a floating-point number to a parameter.
func (s *Stmt) BindFloat64(index int, value float64) error {
	return s.db.result(s.db.host.BindDouble(s.handle, uint32(index), value))
}

// BindText binds text to a parameter. The host copies it.
func (s *Stmt) BindText(index int, value string) error {
	return s.db.result(s.db.host.BindText(s.handle, uint32(index), buffer.View(value)))
}

// BindTextBytes binds UTF-8 text to a parameter. The host copies it.
func (s *Stmt) BindTextBytes(index int, value []byte) error {
	return s.db.result(s.db.host.BindText(s.handle, uint32(index), value))
}

// BindBlob binds bytes to a parameter. The host copies them.
func (s *Stmt) BindBlob(index int, value []byte) error {
	return s.db.result(s.db.host.BindBlob(s.handle, uint32(index), value))
}

// BindNull binds NULL to a parameter.
func (s *Stmt) BindNull(index int) error {
	return s.db.result(s.db.host.BindNull(s.handle, uint32(index)))
}

// BindZeroBlob binds a blob of size zeros to a parameter.
func (s *Stmt) BindZeroBlob(index int, size int64) error {
	return s.db.result(s.db.host.BindZeroblob(s.handle, uint32(index), size))
}

// ParameterIndex is the index of a named parameter such as ":id", 0 if there is none.
// https://www.sqlite.org/c3ref/bind_parameter_index.html
func (s *Stmt) ParameterIndex(name string) int {
	return max(0, int(s.db.host.BindParameterIndex(s.handle, buffer.View(name))))
}

// ParameterCount is the largest parameter index. https://www.sqlite.org/c3ref/bind_parameter_count.html
func (s *Stmt) ParameterCount() int {
	return max(0, int(s.db.host.BindParameterCount(s.handle)))
}
