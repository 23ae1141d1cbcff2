package module

import "innkeeper/runtime/limits"

func (m *Module) readTypes(r *reader) {
	n := r.count("types", m.limits.Types)
	for i := 0; i < n && r.err == nil; i++ {
		if form := r.byte(); form != 0x60 && r.err == nil {
			r.pos--
			r.fail(CodeEncoding, "type %d has form 0x%02x, a function type 0x60", i, form)
		}
		m.types = append(m.types, FuncType{Params: m.valueTypes(r), Results: m.valueTypes(r)})
	}
}

func (m *Module) valueTypes(r *reader) []ValueType {
	var types []ValueType
	n := r.count("values in a type", m.limits.TypeValues)
	for i := 0; i < n && r.err == nil; i++ {
		types = append(types, r.valueType())
	}
	return types
}

func (r *reader) valueType() ValueType {
	t := ValueType(r.byte())
	if r.err == nil && !t.valid() {
		r.pos--
		r.fail(CodeEncoding, "0x%02x is not a value type", byte(t))
	}
	return t
}

func (r *reader) refType() ValueType {
	t := ValueType(r.byte())
	if r.err == nil && !t.reference() {
		r.pos--
		r.fail(CodeEncoding, "0x%02x is neither funcref nor externref", byte(t))
	}
	return t
}

// index reads an index into something that has n entries so far.
func (r *reader) index(what string, n int) uint32 {
	at := r.pos
	i := r.u32()
	if r.err == nil && int64(i) >= int64(n) {
		r.err = refuse(at, CodeIndex, "%s %d does not exist, there are %d", what, i, n)
	}
	return i
}

func (m *Module) readImports(r *reader) {
	n := r.count("imports", m.limits.Imports)
	for i := 0; i < n && r.err == nil; i++ {
		imp := importDecl{at: r.pos}
		imp.module, imp.name = r.name(m.limits.NameBytes), r.name(m.limits.NameBytes)
		kind := r.byte()
		if r.err == nil && kind != kindFunc {
			r.err = refuse(imp.at, CodeImportKind, "module imports a %s, %s.%s; only functions can be imported",
				kindName(kind), show(imp.module), show(imp.name))
		}
		imp.typ = r.index("type", len(m.types))
		m.imports = append(m.imports, imp)
		m.funcs = append(m.funcs, imp.typ)
	}
}

func (m *Module) readFunctions(r *reader) {
	n := r.count("functions", m.limits.Functions)
	for i := 0; i < n && r.err == nil; i++ {
		m.funcs = append(m.funcs, r.index("type", len(m.types)))
	}
}

func (m *Module) readTables(r *reader) {
	n := r.count("tables", m.limits.Tables)
	for i := 0; i < n && r.err == nil; i++ {
		at := r.pos
		t := tableDecl{ref: r.refType()}
		t.min, t.max, t.hasMax = r.bounds("table")
		if r.err == nil && int64(t.min) > int64(m.limits.TableEntries) {
			r.err = refuse(at, CodeLimit, "table %d starts with %d entries, at most %d are allowed", i, t.min, m.limits.TableEntries)
		}
		m.tables = append(m.tables, t)
	}
}

// mostPages is the size of a 32-bit memory.
const mostPages = 1 << 16

func (m *Module) readMemories(r *reader) {
	at := r.pos
	m.memories = r.count("memories", unbounded)
	if m.memories > 1 {
		r.err = refuse(at, CodeFeature, "module has %d memories; one is supported", m.memories)
	}
	if m.memories != 1 || r.err != nil {
		return
	}
	mem := &m.memory
	mem.at = r.pos
	mem.min, mem.max, mem.hasMax = r.bounds("memory")
	if r.err == nil && max(mem.min, mem.max) > mostPages {
		r.err = refuse(mem.at, CodeEncoding, "memory of more than %d pages of 64 KiB, which 32 bits cannot address", mostPages)
	}
	if r.err == nil && int64(mem.min) > int64(m.limits.MemoryPages) {
		r.err = refuse(mem.at, CodeLimit, "memory starts with %d pages of 64 KiB, the adapter may have %d", mem.min, m.limits.MemoryPages).
			hint("raise the adapter's memory limit, or build the module with a smaller initial memory")
	}
}

