package module

import "innkeeper/runtime/limits"

// Meter says how [Module.Instrument] bounds a run.
type Meter struct {
	// Budget is the work that may pass between two checkpoints, in units of
	// [limits.MeterUnit]; 0 stands for [limits.MeterBudget].
	Budget int32

	// MaxPages caps the memory, in pages of 64 KiB. A smaller maximum of the
	// module's own stays.
	MaxPages uint32
}

// Instrument returns the module as it may be compiled: metered, with capped
// memory and tables, and without custom sections other than function names.
// It imports [MeterModule].[MeterFunction] beside what it imported before; the
// host must offer that as () -> (), and ends the guest by a panic in it. The
// same module and meter give the same bytes.
//
// Types are left to the engine: it refuses the result if it would have refused
// the module.
func (m *Module) Instrument(opt Meter) ([]byte, error) {
	if opt.Budget == 0 {
		opt.Budget = limits.MeterBudget
	}
	if opt.Budget < 0 {
		return nil, refuse(0, CodeMeter, "meter budget %d is negative", opt.Budget)
	}
	if m.memory.min > min(opt.MaxPages, mostPages-1) {
		return nil, refuse(m.memory.at, CodeLimit, "memory starts with %d pages of 64 KiB, the adapter may have %d",
			m.memory.min, min(opt.MaxPages, mostPages-1)).hint("raise the adapter's memory limit")
	}
	return newRewriter(m, opt).instrument()
}

// rewriter makes the instrumented copy of a module.
type rewriter struct {
	m   *Module
	opt Meter

	checkpoint uint32 // function index of the added import, the last of the imports
	counter    uint32 // global index of the added counter, the last of the globals

	charged charged // what the code costs its compiler
	refused *Error  // because of that
}

func newRewriter(m *Module, opt Meter) *rewriter {
	return &rewriter{m: m, opt: opt, checkpoint: uint32(len(m.imports)), counter: uint32(m.globals)}
}

// instrument makes the copy, unless it would cost its compiler too much.
func (w *rewriter) instrument() ([]byte, error) {
	out := w.module()
	if w.refused != nil {
		return nil, w.refused
	}
	return out, nil
}

// function returns the new index of a function: those with a body move up by one.
func (w *rewriter) function(index uint32) uint32 {
	if index >= w.checkpoint {
		return index + 1
	}
	return index
}

// module assembles all sections in the order of the standard. Sections that
// the module did not have, but the meter needs, appear where they belong.
func (w *rewriter) module() []byte {
	out := make([]byte, 0, len(w.m.raw)+len(w.m.raw)/3+256)
	out = append(out, coreHeader...)
	for _, id := range []byte{secType, secImport, secFunction, secTable, secMemory, secGlobal,
		secExport, secStart, secElement, secDataCount, secCode, secData} {
		old, found := w.m.section(id)
		switch id {
		case secImport:
			out = appendSection(out, id, w.imports(old, found))
		case secGlobal:
			out = appendSection(out, id, w.globals(old, found))
		case secStart: // startFunction calls it
		default:
			if found {
				out = appendSection(out, id, w.section(old))
			}
		}
	}
	if names := w.names(); names != nil {
		out = appendSection(out, secCustom, names)
	}
	return out
}

func (m *Module) section(id byte) (section, bool) {
	for _, s := range m.sections {
		if s.id == id {
			return s, true
		}
	}
	return section{}, false
}

// section returns the new content of a section that the module has.
func (w *rewriter) section(s section) []byte {
	switch s.id {
	case secType:
		return w.types(s)
	case secFunction:
		return w.functions(s)
	case secTable:
		return w.tables()
	case secMemory:
		return w.memory()
	case secExport:
		return w.exports()
	case secElement:
		return w.renumber(s, func(r *reader, ref functionRef) { w.m.walkElements(r, ref) })
	case secCode:
		return w.code()
	case secData:
		return w.data(s)
	}
	return w.m.raw[s.start:s.end]
}

// imports adds the checkpoint behind the others. Its type is that of _start.
func (w *rewriter) imports(s section, found bool) []byte {
	out := appendU32(nil, uint32(len(w.m.imports)+1))
	if found {
		out = append(out, w.items(s)...)
	}
	out = appendName(appendName(out, MeterModule), MeterFunction)
	start, _ := w.m.export("_start")
	return appendU32(append(out, kindFunc), w.m.funcs[start.index])
}

