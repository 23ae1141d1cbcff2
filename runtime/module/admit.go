package module

import (
	"cmp"
	"crypto/sha256"
	"maps"
	"slices"
	"strings"
)

// Import module of the meter, which only [Module.Instrument] may import.
const (
	MeterModule   = "innkeeper:meter@1"
	MeterFunction = "checkpoint" // () -> ()
)

// Admit decodes a module and holds it against the policy. It refuses with an
// [*Error]. The module keeps raw, which must not change afterwards.
func Admit(raw []byte, policy Policy) (*Module, error) {
	lim := policy.Limits
	if lim == (Limits{}) {
		lim = DefaultLimits()
	}
	m, err := decode(raw, lim)
	if err != nil {
		return nil, err
	}
	if err := m.admit(policy.Families); err != nil {
		return nil, err
	}
	m.Hash = sha256.Sum256(raw)
	return m, nil
}

func (m *Module) admit(families map[string]Family) *Error {
	for _, imp := range m.imports {
		if err := m.checkImport(imp, families); err != nil {
			return err
		}
	}
	if err := m.checkExports(); err != nil {
		return err
	}
	_, err := manifestOf(m.sections)
	return err
}

func (m *Module) checkImport(imp importDecl, families map[string]Family) *Error {
	family, known := families[imp.module]
	module, name := show(imp.module), show(imp.name)
	switch {
	case imp.module == MeterModule:
		return refuse(imp.at, CodeUnknownFamily, "module imports %s.%s, which the host adds by itself", module, name)
	case !known:
		return unknownFamily(imp, families)
	case !family.Granted:
		return refuse(imp.at, CodeNotGranted, "module imports %s.%s, but family %s is not granted",
			module, name, family.Name).hint("%s", family.Hint)
	}
	wanted, known := family.Functions[imp.name]
	if !known {
		return unknownFunction(imp, family)
	}
	got := m.types[imp.typ]
	if !slices.Equal(got.Params, wanted.Params) || !slices.Equal(got.Results, wanted.Results) {
		return refuse(imp.at, CodeSignature, "%s.%s has type %s, the module declares %s",
			family.Name, name, wanted, got).
			hint("build the module against the interface of this version of the host")
	}
	return nil
}

func unknownFamily(imp importDecl, families map[string]Family) *Error {
	module := show(imp.module)
	err := refuse(imp.at, CodeUnknownFamily, "module imports %s.%s, but there is no %s", module, show(imp.name), module)
	if near := nearest(imp.module, slices.Collect(maps.Keys(families))); near != "" {
		return err.hint("did you mean %s?", near)
	}
	return err.hint("there are %s", strings.Join(slices.Sorted(maps.Keys(families)), ", "))
}

func unknownFunction(imp importDecl, family Family) *Error {
	name := show(imp.name)
	err := refuse(imp.at, CodeUnknownFunction, "module imports %s.%s, but family %s has no function %s",
		show(imp.module), name, family.Name, name)
	if near := nearest(imp.name, slices.Collect(maps.Keys(family.Functions))); near != "" {
		return err.hint("did you mean %s.%s %s?", family.Name, near, family.Functions[near])
	}
	return err
}

// checkExports asks for what a WASI command has: _start and memory.
// https://github.com/WebAssembly/WASI/blob/wasi-0.1/application-abi.md
func (m *Module) checkExports() *Error {
	if m.memories == 0 {
		return refuse(len(m.raw), CodeExport, "module has no memory")
	}
	start, found := m.export("_start")
	if !found {
		err := refuse(len(m.raw), CodeExport, "module does not export _start")
		if _, reactor := m.export("_initialize"); reactor {
			return err.hint("module is a reactor; build it as a command (for Go: without -buildmode=c-shared)")
		}
		return err.hint("build it as a command for wasm32-wasip1 (for Go: GOOS=wasip1 GOARCH=wasm go build)")
	}
	if start.kind != kindFunc {
		return refuse(start.at, CodeExport, "export _start is a %s, wanted a function () -> ()", kindName(start.kind))
	}
	if t := m.types[m.funcs[start.index]]; len(t.Params)+len(t.Results) > 0 {
		return refuse(start.at, CodeExport, "export _start has type %s, wanted () -> ()", t)
	}
	if mem, found := m.export("memory"); !found || mem.kind != kindMemory {
		return refuse(len(m.raw), CodeExport, "module does not export its memory under the name memory")
	}
	return nil
}

func (m *Module) export(name string) (exportDecl, bool) {
	for _, e := range m.exports {
		if e.name == name {
			return e, true
		}
	}
	return exportDecl{}, false
}

// nearest returns the candidate with the smallest edit distance, if it is small
// enough to be a slip: at most a third of the word.
func nearest(word string, candidates []string) string {
	if len(word) > 64 {
		return ""
	}
	slices.Sort(candidates)
	best, distance := "", len(word)/3+1
	for _, c := range candidates {
		if d := editDistance(word, c); d < distance {
			best, distance = c, d
		}
	}
	return best
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal + min(1, abs(cmp.Compare(a[i], b[j])))
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func abs(n int) int { return max(n, -n) }
