package module

import (
	"slices"

	"innkeeper/runtime/limits"
)

// An engine does a bulk instruction as one piece, however long: a copy of 260 MB
// keeps Go's garbage collector waiting, and with it the whole process, for tens
// of milliseconds. So the meter adds a function for each bulk instruction that
// a module has, which does the same in strides and ticks for each. The
// instruction itself stays for short lengths:
//
//	local.tee $n  local.get $n  i32.const 10  i32.shr_u  i32.eqz
//	if (param i32 i32 i32)  memory.copy  else  call $copy  end
//
// table.grow is not among them, because a half-done one cannot be taken back:
// it ticks for its length and is then done at once, 8 MiB at most.

// bulk is a bulk instruction with its indices.
type bulk struct {
	sub           byte
	index, index2 uint32 // of segment and tables, as in [instr]
}

func bulkOf(in *instr) bulk {
	b := bulk{sub: in.sub}
	switch in.sub {
	case miscMemoryInit, miscTableFill, miscTableGrow:
		b.index = in.index
	case miscTableInit, miscTableCopy:
		b.index, b.index2 = in.index, in.index2
	}
	return b
}

// noteBulk remembers an instruction that can be longer than a stride.
func (m *Module) noteBulk(b bulk) {
	if m.strided(b) && !slices.Contains(m.bulks, b) {
		m.bulks = append(m.bulks, b)
	}
}

// strided reports whether the instruction gets a function. What a segment holds is the most that can be taken from it, and a
// module may have very many short ones.
func (m *Module) strided(b bulk) bool {
	switch b.sub {
	case miscTableGrow:
		return false
	case miscMemoryInit:
		return int(b.index) < len(m.dataSizes) && m.dataSizes[b.index] > limits.MeterStride
	case miscTableInit:
		return int(b.index) < len(m.elemSizes) && m.elemSizes[b.index] > int(b.scaled(limits.MeterStride))
	}
	return true
}

// entryShift is the power of two of a table entry's size.
const entryShift = 3

// shift turns a power of two of bytes into one of what the instruction counts in.
func (b bulk) shift(bytes int32) int32 {
	if b.sub >= miscTableInit {
		return bytes - entryShift
	}
	return bytes
}

// scaled turns bytes into what the instruction counts in.
func (b bulk) scaled(bytes int32) int32 {
	if b.sub >= miscTableInit {
		return bytes >> entryShift
	}
	return bytes
}

// second is the type of the second operand: an address, or what a table is filled with. The others are i32.
func (b bulk) second(m *Module) ValueType {
	if b.sub == miscTableFill && int(b.index) < len(m.tables) {
		return m.tables[b.index].ref
	}
	return I32
}

// fills reports whether the second operand is a value and no place.
func (b bulk) fills() bool { return b.sub == miscMemoryFill || b.sub == miscTableFill }

// append writes the instruction.
func (b bulk) append(out []byte) []byte {
	out = append(out, opPrefixMisc, b.sub)
	switch b.sub {
	case miscMemoryInit:
		return append(appendU32(out, b.index), 0)
	case miscMemoryCopy:
		return append(out, 0, 0)
	case miscMemoryFill:
		return append(out, 0)
	case miscTableFill, miscTableGrow:
		return appendU32(out, b.index)
	}
	return appendU32(appendU32(out, b.index), b.index2)
}

// bulkType returns the index of the type of the i'th bulk function, also that of a block in its place.
func (w *rewriter) bulkType(i int) uint32 { return uint32(len(w.m.types) + i) }

// bulkIndex returns the index of the i'th bulk function: they stand behind all others.
func (w *rewriter) bulkIndex(i int) uint32 { return uint32(len(w.m.funcs) + 1 + i) }

// moveInStrides replaces the bulk instruction that was read, with its operands on the stack.
func (w *bodyWriter) moveInStrides() {
	b := bulkOf(&w.in)
	i := slices.Index(w.m.bulks, b)
	w.out = appendU32(append(w.out, opLocalTee), w.scratch)
	w.scratchShifted(b.shift(limits.MeterBulkShift))
	w.out = append(w.out, opI32Eqz, opIf)
	if i < 0 {
		w.out = append(w.out, blockVoid, opElse)
		w.tickByScratch(b)
		w.out = append(w.out, opEnd)
		return
	}
	w.ticks++ // for the scratch local
	w.out = appendS32(w.out, int32(w.bulkType(i)))
	w.out = append(b.append(w.out), opElse)
	w.out = appendU32(append(w.out, opCall), w.bulkIndex(i))
	w.out = append(w.out, opEnd)
	w.copied = w.r.pos
}

