package module

// stackEffect is by how much an instruction with no index or type changes the height of the operand stack. Vector instructions only
// count what they may add at most.
func stackEffect(in *instr) int {
	switch op := in.op; {
	case op == opPrefixMisc:
		return miscEffect(in.sub)
	case op == opPrefixVector:
		if in.sub == vecConst {
			return 1
		}
		return 0
	case op == opDrop, op == opLocalSet, op == opGlobalSet:
		return -1
	case op == opLocalGet, op == opGlobalGet, op == opMemorySize, op >= opI32Const && op <= opF64Const, op == opRefNull, op == opRefFunc:
		return 1
	case op == opSelect, op == opSelectTyped, op == opTableSet, op >= opStoreFirst && op <= opStoreLast:
		return -2
	case isBinary(op):
		return -1
	}
	return 0
}

// isBinary reports whether a numeric instruction takes two operands. https://webassembly.github.io/spec/core/binary/instructions.html
func isBinary(op byte) bool {
	for _, r := range [...][2]byte{
		{0x46, 0x4f}, {0x51, 0x66}, // comparisons
		{0x6a, 0x78}, {0x7c, 0x8a}, // integers
		{0x92, 0x98}, {0xa0, 0xa6}, // floats
	} {
		if op >= r[0] && op <= r[1] {
			return true
		}
	}
	return false
}

func miscEffect(sub byte) int {
	switch sub {
	case miscMemoryInit, miscMemoryCopy, miscMemoryFill, miscTableInit, miscTableCopy, miscTableFill:
		return -3
	case miscTableGrow:
		return -1
	case miscTableSize:
		return 1
	}
	return 0
}
