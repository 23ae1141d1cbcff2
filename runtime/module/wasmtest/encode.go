package wasmtest

import "strings"

// Header is the magic and version that a core WebAssembly module starts with.
// https://webassembly.github.io/spec/core/binary/modules.html#binary-module
const Header = "\x00asm\x01\x00\x00\x00"

// Section identifiers, for [Section].
// https://webassembly.github.io/spec/core/binary/modules.html#sections
const (
	SecCustom byte = iota
	SecType
	SecImport
	SecFunction
	SecTable
	SecMemory
	SecGlobal
	SecExport
	SecStart
	SecElement
	SecCode
	SecData
	SecDataCount
)

// Types is a list of value types, one byte each. The empty string is no type.
type Types string

// The value types of WebAssembly 2.0.
const (
	I32       Types = "\x7f"
	I64       Types = "\x7e"
	F32       Types = "\x7d"
	F64       Types = "\x7c"
	V128      Types = "\x7b"
	FuncRef   Types = "\x70"
	ExternRef Types = "\x6f"
)

// I32x returns n times i32.
func I32x(n int) Types { return Types(strings.Repeat(string(I32), n)) }

// U32 encodes an unsigned integer as LEB128.
func U32(v uint32) string {
	var out []byte
	for v >= 0x80 {
		out = append(out, byte(v)|0x80)
		v >>= 7
	}
	return string(append(out, byte(v)))
}

// S64 encodes a signed integer of at most 64 bits as LEB128.
func S64(v int64) string {
	var out []byte
	for v < -0x40 || v > 0x3f {
		out = append(out, byte(v)|0x80)
		v >>= 7
	}
	return string(append(out, byte(v)&0x7f))
}

// Name encodes a string with its length in front.
func Name(s string) string { return U32(uint32(len(s))) + s }

// Vec encodes a vector: the count, then the items.
func Vec(items ...string) string {
	return U32(uint32(len(items))) + strings.Join(items, "")
}

// Section encodes one section: id, size, payload. [Header] + Section(...) makes
// modules that the [Builder] would not.
func Section(id byte, payload string) string { return string([]byte{id}) + Name(payload) }
