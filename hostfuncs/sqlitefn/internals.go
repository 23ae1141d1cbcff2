package sqlitefn

import (
	"bytes"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/ncruces/go-sqlite3"
	sqlite3_wasm "github.com/ncruces/go-sqlite3-wasm/v6"
)

// internals are things behind a connection that the library has no way to ask for. They are reached by name, and every
// name and type on the way is checked: should a new version of the library look different, opening fails and the tests
// say so.
type internals struct {
	// module is SQLite itself, and handle its sqlite3 pointer.
	module *sqlite3_wasm.Module
	handle int32
	// memory is all memory that SQLite has, and may come to have: a mapping of its own, made for this connection.
	memory []byte
	// Where a statement of the library has its sqlite3_stmt pointer, and the text that it was made of.
	stmtHandle, stmtText uintptr
}

func reach(db *sqlite3.Conn) (internals, error) {
	conn := reflect.ValueOf(db).Elem()
	handle, wrapper := conn.FieldByName("handle"), conn.FieldByName("wrp")
	if !handle.IsValid() || !handle.CanUint() || !wrapper.IsValid() || wrapper.Kind() != reflect.Pointer {
		return internals{}, fmt.Errorf("sqlite library: %T has no handle and wrapper", db)
	}
	module, memory := wrapper.Elem().FieldByName("Module"), wrapper.Elem().FieldByName("Memory")
	if !module.IsValid() || module.Type() != reflect.TypeFor[*sqlite3_wasm.Module]() ||
		!memory.IsValid() || memory.Kind() != reflect.Pointer {
		return internals{}, fmt.Errorf("sqlite library: %s has no module and memory", wrapper.Type())
	}
	buffer := memory.Elem().FieldByName("Buf")
	if !buffer.IsValid() || buffer.Type() != reflect.TypeFor[[]byte]() {
		return internals{}, fmt.Errorf("sqlite library: %s has no buffer", memory.Type())
	}
	statement := reflect.TypeFor[sqlite3.Stmt]()
	pointer, hasPointer := statement.FieldByName("handle")
	text, hasText := statement.FieldByName("sql")
	if !hasPointer || pointer.Type.Kind() != reflect.Uint32 || !hasText || text.Type != reflect.TypeFor[string]() {
		return internals{}, fmt.Errorf("sqlite library: %s has no handle and text", statement)
	}
	return internals{
		module:     (*sqlite3_wasm.Module)(module.UnsafePointer()),
		handle:     int32(handle.Uint()),
		memory:     unsafe.Slice((*byte)(buffer.UnsafePointer()), buffer.Cap()),
		stmtHandle: pointer.Offset,
		stmtText:   text.Offset,
	}, nil
}

// setProgressInterval sets after how many steps of its machine SQLite asks, at its next jump, whether to go on. The library
// has it ask once in 1,000, and a step can be a function over a value of the greatest length.
// https://www.sqlite.org/c3ref/progress_handler.html
func (i internals) setProgressInterval(steps int32) {
	i.module.Xsqlite3_progress_handler_go(i.handle, steps)
}

// statement returns the sqlite3_stmt pointer of a statement, and has the library let go of the text that it was made of: SQLite has a
// copy, which the connection's limit of memory counts.
func (i internals) statement(stmt *sqlite3.Stmt) (handle int32) {
	*(*string)(unsafe.Add(unsafe.Pointer(stmt), i.stmtText)) = ""
	return int32(*(*uint32)(unsafe.Add(unsafe.Pointer(stmt), i.stmtHandle)))
}

// columnBytes returns the size of a text or blob, without the copy that some of them are when they are looked at.
// https://www.sqlite.org/c3ref/column_blob.html
func (s *statement) columnBytes(column int) int {
	return int(s.conn.inside.module.Xsqlite3_column_bytes(s.handle, int32(column)))
}

// columnName returns a view of a column's name, nil if SQLite has no memory left for it.
// https://www.sqlite.org/c3ref/column_name.html
func (s *statement) columnName(column int) []byte {
	inside := &s.conn.inside
	at := inside.module.Xsqlite3_column_name(s.handle, int32(column))
	if at == 0 {
		panic(sqlite3.NOMEM)
	}
	name := inside.memory[uint32(at):]
	return name[:bytes.IndexByte(name, 0)]
}

// textOf gives bytes as a string without a copy, for a library that makes a copy of its own and keeps nothing else.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
