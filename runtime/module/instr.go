package module

// instr is one decoded instruction. Indices are as in the file and unchecked.
type instr struct {
	op    byte
	sub   byte // behind a prefix
	start int  // where the opcode stands
	imm   int  // where the operands start
	// index is the label, function, type, local, global, table or segment;
	// of a block, the type index, where it has one.
	index  uint32
	index2 uint32   // the table of call_indirect, the second index of table.copy and table.init
	value  int32    // of i32.const
	typed  bool     // of a block: index is its type
	void   bool     // of a block: it takes and leaves nothing
	labels []uint32 // of br_table, the default last; reused by the next br_table
}

// instr reads the next instruction into in.
func (r *reader) instr(in *instr) {
	in.start = r.pos
	in.op = r.byte()
	in.imm = r.pos
	switch operandsOf[in.op] {
	case argNone:
	case argLocal, argGlobal, argFunc, argLabel, argTable:
		in.index = r.u32()
	case argMemory:
		r.memarg()
	case argI32:
		in.value = int32(r.signed(32))
	case argI64:
		r.signed(64)
	case argBlock:
		r.blockType(in)
	case argFuncType:
		in.index, in.index2 = r.u32(), r.u32()
	case argLabels:
		r.labels(in)
	case argZero:
		r.zeroByte()
	case argF32:
		r.bytes(4)
	case argF64:
		r.bytes(8)
	case argSelect:
		r.selectType()
	case argRef:
		r.refType()
	case argMisc:
		r.misc(in)
	case argVector:
		r.vector(in)
	default:
		r.badOpcode(in)
	}
}

func (r *reader) badOpcode(in *instr) {
	if r.err != nil {
		return
	}
	if p := proposalOf(in.op); p != "" {
		r.err = refuse(in.start, CodeFeature, "instruction 0x%02x belongs to %s, which are not enabled", in.op, p).
			hint("build for WebAssembly 2.0 without later proposals")
		return
	}
	r.err = refuse(in.start, CodeEncoding, "0x%02x is not an instruction", in.op)
}

// memarg reads alignment and offset. An alignment of 2^32 or more is how later
// proposals mark a memory index.
func (r *reader) memarg() {
	if align := r.u32(); align >= 32 {
		r.fail(CodeEncoding, "alignment 2^%d", align)
	}
	r.u32()
}

// blockType reads a value type, 0x40 for none, or a type index. One byte of a
// negative number is all that a value type may take.
func (r *reader) blockType(in *instr) {
	in.typed, in.void = false, false
	at := r.pos
	b := r.byte()
	switch {
	case b == blockVoid:
		in.void = true
	case ValueType(b).valid():
	case b&0x40 == 0 || b >= 0x80:
		r.pos = at
		v := r.signed(33)
		if v < 0 && r.err == nil {
			r.err = refuse(at, CodeEncoding, "block type %d", v)
		}
		in.index, in.typed = uint32(v), true
	case r.err == nil:
		r.err = refuse(at, CodeEncoding, "0x%02x is not a block type", b)
	}
}

func (r *reader) labels(in *instr) {
	in.labels = in.labels[:0]
	n := r.count("labels", unbounded)
	for i := 0; i <= n && r.err == nil; i++ {
		in.labels = append(in.labels, r.u32())
	}
}

func (r *reader) zeroByte() {
	if b := r.byte(); b != 0 {
		r.pos--
		r.fail(CodeFeature, "memory %d; one memory is supported", b)
	}
}

func (r *reader) selectType() {
	if n := r.byte(); n != 1 {
		r.fail(CodeEncoding, "select of %d types", n)
	}
	r.valueType()
}

func (r *reader) misc(in *instr) {
	sub := r.u32()
	if sub > uint32(miscTableFill) {
		r.err = refuse(in.start, CodeEncoding, "0xfc 0x%02x is not an instruction", sub)
		return
	}
	in.sub = byte(sub)
	switch in.sub {
	case miscMemoryInit:
		in.index = r.u32()
		r.zeroByte()
	case miscMemoryCopy:
		r.zeroByte()
		r.zeroByte()
	case miscMemoryFill:
		r.zeroByte()
	case miscDataDrop, miscElemDrop, miscTableGrow, miscTableSize, miscTableFill:
		in.index = r.u32()
	case miscTableInit, miscTableCopy:
		in.index, in.index2 = r.u32(), r.u32()
	}
}

// vector reads a SIMD instruction. Its number is LEB128, at most 0xff in two
// bytes; engines differ in how they read longer forms, so those are refused.
func (r *reader) vector(in *instr) {
	in.sub = r.byte()
	if in.sub >= 0x80 {
		if r.byte() != 1 && r.err == nil {
			r.err = refuse(in.start, CodeEncoding, "vector instruction with a number above 0xff or a padded one")
		}
	}
	switch sub := in.sub; {
	case sub <= vecStore, sub == vecLoadZeroFirst, sub == vecLoadZeroLast:
		r.memarg()
	case sub == vecConst, sub == vecShuffle:
		r.bytes(16)
	case sub >= vecExtractFirst && sub <= vecReplaceLast:
		r.byte()
	case sub >= vecLaneFirst && sub <= vecLaneLast:
		r.memarg()
		r.byte()
	}
}
