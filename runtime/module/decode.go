package module

import "crypto/sha256"

// Module is a file that was admitted: decoded, within bounds, importing only
// what was granted. It keeps the file's bytes, which must not change.
type Module struct {
	// Hash is the SHA-256 of the file.
	Hash [sha256.Size]byte

	raw      []byte
	limits   Limits
	sections []section

	types          []FuncType
	imports        []importDecl // all of them functions
	funcs          []uint32     // type index of every function, imports first
	tables         []tableDecl
	memory         memoryDecl
	memories       int
	globals        int
	mutableGlobals int
	exports        []exportDecl
	start          int   // index of the start function, or -1
	data           int   // segments
	dataSizes      []int // bytes of each of them
	elemSizes      []int // items of each element segment
	dataCount      int   // as declared, or -1
	bodies         []body
	callees        []uint32 // direct calls of all bodies, in order of the code
	bulks          []bulk   // what the guest moves in strides, each once
}

type importDecl struct {
	at           int // byte offset
	module, name string
	typ          uint32
}

type tableDecl struct {
	ref      ValueType
	min, max uint32
	hasMax   bool
}

type memoryDecl struct {
	at       int // byte offset
	min, max uint32
	hasMax   bool
}

type exportDecl struct {
	at    int
	name  string
	kind  byte
	index uint32
}

// Kinds of imports and exports.
const (
	kindFunc byte = iota
	kindTable
	kindMemory
	kindGlobal
	kindTag
)

func kindName(kind byte) string {
	names := [...]string{"function", "table", "memory", "global", "tag"}
	if int(kind) < len(names) {
		return names[kind]
	}
	return "thing of unknown kind"
}

// decode reads everything but the code, which [Module.scanCode] does.
func decode(raw []byte, lim Limits) (*Module, *Error) {
	if len(raw) > lim.Bytes {
		return nil, tooManyBytes(raw, lim.Bytes)
	}
	sections, err := splitSections(raw, lim)
	if err != nil {
		return nil, err
	}
	m := &Module{raw: raw, limits: lim, sections: sections, start: -1, dataCount: -1}
	var code section
	for _, s := range sections {
		if s.id == secCode {
			code = s
		}
		if err := m.decodeSection(s); err != nil {
			return nil, err
		}
	}
	if err := m.checkCounts(); err != nil {
		return nil, err
	}
	return m, m.scanCode(code)
}

func (m *Module) decodeSection(s section) *Error {
	read := map[byte]func(*reader){
		secType: m.readTypes, secImport: m.readImports, secFunction: m.readFunctions,
		secTable: m.readTables, secMemory: m.readMemories, secGlobal: m.readGlobals,
		secExport: m.readExports, secStart: m.readStart, secElement: m.readElements,
		secCode: m.splitBodies, secData: m.readData, secDataCount: m.readDataCount,
	}[s.id]
	if read == nil {
		return nil // custom
	}
	r := &reader{buf: m.raw, pos: s.start, end: s.end}
	read(r)
	if r.err == nil && r.left() > 0 {
		r.fail(CodeSize, "section[%s] has %d bytes behind its content", sectionName(s.id), r.left())
	}
	if r.err != nil && r.err.Code == CodeTruncated {
		r.err.Msg = "section[" + sectionName(s.id) + "] " + r.err.Msg
	}
	return r.err
}

// checkCounts compares what different sections say about the same thing.
func (m *Module) checkCounts() *Error {
	at := len(m.raw)
	if declared := len(m.funcs) - len(m.imports); declared != len(m.bodies) {
		return refuse(at, CodeMismatch, "%d functions are declared, %d have a body", declared, len(m.bodies))
	}
	if m.dataCount >= 0 && m.dataCount != m.data {
		return refuse(at, CodeMismatch, "%d data segments are announced, %d are there", m.dataCount, m.data)
	}
	return nil
}
