// Package abi is the contract between a guest and the host, as one table of data.
//
// It owns the names, the parameter shapes and the meaning of every host function, the kinds of events and how their
// payloads are laid out, and the error numbers. From [Families] come the Go interfaces in this package, the host's
// dispatch, the guest's imports, the C header and the reference page; `go generate ./adapters/abi` writes them and
// `make check` fails when one is out of date.
//
// It knows nothing of wazero, of the SDK or of the host, and imports the standard library only, because guests
// compile it too.
package abi

//go:generate go run ./gen

// ModulePrefix and Version make up the import module name of a family: "innkeeper:sqlite@1". A module asks for "@1", so
// that "@2" can live beside it one day.
const (
	ModulePrefix = "innkeeper:"
	Version      = 1
)

// EventsFD is the descriptor under which a guest can poll its mailbox through WASI's poll_oneoff.
const EventsFD = 3

// Type is the shape of one parameter. Every host function returns one i32, described by [Result].
type Type uint8

// The parameter shapes. Pointers are offsets into the guest's linear memory, lengths are bytes.
const (
	// Handle is an unsigned 32-bit number that stands for a host resource: one i32.
	Handle Type = iota + 1
	// U32 is an unsigned number: one i32.
	U32
	// I32 is a signed number: one i32.
	I32
	// I64 is a signed number: one i64.
	I64
	// F64 is a floating-point number: one f64.
	F64
	// In is bytes that the host reads during the call: two i32, pointer and length.
	In
	// Out is a buffer that the host writes during the call: two i32, pointer and capacity.
	Out
	// OutU32 is the address of four bytes that the host writes, little endian: one i32.
	OutU32
	// OutI64 is the address of eight bytes that the host writes, little endian: one i32.
	OutI64
	// OutF64 is the address of eight bytes that the host writes, IEEE 754, little endian: one i32.
	OutF64
)

// Result says how the one i32 result is to be read. A negative result is always a negated [Errno].
type Result uint8

// The result shapes.
const (
	// ReturnsStatus is 0 on success.
	ReturnsStatus Result = iota + 1
	// ReturnsSize is the length of the whole answer in bytes. If it is larger than the buffer given, nothing was written:
	// call again with a buffer of that size.
	ReturnsSize
	// ReturnsCount is a plain non-negative number, said in the function's text.
	ReturnsCount
	// ReturnsHandle is a new handle, never 0.
	ReturnsHandle
	// ReturnsSQLite is an SQLite result code: 0 is SQLITE_OK, 100 SQLITE_ROW, 101 SQLITE_DONE, anything else an (extended)
	// error code. See https://www.sqlite.org/rescode.html.
	ReturnsSQLite
)

// Param is one parameter of a host function.
type Param struct {
	Name string
	Type Type
}

// Function is one host function: its import name, its parameters in order, and what it does.
type Function struct {
	Name   string
	Params []Param
	Result Result
	Doc    string
}

// Family is a group of host functions under one import module name, granted as a whole.
type Family struct {
	Name      string
	Doc       string
	Functions []Function
}

// Module is the import module name of the family, such as "innkeeper:event@1".
func (f Family) Module() string { return ModulePrefix + f.Name + "@1" }

// Find is the family of that name, such as "sqlite".
func Find(name string) (Family, bool) {
	for _, f := range Families() {
		if f.Name == name {
			return f, true
		}
	}
	return Family{}, false
}

// The WebAssembly value types, as they stand in a binary.
// https://webassembly.github.io/spec/core/binary/types.html#number-types
const (
	WasmI32 byte = 0x7f
	WasmI64 byte = 0x7e
	WasmF64 byte = 0x7c
)

// Wasm gives the WebAssembly parameter types of the function. Its result is always one i32.
func (f Function) Wasm() []byte {
	var types []byte
	for _, p := range f.Params {
		switch p.Type {
		case I64:
			types = append(types, WasmI64)
		case F64:
			types = append(types, WasmF64)
		case In, Out:
			types = append(types, WasmI32, WasmI32)
		default:
			types = append(types, WasmI32)
		}
	}
	return types
}