// Begins is the memory that a guest begins with, in bytes.
func (m *Module) Begins() int64 { return int64(m.memory.min) * limits.MemoryPageBytes }

// bounds reads limits: a flag, the minimum, perhaps the maximum.
// https://webassembly.github.io/spec/core/binary/types.html#limits
func (r *reader) bounds(what string) (least, most uint32, hasMost bool) {
	at := r.pos
	flag := r.byte()
	if r.err == nil && flag > 1 {
		r.pos = at
		switch {
		case flag == 2 || flag == 3:
			r.fail(CodeFeature, "%s is shared; threads are not enabled", what)
		case flag <= 7:
			r.fail(CodeFeature, "%s is 64-bit; memory64 is not enabled", what)
		default:
			r.fail(CodeEncoding, "%s limits start with 0x%02x", what, flag)
		}
	}
	least = r.u32()
	if flag == 1 {
		most, hasMost = r.u32(), true
	}
	if r.err == nil && hasMost && most < least {
		r.err = refuse(at, CodeEncoding, "%s has maximum %d below minimum %d", what, most, least)
	}
	return least, most, hasMost
}

func (m *Module) readGlobals(r *reader) {
	n := r.count("globals", m.limits.Globals)
	for i := 0; i < n && r.err == nil; i++ {
		if m.global(r, nil) {
			m.mutableGlobals++
		}
		m.globals++ // behind the expression, which may not refer to itself
	}
}

func (m *Module) global(r *reader, ref functionRef) (mutable bool) {
	r.valueType()
	flag := r.byte()
	if flag > 1 {
		r.pos--
		r.fail(CodeEncoding, "global has mutability 0x%02x", flag)
	}
	m.constExpr(r, ref)
	return flag == 1
}

func (m *Module) readExports(r *reader) {
	n := r.count("exports", m.limits.Exports)
	seen := map[string]bool{}
	for i := 0; i < n && r.err == nil; i++ {
		e := exportDecl{at: r.pos}
		e.name, e.kind = r.name(m.limits.NameBytes), r.byte()
		if r.err == nil && seen[e.name] {
			r.err = refuse(e.at, CodeDuplicate, "export %s appears twice", show(e.name))
		}
		seen[e.name] = true
		e.index = r.exportIndex(m, e.kind)
		m.exports = append(m.exports, e)
	}
}

func (r *reader) exportIndex(m *Module, kind byte) uint32 {
	switch kind {
	case kindFunc:
		return r.index("function", len(m.funcs))
	case kindTable:
		return r.index("table", len(m.tables))
	case kindMemory:
		return r.index("memory", m.memories)
	case kindGlobal:
		return r.index("global", m.globals)
	}
	r.fail(CodeEncoding, "export of kind 0x%02x", kind)
	return 0
}

func (m *Module) readStart(r *reader) {
	at := r.pos
	i := r.index("function", len(m.funcs))
	if r.err != nil {
		return
	}
	if t := m.types[m.funcs[i]]; len(t.Params)+len(t.Results) > 0 {
		r.err = refuse(at, CodeSignature, "start function has type %s, wanted () -> ()", t)
	}
	m.start = int(i)
}

func (m *Module) readDataCount(r *reader) { m.dataCount = r.segmentCount() }

// segmentCount reads an announced count; the segments themselves come later.
func (r *reader) segmentCount() int {
	at := r.pos
	n := r.u32()
	if r.err == nil && int64(n) > int64(len(r.buf)) {
		r.err = refuse(at, CodeTruncated, "%d data segments do not fit the file", n)
	}
	return int(n)
}

func (m *Module) readData(r *reader) {
	m.data = r.count("data segments", m.limits.Data)
	for i := 0; i < m.data && r.err == nil; i++ {
		switch form := r.u32(); {
		case form == 0:
			m.constExpr(r, nil)
		case form == 2:
			r.index("memory", m.memories)
			m.constExpr(r, nil)
		case form != 1:
			r.fail(CodeEncoding, "data segment %d has form %d", i, form)
		}
		m.dataSizes = append(m.dataSizes, len(r.bytes(r.u32())))
	}
}
