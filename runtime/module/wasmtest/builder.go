package wasmtest

import "fmt"

// dataStart leaves the first KiB unused, so that 0 is never a good pointer.
const dataStart = 1024

// Kinds of export, for [Builder.Export].
const (
	KindFunc byte = iota
	KindTable
	KindMemory
	KindGlobal
)

// Builder collects the parts of one module. The zero value is an empty module;
// [New] adds the memory that every guest needs. Build may be called repeatedly.
type Builder struct {
	types    []string
	imports  []string
	funcs    []function
	tables   []string
	memory   string
	globals  []string
	exports  []string
	start    string
	elements []string
	data     []string
	passive  bool // data segments are announced
	customs  []string
	next     int // first free byte of memory
}

type function struct {
	typ     uint32
	body    string
	defined bool
}

// New starts a module with one page of memory, without maximum, exported as "memory".
func New() *Builder {
	b := &Builder{next: dataStart}
	b.Memory(1)
	b.Export("memory", KindMemory, 0)
	return b
}

// Type returns the index of a function type, adding it when it is new.
func (b *Builder) Type(params, results Types) uint32 {
	enc := "\x60" + Name(string(params)) + Name(string(results))
	for i, t := range b.types {
		if t == enc {
			return uint32(i)
		}
	}
	b.types = append(b.types, enc)
	return uint32(len(b.types) - 1)
}

// Import adds an imported function and returns its index. All imports come
// before the first function.
func (b *Builder) Import(module, name string, params, results Types) uint32 {
	if len(b.funcs) > 0 {
		panic("wasmtest: import " + module + "." + name + " after a function: indices would shift")
	}
	b.imports = append(b.imports, Name(module)+Name(name)+"\x00"+U32(b.Type(params, results)))
	return uint32(len(b.imports) - 1)
}

// ProcExit imports WASI's proc_exit, (code) -> ().
func (b *Builder) ProcExit() uint32 {
	return b.Import("wasi_snapshot_preview1", "proc_exit", I32, "")
}

// Func adds a function and returns its index. A name other than "" exports it.
// The closing end is added; locals are those after the parameters.
func (b *Builder) Func(export string, params, results, locals Types, body ...Code) uint32 {
	fn := b.Declare(params, results)
	b.Define(fn, locals, body...)
	if export != "" {
		b.Export(export, KindFunc, fn)
	}
	return fn
}

// Main adds the exported function _start, () -> ().
func (b *Builder) Main(locals Types, body ...Code) uint32 {
	return b.Func("_start", "", "", locals, body...)
}

// Declare reserves a function index, for functions that call each other.
func (b *Builder) Declare(params, results Types) uint32 {
	b.funcs = append(b.funcs, function{typ: b.Type(params, results)})
	return uint32(len(b.imports) + len(b.funcs) - 1)
}

// Define gives a declared function its locals and body.
func (b *Builder) Define(fn uint32, locals Types, body ...Code) {
	f := &b.funcs[int(fn)-len(b.imports)]
	if f.defined {
		panic(fmt.Sprintf("wasmtest: function %d defined twice", fn))
	}
	runs := make([]string, len(locals))
	for i := range locals {
		runs[i] = U32(1) + string(locals[i:i+1])
	}
	f.body, f.defined = Vec(runs...)+string(join(body)+End), true
}

// Memory sets the memory: least and, optionally, most pages of 64 KiB.
func (b *Builder) Memory(pages ...uint32) { b.memory = limits(pages) }

// NoMemory takes the memory and all exports made so far away.
func (b *Builder) NoMemory() { b.memory, b.exports = "", nil }

// Table adds a table of funcref or externref with least and, optionally, most
// entries and returns its index.
func (b *Builder) Table(ref Types, entries ...uint32) uint32 {
	b.tables = append(b.tables, string(ref)+limits(entries))
	return uint32(len(b.tables) - 1)
}

// Global adds a global with a constant initial value and returns its index.
func (b *Builder) Global(t Types, mutable bool, initial Code) uint32 {
	mut := "\x00"
	if mutable {
		mut = "\x01"
	}
	b.globals = append(b.globals, string(t)+mut+string(initial+End))
	return uint32(len(b.globals) - 1)
}

// Elem places functions in a funcref table, table 0 in the short form.
func (b *Builder) Elem(table, offset uint32, fns ...uint32) {
	items := make([]string, len(fns))
	for i, fn := range fns {
		items[i] = U32(fn)
	}
	at := string(I32Const(offset) + End)
	if table == 0 {
		b.RawElem("\x00" + at + Vec(items...))
		return
	}
	b.RawElem("\x02" + U32(table) + at + "\x00" + Vec(items...))
}

// RawElem adds an encoded element segment, for the six other forms.
func (b *Builder) RawElem(segment string) { b.elements = append(b.elements, segment) }

// Data writes bytes to memory at an address when the module is instantiated.
func (b *Builder) Data(address int, content string) {
	b.data = append(b.data, "\x00"+string(I32Const(address)+End)+Name(content))
}

// Passive adds a data segment for memory.init and returns its index.
func (b *Builder) Passive(content string) uint32 {
	b.passive = true
	b.data = append(b.data, "\x01"+Name(content))
	return uint32(len(b.data) - 1)
}

// String places s in memory and returns its address and length.
func (b *Builder) String(s string) (ptr, n int) {
	ptr = b.Reserve(len(s))
	b.Data(ptr, s)
	return ptr, len(s)
}

// Reserve sets n bytes of memory aside, 8-aligned, and returns their address.
// The memory does not grow by itself: ask for pages with [Builder.Memory].
func (b *Builder) Reserve(n int) int {
	ptr := max(b.next, dataStart)
	b.next = ptr + (n+7)&^7
	return ptr
}

// Export adds an export of something by kind and index.
func (b *Builder) Export(name string, kind byte, index uint32) {
	b.exports = append(b.exports, Name(name)+string([]byte{kind})+U32(index))
}

// StartSection makes fn run before any export can be called.
func (b *Builder) StartSection(fn uint32) { b.start = U32(fn) }

// Custom adds a custom section at the end of the module.
func (b *Builder) Custom(name, content string) { b.customs = append(b.customs, Name(name)+content) }

func limits(bounds []uint32) string {
	if len(bounds) > 1 {
		return "\x01" + U32(bounds[0]) + U32(bounds[1])
	}
	return "\x00" + U32(bounds[0])
}
