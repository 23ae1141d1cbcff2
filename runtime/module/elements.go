package module

// An element segment has eight forms, the three low bits of its first byte.
// https://webassembly.github.io/spec/core/binary/modules.html#element-section
const (
	elemNotActive = 1 << iota // passive, or declarative when elemExplicit is set
	elemExplicit              // names its table (active) or is declarative
	elemExprs                 // items are expressions, not function indices
)

// functionRef is called with the place and the value of each function index
// in an element segment or constant expression.
type functionRef func(start, end int, index uint32)

func (m *Module) readElements(r *reader) { m.elemSizes = m.walkElements(r, nil) }

// walkElements returns the number of items of each segment.
func (m *Module) walkElements(r *reader, ref functionRef) (sizes []int) {
	n := r.count("element segments", m.limits.Elements)
	room := m.limits.ElementItems
	for i := 0; i < n && r.err == nil; i++ {
		size := m.elementSegment(r, room, ref)
		room -= size
		sizes = append(sizes, size)
	}
	return sizes
}

// elementSegment reads one segment of at most room items and returns how many.
func (m *Module) elementSegment(r *reader, room int, ref functionRef) int {
	form := r.u32()
	if form > 7 {
		r.fail(CodeEncoding, "element segment has form %d", form)
		return 0
	}
	if form&elemNotActive == 0 {
		m.elementTarget(r, form, ref)
	}
	if form&(elemNotActive|elemExplicit) != 0 {
		r.elementKind(form)
	}
	n := r.count("items in element segments", room)
	for i := 0; i < n && r.err == nil; i++ {
		if form&elemExprs != 0 {
			m.constExpr(r, ref)
			continue
		}
		m.functionIndex(r, ref)
	}
	return n
}

func (m *Module) elementTarget(r *reader, form uint32, ref functionRef) {
	if form&elemExplicit != 0 {
		r.index("table", len(m.tables))
	} else if len(m.tables) == 0 {
		r.fail(CodeIndex, "element segment without a table to go to")
	}
	m.constExpr(r, ref)
}

func (r *reader) elementKind(form uint32) {
	if form&elemExprs != 0 {
		r.refType()
		return
	}
	if kind := r.byte(); kind != 0 {
		r.pos--
		r.fail(CodeEncoding, "element kind 0x%02x, only functions (0x00) exist", kind)
	}
}

func (m *Module) functionIndex(r *reader, ref functionRef) {
	start := r.pos
	i := r.index("function", len(m.funcs))
	if ref != nil && r.err == nil {
		ref(start, r.pos, i)
	}
}

// constExpr reads a constant expression: one instruction and the end. The
// extended-const proposal, which allows more, is not enabled.
// https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions
func (m *Module) constExpr(r *reader, ref functionRef) {
	at := r.pos
	switch op := r.byte(); op {
	case opI32Const:
		r.signed(32)
	case opI64Const:
		r.signed(64)
	case opF32Const:
		r.bytes(4)
	case opF64Const:
		r.bytes(8)
	case opGlobalGet:
		r.index("global", m.globals)
	case opRefNull:
		r.refType()
	case opRefFunc:
		m.functionIndex(r, ref)
	case opPrefixVector:
		if sub := r.byte(); sub != vecConst && r.err == nil {
			r.fail(CodeEncoding, "vector instruction 0x%02x in a constant expression", sub)
		}
		r.bytes(16)
	default:
		if r.err == nil {
			r.err = refuse(at, CodeEncoding, "instruction 0x%02x in a constant expression", op)
		}
	}
	if end := r.byte(); end != opEnd && r.err == nil {
		r.err = refuse(at, CodeFeature, "constant expression of more than one instruction; extended-const is not enabled")
	}
}