// tickByScratch takes as many units as the scratch local has, and one for what is left.
func (w *bodyWriter) tickByScratch(b bulk) {
	w.out = appendU32(append(w.out, opGlobalGet), w.counter)
	w.scratchShifted(b.shift(limits.MeterBulkUnitShift))
	w.out = append(w.out, opI32Const, 1, opI32Add)
	w.subtract()
}

// scratchShifted pushes the scratch local, divided by a power of two.
func (w *bodyWriter) scratchShifted(shift int32) {
	w.out = appendU32(append(w.out, opLocalGet), w.scratch)
	w.out = appendS32(append(w.out, opI32Const), shift)
	w.out = append(w.out, opI32ShrU)
}

// Locals of a bulk function: its operands, the length of a stride, and scratch.
const (
	bulkTo byte = iota
	bulkFrom
	bulkLeft
	bulkStep
	bulkScratch
)

// bulkFunction returns the body of a bulk function.
//
// Like the instruction, it traps before it moves anything if not all is inside: where an end is beyond 32 bits the
// instruction itself is left to trap, else one of no length is tried at the end. A copy runs towards the other
// place, so that no stride overwrites what a later one reads; within a stride the instruction sees to that.
func (w *bodyWriter) bulkFunction(b bulk) []byte {
	w.out, w.scratch = append(w.out[:0], 1, 2, byte(I32)), uint32(bulkScratch)
	w.bulkBounds(b)
	if b.sub != miscMemoryCopy && b.sub != miscTableCopy {
		w.bulkForward(b)
		return append(w.out, opEnd)
	}
	w.out = append(w.out, opLocalGet, bulkTo, opLocalGet, bulkFrom, opI32LeU, opIf, blockVoid)
	w.bulkForward(b)
	w.out = append(w.out, opElse)
	w.bulkBackward(b)
	return append(w.out, opEnd, opEnd)
}

func (w *bodyWriter) bulkBounds(b bulk) {
	beyond := func(local byte) {
		w.out = append(w.out, opLocalGet, local, opLocalGet, bulkLeft, opI32Add, opLocalGet, local, opI32LtU)
	}
	beyond(bulkTo)
	if !b.fills() {
		beyond(bulkFrom)
		w.out = append(w.out, opI32Or)
	}
	w.out = append(w.out, opIf, blockVoid, opLocalGet, bulkTo, opLocalGet, bulkFrom, opLocalGet, bulkLeft)
	w.out = append(b.append(w.out), opReturn, opEnd)
	w.out = append(w.out, opLocalGet, bulkTo, opLocalGet, bulkLeft, opI32Add, opLocalGet, bulkFrom)
	if !b.fills() {
		w.out = append(w.out, opLocalGet, bulkLeft, opI32Add)
	}
	w.out = b.append(append(w.out, opI32Const, 0))
}

func (w *bodyWriter) bulkForward(b bulk) {
	w.out = append(w.out, opLoop, blockVoid)
	w.bulkNext(b)
	w.out = b.append(append(w.out, opLocalGet, bulkTo, opLocalGet, bulkFrom, opLocalGet, bulkStep))
	w.out = append(w.out, opLocalGet, bulkTo, opLocalGet, bulkStep, opI32Add, opLocalSet, bulkTo)
	if !b.fills() {
		w.out = append(w.out, opLocalGet, bulkFrom, opLocalGet, bulkStep, opI32Add, opLocalSet, bulkFrom)
	}
	w.out = append(w.out, opLocalGet, bulkLeft, opLocalGet, bulkStep, opI32Sub, opLocalTee, bulkLeft, opBrIf, 0, opEnd)
}

func (w *bodyWriter) bulkBackward(b bulk) {
	w.out = append(w.out, opLoop, blockVoid)
	w.bulkNext(b)
	w.out = append(w.out, opLocalGet, bulkTo, opLocalGet, bulkLeft, opLocalGet, bulkStep, opI32Sub, opLocalTee, bulkLeft, opI32Add)
	w.out = append(w.out, opLocalGet, bulkFrom, opLocalGet, bulkLeft, opI32Add)
	w.out = b.append(append(w.out, opLocalGet, bulkStep))
	w.out = append(w.out, opLocalGet, bulkLeft, opBrIf, 0, opEnd)
}

// bulkNext sets the length of the next stride and ticks for it.
func (w *bodyWriter) bulkNext(b bulk) {
	pushStride := func() { w.out = appendS32(append(w.out, opI32Const), b.scaled(limits.MeterStride)) }
	w.out = append(w.out, opLocalGet, bulkLeft)
	pushStride()
	w.out = append(w.out, opLocalGet, bulkLeft)
	pushStride()
	w.out = append(w.out, opI32LtU, opSelect, opLocalTee, bulkStep, opLocalSet, bulkScratch)
	w.tickByScratch(b)
}