// globals adds the counter behind the others.
func (w *rewriter) globals(s section, found bool) []byte {
	out := appendU32(nil, uint32(w.m.globals+1))
	if found {
		s.start = s.end - len(w.items(s))
		out = append(out, w.renumber(s, func(r *reader, ref functionRef) {
			for range w.m.globals {
				w.m.global(r, ref)
			}
		})...)
	}
	out = append(out, byte(I32), 1, opI32Const)
	return append(appendS32(out, w.opt.Budget), opEnd)
}

// types adds those of the bulk functions behind the others.
func (w *rewriter) types(s section) []byte {
	out := append(appendU32(nil, uint32(len(w.m.types)+len(w.m.bulks))), w.items(s)...)
	for _, b := range w.m.bulks {
		out = append(out, 0x60, 3, byte(I32), byte(b.second(w.m)), byte(I32), 0)
	}
	return out
}

// functions adds those of the meter behind the others.
func (w *rewriter) functions(s section) []byte {
	out := append(appendU32(nil, uint32(len(w.m.bodies)+w.added())), w.items(s)...)
	for i := range w.m.bulks {
		out = appendU32(out, w.bulkType(i))
	}
	if w.m.start >= 0 {
		out = appendU32(out, w.m.funcs[w.m.start])
	}
	return out
}

// added is the number of functions with a body that the meter adds.
func (w *rewriter) added() int {
	n := len(w.m.bulks)
	if w.m.start >= 0 {
		n++
	}
	return n
}

// startFunction returns the body of what is exported as _start in the place of the module's own, when there is a start section:
// it calls both. So all code of a guest runs in one call, whose stack the host can see.
func (w *rewriter) startFunction() []byte {
	start, _ := w.m.export("_start")
	out := appendU32([]byte{0, opCall}, w.function(uint32(w.m.start)))
	out = appendU32(append(out, opCall), w.function(start.index))
	return append(out, opEnd)
}

// items returns the content of a section without the count before it.
func (w *rewriter) items(s section) []byte {
	r := &reader{buf: w.m.raw, pos: s.start, end: s.end}
	r.u32()
	return w.m.raw[r.pos:s.end]
}

func (w *rewriter) tables() []byte {
	most := uint32(w.m.limits.TableEntries)
	out := appendU32(nil, uint32(len(w.m.tables)))
	for _, t := range w.m.tables {
		if t.hasMax {
			out = appendBounds(append(out, byte(t.ref)), t.min, min(t.max, most))
		} else {
			out = appendBounds(append(out, byte(t.ref)), t.min, most)
		}
	}
	return out
}

// memory caps the memory. One page less than 4 GiB is the most, so that no end of an area is beyond 32 bits.
func (w *rewriter) memory() []byte {
	most := min(w.opt.MaxPages, mostPages-1)
	if w.m.memory.hasMax {
		most = min(most, w.m.memory.max)
	}
	return appendBounds([]byte{1}, w.m.memory.min, most)
}

func appendBounds(out []byte, least, most uint32) []byte {
	return appendU32(appendU32(append(out, 1), least), most)
}

func (w *rewriter) exports() []byte {
	out := appendU32(nil, uint32(len(w.m.exports)))
	for _, e := range w.m.exports {
		out = append(appendName(out, e.name), e.kind)
		if e.kind == kindFunc {
			e.index = w.function(e.index)
			if e.name == "_start" && w.m.start >= 0 {
				e.index = w.bulkIndex(len(w.m.bulks))
			}
		}
		out = appendU32(out, e.index)
	}
	return out
}

// renumber copies a section and replaces the function indices that walk finds.
func (w *rewriter) renumber(s section, walk func(*reader, functionRef)) []byte {
	out := make([]byte, 0, s.end-s.start+64)
	copied := s.start
	walk(&reader{buf: w.m.raw, pos: s.start, end: s.end}, func(start, end int, index uint32) {
		out = append(out, w.m.raw[copied:start]...)
		out = appendU32(out, w.function(index))
		copied = end
	})
	return append(out, w.m.raw[copied:s.end]...)
}
