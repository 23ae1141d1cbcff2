package sqlitefn

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/ncruces/go-sqlite3"
	sqlite3_wasm "github.com/ncruces/go-sqlite3-wasm/v6"
)

// internals are two things behind a connection that the library has no way to ask for. They are reached by name, and every
// name and type on the way is checked: should a new version of the library look different, opening fails and the tests
// say so.
type internals struct {
	// module is SQLite itself, and handle its sqlite3 pointer.
	module *sqlite3_wasm.Module
	handle int32
	// memory is all memory that SQLite has, and may come to have: a mapping of its own, made for this connection.
	memory []byte
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
	return internals{
		module: (*sqlite3_wasm.Module)(module.UnsafePointer()),
		handle: int32(handle.Uint()),
		memory: unsafe.Slice((*byte)(buffer.UnsafePointer()), buffer.Cap()),
	}, nil
}

// setProgressInterval sets after how many steps of its machine SQLite asks, at its next jump, whether to go on. The library
// has it ask once in 1,000, and a step can be a function over a value of the greatest length.
// https://www.sqlite.org/c3ref/progress_handler.html
func (i internals) setProgressInterval(steps int32) {
	i.module.Xsqlite3_progress_handler_go(i.handle, steps)
}
