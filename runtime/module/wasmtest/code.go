package wasmtest

import (
	"encoding/binary"
	"math"
	"strings"
)

// Code is encoded instructions. Join pieces with + or pass several.
type Code string

// Instructions without immediates.
// https://webassembly.github.io/spec/core/binary/instructions.html
const (
	Unreachable  Code = "\x00"
	Nop          Code = "\x01"
	Else         Code = "\x05"
	End          Code = "\x0b"
	Return       Code = "\x0f"
	Drop         Code = "\x1a"
	Select       Code = "\x1b"
	I32Eqz       Code = "\x45"
	I32Eq        Code = "\x46"
	I32Ne        Code = "\x47"
	I32LtS       Code = "\x48"
	I32LtU       Code = "\x49"
	I32GtS       Code = "\x4a"
	I32GtU       Code = "\x4b"
	I32LeS       Code = "\x4c"
	I32GeS       Code = "\x4e"
	I32GeU       Code = "\x4f"
	I64Eqz       Code = "\x50"
	I64Eq        Code = "\x51"
	I32Add       Code = "\x6a"
	I32Sub       Code = "\x6b"
	I32Mul       Code = "\x6c"
	I32And       Code = "\x71"
	I32Or        Code = "\x72"
	I32Xor       Code = "\x73"
	I32Shl       Code = "\x74"
	I32ShrU      Code = "\x76"
	I64Add       Code = "\x7c"
	I64Sub       Code = "\x7d"
	I64Mul       Code = "\x7e"
	I32WrapI64   Code = "\xa7"
	I64ExtendI32 Code = "\xad" // i64.extend_i32_u
	MemorySize   Code = "\x3f\x00"
	MemoryGrow   Code = "\x40\x00"
	MemoryCopy   Code = "\xfc\x0a\x00\x00"
	MemoryFill   Code = "\xfc\x0b\x00"
	I32Load      Code = "\x28\x02\x00" // at offset 0
	I64Load      Code = "\x29\x03\x00"
	I32Load8U    Code = "\x2d\x00\x00"
	I32Store     Code = "\x36\x02\x00"
	I64Store     Code = "\x37\x03\x00"
	I32Store8    Code = "\x3a\x00\x00"
)

// I32Const pushes v. Any integer type is taken, so that pointers, lengths and
// 0xffffffff need no conversion; it is cut to 32 bits.
func I32Const[T ~int | ~int32 | ~uint32](v T) Code { return "\x41" + Code(S64(int64(int32(v)))) }

// I64Const pushes v.
func I64Const(v int64) Code { return "\x42" + Code(S64(v)) }

// F64Const pushes v.
func F64Const(v float64) Code {
	return "\x44" + Code(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
}

// LocalGet pushes local i; parameters come first.
func LocalGet(i uint32) Code { return "\x20" + Code(U32(i)) }

// LocalSet pops into local i.
func LocalSet(i uint32) Code { return "\x21" + Code(U32(i)) }

// LocalTee stores the top of the stack in local i and leaves it there.
func LocalTee(i uint32) Code { return "\x22" + Code(U32(i)) }

// GlobalGet pushes global i.
func GlobalGet(i uint32) Code { return "\x23" + Code(U32(i)) }

// GlobalSet pops into global i.
func GlobalSet(i uint32) Code { return "\x24" + Code(U32(i)) }

// Call calls the function at an index that Import, Func or Declare returned.
func Call(fn uint32) Code { return "\x10" + Code(U32(fn)) }

// CallIndirect calls through a table; typ is what [Builder.Type] returned.
func CallIndirect(typ, table uint32) Code { return "\x11" + Code(U32(typ)+U32(table)) }

// RefFunc pushes a reference to a function.
func RefFunc(fn uint32) Code { return "\xd2" + Code(U32(fn)) }

// RefNull pushes a null reference of the given reference type.
func RefNull(t Types) Code { return "\xd0" + Code(t) }

// TableGrow grows a table: [ref, i32] -> [i32].
func TableGrow(table uint32) Code { return "\xfc\x0f" + Code(U32(table)) }

// MemoryInit copies from a passive data segment: [to, from, length] -> [].
func MemoryInit(segment uint32) Code { return "\xfc\x08" + Code(U32(segment)) + "\x00" }

// TableInit copies from a passive element segment: [to, from, length] -> [].
func TableInit(segment, table uint32) Code { return "\xfc\x0c" + Code(U32(segment)+U32(table)) }

// TableCopy copies between tables: [to, from, length] -> [].
func TableCopy(to, from uint32) Code { return "\xfc\x0e" + Code(U32(to)+U32(from)) }

// TableFill repeats a reference: [to, ref, length] -> [].
func TableFill(table uint32) Code { return "\xfc\x11" + Code(U32(table)) }

// TableGet loads a reference: [i32] -> [ref].
func TableGet(table uint32) Code { return "\x25" + Code(U32(table)) }

// TableSet stores a reference: [i32, ref] -> [].
func TableSet(table uint32) Code { return "\x26" + Code(U32(table)) }

// Br branches to the label that many blocks out.
func Br(depth uint32) Code { return "\x0c" + Code(U32(depth)) }

// BrIf branches when the popped i32 is not zero.
func BrIf(depth uint32) Code { return "\x0d" + Code(U32(depth)) }

// BrTable branches by the popped index; the last depth is the default.
func BrTable(depths ...uint32) Code {
	var out strings.Builder
	out.WriteString("\x0e" + U32(uint32(len(depths)-1)))
	for _, d := range depths {
		out.WriteString(U32(d))
	}
	return Code(out.String())
}

// Block returns a block without parameters and results; a branch to it goes to its end.
func Block(body ...Code) Code { return "\x02\x40" + join(body) + End }

// Loop returns a loop without parameters and results; a branch to it goes to its start.
func Loop(body ...Code) Code { return "\x03\x40" + join(body) + End }

// If runs body when the popped i32 is not zero. Put [Else] between two arms.
func If(body ...Code) Code { return "\x04\x40" + join(body) + End }

// Typed gives a [Block], [Loop] or [If] one result.
func Typed(result Types, c Code) Code { return c[:1] + Code(result[:1]) + c[2:] }

// Forever repeats body without end.
func Forever(body ...Code) Code { return Loop(join(body), Br(0)) }

// Repeat runs body n times, counting in the given i32 local, which it sets.
// n must be positive; body must not branch to depth 0 nor change the local.
func Repeat(local uint32, n int, body ...Code) Code {
	return I32Const(n) + LocalSet(local) + Loop(join(body),
		LocalGet(local), I32Const(1), I32Sub, LocalTee(local), BrIf(0))
}

func join(parts []Code) Code {
	var out strings.Builder
	for _, p := range parts {
		out.WriteString(string(p))
	}
	return Code(out.String())
}
