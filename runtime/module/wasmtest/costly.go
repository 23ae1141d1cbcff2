package wasmtest

import "strings"

// Shape is a kind of module that costs a compiler more than its bytes show.
type Shape struct {
	Name string
	// Build makes one with n of what costs, in one function. One of them takes two to twelve bytes.
	Build func(n int) []byte
}

// wide is how many values the types of costly shapes have: as many as the standard lets engines refuse beyond.
const wide = 1000

// Costly lists the shapes: each is there because an engine's compiler took gigabytes or minutes for it.
func Costly() []Shape {
	return []Shape{
		{"calls with many values", wideCalls},
		{"calls through a table with many values", wideIndirectCalls},
		{"a table of branches that carry values", wideTable},
		{"branches that carry values", wideBranches},
		{"blocks with many values", wideBlocks},
		{"ifs with many values", wideIfs},
		{"loops with many values", wideLoops},
		{"small loops", smallLoops},
		{"small loops in one another", nestedLoops},
		{"variables that change in many blocks", changedVariables},
		{"calls beside many globals", callsBesideGlobals},
		{"addresses known in many blocks", knownAddresses},
		{"copies of memory", memoryCopies},
		{"types of many values", wideTypes},
	}
}

// zeros pushes n zeros.
func zeros(n int) Code { return Code(strings.Repeat(string(I32Const(0)), n)) }

func drops(n int) Code { return Code(strings.Repeat(string(Drop), n)) }

func times(n int, c Code) Code { return Code(strings.Repeat(string(c), n)) }

// typedBlock is a block, loop or if of a type by its index.
func typedBlock(op byte, typ uint32, body Code) Code {
	return Code(op) + Code(S64(int64(typ))) + body + End
}

func wideCalls(n int) []byte {
	b := New()
	f := b.Func("", I32x(wide), I32x(wide), "", getAll())
	b.Main("", zeros(wide), times(n, Call(f)), drops(wide))
	return b.Build()
}

func wideIndirectCalls(n int) []byte {
	b := New()
	f := b.Func("", I32x(wide), I32x(wide), "", getAll())
	b.Elem(b.Table(FuncRef, 1), 0, f)
	b.Main("", zeros(wide), times(n, I32Const(0)+CallIndirect(b.Type(I32x(wide), I32x(wide)), 0)), drops(wide))
	return b.Build()
}

// getAll pushes the parameters.
func getAll() (c Code) {
	for i := range uint32(wide) {
		c += LocalGet(i)
	}
	return c
}

func wideTable(n int) []byte {
	b := New()
	typ := b.Type("", I32x(wide))
	b.Main("", typedBlock(0x02, typ, zeros(wide)+I32Const(0)+BrTable(make([]uint32, n)...)), drops(wide))
	return b.Build()
}

func wideBranches(n int) []byte {
	b := New()
	typ := b.Type("", I32x(wide))
	b.Main("", typedBlock(0x02, typ, zeros(wide)+times(n, I32Const(0)+BrIf(0))), drops(wide))
	return b.Build()
}

func wideBlocks(n int) []byte {
	b := New()
	typ := b.Type(I32x(wide), I32x(wide))
	b.Main("", zeros(wide), times(n, typedBlock(0x02, typ, "")), drops(wide))
	return b.Build()
}

func wideIfs(n int) []byte {
	b := New()
	typ := b.Type(I32x(wide), I32x(wide))
	b.Main("", zeros(wide), times(n, I32Const(0)+typedBlock(0x04, typ, "")), drops(wide))
	return b.Build()
}

func wideLoops(n int) []byte {
	b := New()
	typ := b.Type(I32x(wide), I32x(wide))
	b.Main("", zeros(wide), times(n, typedBlock(0x03, typ, "")), drops(wide))
	return b.Build()
}

func smallLoops(n int) []byte {
	b := New()
	b.Main("", times(n, Loop(I32Const(0)+BrIf(0))))
	return b.Build()
}

func nestedLoops(n int) []byte {
	const deep = 100
	b := New()
	nest := times(deep, "\x03\x40") + times(deep, I32Const(0)+BrIf(0)+End)
	b.Main("", times(max(1, n/deep), nest))
	return b.Build()
}

func changedVariables(n int) []byte {
	const locals = 200
	b := New()
	var change Code
	for i := range uint32(locals) {
		change += LocalGet((i+1)%locals) + LocalSet(i)
	}
	b.Main(I32x(locals), Loop(change, times(n, Block(LocalGet(0), BrIf(0), LocalGet(1), LocalSet(0))), LocalGet(0), BrIf(0)))
	return b.Build()
}

func callsBesideGlobals(n int) []byte {
	b := New()
	for range wide {
		b.Global(I32, true, I32Const(0))
	}
	f := b.Func("", "", "", "")
	b.Main("", times(n, Call(f)))
	return b.Build()
}

func knownAddresses(n int) []byte {
	b := New()
	b.Main("", times(n/2, I32Const(8)+"\x28\x02\x00"+Drop), times(n/2, Block()))
	return b.Build()
}

func memoryCopies(n int) []byte {
	b := New()
	b.Main("", times(n, zeros(3)+"\xfc\x0a\x00\x00"))
	return b.Build()
}

func wideTypes(n int) []byte {
	const most = 2000
	b := New()
	for i := range min(n, most) {
		var distinct Types
		for bit := range 11 {
			distinct += I32 + Types(byte(I32[0])-byte(i>>bit&1)) // i32 or i64
		}
		b.Type(distinct+I32x(wide-len(distinct)), "")
	}
	b.Main("")
	return b.Build()
}
