package module

// body is one function with code.
type body struct {
	start, end int    // bytes of the body, locals included
	code       int    // where the instructions start
	params     uint32 // parameters
	locals     uint32 // parameters and locals together
	calls      [2]int // its direct calls, in Module.callees
	indirect   int    // its calls through a table
	bulk       int    // its instructions that move memory or table entries
	exits      int    // its instructions that leave compiled code
	values     int    // parameters and results of it and of all its calls
}

// splitBodies finds the bodies of the code section.
func (m *Module) splitBodies(r *reader) {
	n := r.count("function bodies", m.limits.Functions)
	for i := 0; i < n && r.err == nil; i++ {
		at := r.pos
		size := r.u32()
		if r.err == nil && int64(size) > int64(m.limits.BodyBytes) {
			r.err = refuse(at, CodeLimit, "function body %d has %d bytes, at most %d are allowed", i, size, m.limits.BodyBytes).
				hint("split the function: compile time grows faster than its size")
			return
		}
		b := body{start: r.pos}
		r.bytes(size)
		b.end = r.pos
		m.bodies = append(m.bodies, b)
	}
}

// scanCode decodes every instruction once. It checks all indices: the meter
// adds a function, a global and locals behind those of the module, and a
// module that could name them could switch the meter off.
func (m *Module) scanCode(code section) *Error {
	r := &reader{buf: m.raw, pos: code.start, end: code.end}
	var in instr
	var n nesting
	for i := range m.bodies {
		b := &m.bodies[i]
		r.pos, r.end = b.start, b.end
		m.readLocals(r, i)
		b.values = m.callValues(m.funcs[len(m.imports)+i])
		b.calls[0] = len(m.callees)
		m.scanBody(r, b, &in, &n)
		b.calls[1] = len(m.callees)
		if r.err != nil {
			if r.err.Code == CodeTruncated {
				r.err.Msg = "function body " + r.err.Msg
			}
			return r.err
		}
	}
	return nil
}

func (m *Module) readLocals(r *reader, i int) {
	b := &m.bodies[i]
	b.params = uint32(len(m.types[m.funcs[len(m.imports)+i]].Params))
	total := uint64(b.params)
	runs := r.count("local declarations", m.limits.Locals)
	for j := 0; j < runs && r.err == nil; j++ {
		at := r.pos
		total += uint64(r.u32())
		if r.err == nil && total > uint64(m.limits.Locals) {
			r.err = refuse(at, CodeLimit, "function body %d has %d locals or more, at most %d are allowed", i, total, m.limits.Locals)
		}
		r.valueType()
	}
	b.locals, b.code = uint32(total), r.pos
}

// scanBody decodes one body; in and n are scratch space, reused by the next.
func (m *Module) scanBody(r *reader, b *body, in *instr, n *nesting) {
	n.stack, n.deep = n.stack[:0], 0
	n.open(opBlock) // the function itself is a label, too
	for r.err == nil && n.labels() > 0 {
		r.instr(in)
		switch in.op {
		case opBlock, opLoop, opIf:
			n.open(in.op)
		case opEnd:
			n.close()
		}
		if r.err == nil {
			m.checkOperands(r, b, in, n.labels())
		}
		if n.deep > m.limits.Nesting && r.err == nil {
			r.err = refuse(in.start, CodeLimit, "more than %d ifs and loops inside each other", m.limits.Nesting)
		}
	}
	if r.err == nil && r.left() > 0 {
		r.fail(CodeSize, "function body has %d bytes behind its end", r.left())
	}
}

// nesting keeps count of open blocks.
type nesting struct {
	stack []bool // of open blocks: whether it counts as deep
	deep  int    // ifs and loops that are open
}

func (n *nesting) labels() int { return len(n.stack) }

func (n *nesting) open(op byte) {
	deep := op != opBlock
	n.stack = append(n.stack, deep)
	if deep {
		n.deep++
	}
}

func (n *nesting) close() {
	last := len(n.stack) - 1
	if n.stack[last] {
		n.deep--
	}
	n.stack = n.stack[:last]
}

// checkOperands compares the indices of an instruction with what exists and
// notes what the meter needs.
func (m *Module) checkOperands(r *reader, b *body, in *instr, labels int) {
	if in.exit() {
		b.exits++
	}
	switch operandsOf[in.op] {
	case argBlock:
		m.check(r, in, "type", in.index, len(m.types), in.typed)
	case argLabel:
		m.check(r, in, "label", in.index, labels, true)
	case argLabels:
		for _, l := range in.labels {
			m.check(r, in, "label", l, labels, true)
		}
	case argFunc:
		m.check(r, in, "function", in.index, len(m.funcs), true)
		if in.op == opCall && r.err == nil {
			m.callees = append(m.callees, in.index)
			b.values += m.callValues(m.funcs[in.index])
		}
	case argFuncType:
		m.check(r, in, "type", in.index, len(m.types), true)
		m.check(r, in, "table", in.index2, len(m.tables), true)
		if r.err == nil {
			b.indirect++
			b.values += m.callValues(in.index)
		}
	case argLocal:
		m.check(r, in, "local", in.index, int(b.locals), true)
	case argGlobal:
		m.check(r, in, "global", in.index, m.globals, true)
	case argTable:
		m.check(r, in, "table", in.index, len(m.tables), true)
	case argMisc:
		m.checkMisc(r, b, in)
	}
}

// callValues returns how many values a call of a function of that type passes.
func (m *Module) callValues(typ uint32) int {
	return len(m.types[typ].Params) + len(m.types[typ].Results)
}

func (m *Module) checkMisc(r *reader, b *body, in *instr) {
	switch in.sub {
	case miscMemoryInit, miscDataDrop:
		m.check(r, in, "data segment", in.index, m.dataCount, true)
	case miscTableInit:
		m.check(r, in, "element segment", in.index, len(m.elemSizes), true)
		m.check(r, in, "table", in.index2, len(m.tables), true)
	case miscElemDrop:
		m.check(r, in, "element segment", in.index, len(m.elemSizes), true)
	case miscTableCopy:
		m.check(r, in, "table", in.index, len(m.tables), true)
		m.check(r, in, "table", in.index2, len(m.tables), true)
	case miscTableGrow, miscTableSize, miscTableFill:
		m.check(r, in, "table", in.index, len(m.tables), true)
	}
	if in.bulk() {
		b.bulk++
		m.noteBulk(bulkOf(in))
	}
}

func (m *Module) check(r *reader, in *instr, what string, index uint32, n int, applies bool) {
	if applies && r.err == nil && int64(index) >= int64(n) {
		r.err = refuse(in.start, CodeIndex, "%s %d does not exist, there are %d", what, index, max(n, 0))
	}
}

// exit reports whether the engine leaves compiled code to do the instruction, which takes as long as a few hundred others.
func (in *instr) exit() bool {
	return in.op == opMemoryGrow || in.op == opRefFunc || in.op == opPrefixMisc && in.sub == miscTableGrow
}

// bulk reports whether the instruction does work in proportion to the length on
// top of the stack.
func (in *instr) bulk() bool {
	if in.op != opPrefixMisc {
		return false
	}
	switch in.sub {
	case miscMemoryInit, miscMemoryCopy, miscMemoryFill,
		miscTableInit, miscTableCopy, miscTableGrow, miscTableFill:
		return true
	}
	return false
}
