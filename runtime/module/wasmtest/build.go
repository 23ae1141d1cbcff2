package wasmtest

import (
	"fmt"
	"strings"
)

// Build encodes the module. The same calls give the same bytes.
func (b *Builder) Build() []byte {
	var out strings.Builder
	out.WriteString(Header)
	vector := func(id byte, items []string) {
		if len(items) > 0 {
			out.WriteString(Section(id, Vec(items...)))
		}
	}
	typeIdx, bodies := b.functions()
	vector(SecType, b.types)
	vector(SecImport, b.imports)
	vector(SecFunction, typeIdx)
	vector(SecTable, b.tables)
	if b.memory != "" {
		vector(SecMemory, []string{b.memory})
	}
	vector(SecGlobal, b.globals)
	vector(SecExport, b.exports)
	if b.start != "" {
		out.WriteString(Section(SecStart, b.start))
	}
	vector(SecElement, b.elements)
	if b.passive {
		out.WriteString(Section(SecDataCount, U32(uint32(len(b.data)))))
	}
	vector(SecCode, bodies)
	vector(SecData, b.data)
	for _, c := range b.customs {
		out.WriteString(Section(SecCustom, c))
	}
	return []byte(out.String())
}

func (b *Builder) functions() (typeIdx, bodies []string) {
	for i, f := range b.funcs {
		if !f.defined {
			panic(fmt.Sprintf("wasmtest: function %d declared and never defined", len(b.imports)+i))
		}
		typeIdx = append(typeIdx, U32(f.typ))
		bodies = append(bodies, Name(f.body))
	}
	return typeIdx, bodies
}
