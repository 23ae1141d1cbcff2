// Package abi is the contract between a guest and the host, as one table of data.
//
// It owns the names, the parameter shapes, the errors and the meaning of every host function, the events and how their
// payloads are laid out, the records in events and answers, and the constants. From [Families], [Errnos] and [Constants]
// come the Go interfaces, codecs and constants in this package, the host's dispatch, the guest's imports, the C header and
// the reference page; `go generate ./adapters/abi` writes them and `make check` fails when one is out of date.
//
// It knows nothing of wazero, of the SDK or of the host, and imports the standard library only, because guests
// compile it too. Its handwritten files do not use the generated ones, so that the generator can always be built.
package abi

import "strconv"

//go:generate go run ./gen

// ModulePrefix begins the import module name of every family: "innkeeper:sqlite@1".
const ModulePrefix = "innkeeper:"

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

// Cause is an error number that a function may give, and when.
type Cause struct {
	Errno Errno
	When  string
}

// Function is one host function: its import name, its parameters in order, what it gives and what it does.
type Function struct {
	Name   string
	Params []Param
	Result Result
	// Answer names the record or variant that a sized answer holds; empty if it is bytes or text.
	Answer string
	// Errors are the errors of this function, without those that follow from its parameters; see [Function.Errnos].
	Errors []Cause
	Doc    string
}

// Family is a group of host functions under one import module name, granted as a whole, with what it says in events and
// answers. A family that changes in a way that old guests cannot bear gets another row with the next version beside it.
type Family struct {
	Name      string
	Version   int
	Doc       string
	Functions []Function
	Events    []EventType
	Records   []Record
	Variants  []Variant
	Constants []Group
}

// Module is the import module name of the family, such as "innkeeper:event@1".
func (f Family) Module() string { return ModulePrefix + f.Name + "@" + strconv.Itoa(f.Version) }

// Errnos lists every error of the function: those of its row, and those that every function with such parameters has.
func (f Function) Errnos() []Errno {
	var list []Errno
	for _, p := range f.Params {
		switch p.Type {
		case Handle:
			list = add(list, EBADF)
		case In, Out, OutU32, OutI64, OutF64:
			list = add(list, EFAULT)
		}
	}
	for _, cause := range f.Errors {
		list = add(list, cause.Errno)
	}
	return list
}

func add(list []Errno, errno Errno) []Errno {
	for _, known := range list {
		if known == errno {
			return list
		}
	}
	return append(list, errno)
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
