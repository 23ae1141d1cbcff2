package module

// subFunctionNames is the part of the name section that names functions.
// https://webassembly.github.io/spec/core/appendix/custom.html#name-section
const subFunctionNames byte = 1

// names returns a name section with the function names of the module under
// their new indices, for the engine's stack traces, or nothing. Names are a
// convenience that no validator has looked at: one that is not in order makes
// all of them disappear.
func (w *rewriter) names() []byte {
	for _, s := range w.m.sections {
		if s.id != secCustom || s.custom != "name" {
			continue
		}
		r := &reader{buf: w.m.raw, pos: s.customStart, end: s.end}
		for r.err == nil && r.left() > 0 {
			id := r.byte()
			size := r.u32()
			start := r.pos
			r.bytes(size)
			if id == subFunctionNames && r.err == nil {
				return nameSection(w.functionNames(&reader{buf: w.m.raw, pos: start, end: r.pos}))
			}
		}
		return nil
	}
	return nil
}

func (w *rewriter) functionNames(r *reader) []byte {
	n := r.count("function names", len(w.m.funcs))
	out := appendU32(nil, uint32(n))
	next := 0
	for i := 0; i < n && r.err == nil; i++ {
		f := r.index("function", len(w.m.funcs))
		name := r.name(w.m.limits.NameBytes)
		if int(f) < next {
			return nil // indices must ascend
		}
		next = int(f) + 1
		out = appendName(appendU32(out, w.function(f)), name)
	}
	if r.err != nil || r.left() > 0 {
		return nil
	}
	return out
}

func nameSection(functions []byte) []byte {
	if functions == nil {
		return nil
	}
	return appendSection(appendName(nil, "name"), subFunctionNames, functions)
}
