package module

// Opcodes that this package gives a meaning to.
// https://webassembly.github.io/spec/core/binary/instructions.html
const (
	opUnreachable  byte = 0x00
	opBlock        byte = 0x02
	opLoop         byte = 0x03
	opIf           byte = 0x04
	opElse         byte = 0x05
	opEnd          byte = 0x0b
	opBr           byte = 0x0c
	opBrIf         byte = 0x0d
	opBrTable      byte = 0x0e
	opReturn       byte = 0x0f
	opCall         byte = 0x10
	opCallIndirect byte = 0x11
	opDrop         byte = 0x1a
	opSelect       byte = 0x1b
	opSelectTyped  byte = 0x1c
	opLocalGet     byte = 0x20
	opLocalSet     byte = 0x21
	opLocalTee     byte = 0x22
	opGlobalGet    byte = 0x23
	opGlobalSet    byte = 0x24
	opTableGet     byte = 0x25
	opTableSet     byte = 0x26
	opStoreFirst   byte = 0x36
	opStoreLast    byte = 0x3e
	opMemorySize   byte = 0x3f
	opMemoryGrow   byte = 0x40
	opI32Const     byte = 0x41
	opI64Const     byte = 0x42
	opF32Const     byte = 0x43
	opF64Const     byte = 0x44
	opI32Eqz       byte = 0x45
	opI32LtU       byte = 0x49
	opI32LeU       byte = 0x4d
	opI32GeS       byte = 0x4e
	opI32Add       byte = 0x6a
	opI32Sub       byte = 0x6b
	opI32DivS      byte = 0x6d
	opI32RemU      byte = 0x70
	opI32Or        byte = 0x72
	opI32ShrU      byte = 0x76
	opI64DivS      byte = 0x7f
	opI64RemU      byte = 0x82
	opTruncFirst   byte = 0xa8 // of floats to integers
	opTruncLast    byte = 0xb1
	opRefNull      byte = 0xd0
	opRefIsNull    byte = 0xd1
	opRefFunc      byte = 0xd2
	opPrefixMisc   byte = 0xfc
	opPrefixVector byte = 0xfd

	blockVoid byte = 0x40 // block type without parameters and results
)

// Instructions behind opPrefixMisc.
const (
	miscTruncSatLast byte = 0x07 // 0 to 7 convert floats
	miscMemoryInit   byte = 0x08
	miscDataDrop     byte = 0x09
	miscMemoryCopy   byte = 0x0a
	miscMemoryFill   byte = 0x0b
	miscTableInit    byte = 0x0c
	miscElemDrop     byte = 0x0d
	miscTableCopy    byte = 0x0e
	miscTableGrow    byte = 0x0f
	miscTableSize    byte = 0x10
	miscTableFill    byte = 0x11
)

// Instructions behind opPrefixVector with immediates.
const (
	vecStore         byte = 0x0b // 0 to 11 load and store
	vecConst         byte = 0x0c
	vecShuffle       byte = 0x0d
	vecExtractFirst  byte = 0x15 // to vecReplaceLast: one lane byte
	vecReplaceLast   byte = 0x22
	vecLaneFirst     byte = 0x54 // to vecLaneLast: memory and one lane byte
	vecLaneLast      byte = 0x5b
	vecLoadZeroFirst byte = 0x5c // 0x5c and 0x5d load
	vecLoadZeroLast  byte = 0x5d
)

// operands is what stands behind an opcode.
type operands byte

const (
	argBad      operands = iota // no such opcode, or of a proposal that is not enabled
	argNone                     // nothing
	argBlock                    // block type
	argLabel                    // one label
	argLabels                   // vector of labels and the default
	argFunc                     // function index
	argFuncType                 // type index, table index
	argLocal                    // local index
	argGlobal                   // global index
	argTable                    // table index
	argMemory                   // alignment, offset
	argZero                     // the memory index, one zero byte
	argI32                      // signed 32 bits
	argI64                      // signed 64 bits
	argF32                      // 4 bytes
	argF64                      // 8 bytes
	argSelect                   // one value type
	argRef                      // one reference type
	argMisc                     // 0xfc
	argVector                   // 0xfd
)

// operandsOf says what stands behind each opcode of WebAssembly 2.0. Opcodes
// of tail calls, exceptions, threads, typed function references and garbage
// collection are argBad: the engine has them off, and metering has no proof for them.
var operandsOf = makeOperands()

func makeOperands() (kinds [256]operands) {
	set := func(k operands, first, last byte) {
		for op := int(first); op <= int(last); op++ {
			kinds[op] = k
		}
	}
	set(argNone, 0x00, 0x01) // unreachable, nop
	set(argBlock, opBlock, opIf)
	set(argNone, opElse, opElse)
	set(argNone, opEnd, opEnd)
	set(argLabel, opBr, opBrIf)
	set(argLabels, opBrTable, opBrTable)
	set(argNone, opReturn, opReturn)
	set(argFunc, opCall, opCall)
	set(argFuncType, opCallIndirect, opCallIndirect)
	set(argNone, 0x1a, opSelect) // and drop
	set(argSelect, opSelectTyped, opSelectTyped)
	set(argLocal, opLocalGet, opLocalTee)
	set(argGlobal, opGlobalGet, opGlobalSet)
	set(argTable, opTableGet, opTableSet)
	set(argMemory, 0x28, 0x3e) // loads and stores
	set(argZero, opMemorySize, opMemoryGrow)
	set(argI32, opI32Const, opI32Const)
	set(argI64, opI64Const, opI64Const)
	set(argF32, opF32Const, opF32Const)
	set(argF64, opF64Const, opF64Const)
	set(argNone, 0x45, 0xc4) // comparisons to sign extensions
	set(argRef, opRefNull, opRefNull)
	set(argNone, opRefIsNull, opRefIsNull)
	set(argFunc, opRefFunc, opRefFunc)
	set(argMisc, opPrefixMisc, opPrefixMisc)
	set(argVector, opPrefixVector, opPrefixVector)
	return kinds
}

// proposalOf names the proposal of an opcode that is bad here, for messages.
func proposalOf(op byte) string {
	switch op {
	case 0x06, 0x07, 0x08, 0x09, 0x0a, 0x18, 0x19, 0x1f:
		return "exception handling"
	case 0x12, 0x13:
		return "tail calls"
	case 0x14, 0x15, 0xd3, 0xd4, 0xd5, 0xd6:
		return "typed function references"
	case 0xfb:
		return "garbage collection"
	case 0xfe:
		return "threads"
	}
	return ""
}
