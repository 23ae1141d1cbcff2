package module

import "innkeeper/runtime/limits"

// What a module costs its compiler.
//
// The engine's compiler allocates for each instruction, but also for each value that a call, a branch or a block takes and leaves, for
// each mutable global behind each call, and at each basic block for whatever is alive there. Types of a thousand values, tables of
// branches and the code that the meter adds make gigabytes out of some kilobytes that way. What follows counts those things in the
// code as it will be compiled, metered, and adds up what each takes at most, in bytes. cost_test.go holds the sum against what the
// engine allocates.
const (
	costInstruction = 640 // with what it becomes in both of the compiler's representations
	costValue       = 512 // of a call, a branch or a block
	costGlobal      = 192 // each mutable global, behind each call
	costAlive       = 96  // each value that is alive, at each basic block
	costKnown       = 32  // each address whose bounds are known, at each basic block
	costBlockPair   = 1   // each two basic blocks of a function: what is computed of the graph as a whole
	costFunction    = 4 << 10
	costLocal       = 64

	// costSignature is what each type costs each function, and each pair of values of one type costs once: the engine makes a name of
	// every type, value by value.
	costSignature = 8
	costTypePair  = 2
)

// bulkParams is how many parameters the meter's own functions have.
const bulkParams = 3

// costOfLong is how many instructions more a long one becomes.
const costOfLong = 10

// costOfBulk is how many instructions and basic blocks one that moves memory or table entries becomes.
const costOfBulk, blocksOfBulk = 48, 8

// costs adds up what functions cost.
type costs struct {
	w       *rewriter
	globals int // mutable ones, with the meter's
	frames  []costFrame
	reached reached
	in      instr

	instructions, blocks, values, calls, alive, known uint64 // of one function
}

// costFrame is a block that is open.
type costFrame struct {
	loop            bool
	oneArmed        bool // an if without an else so far
	params, results int
	height          int     // of the operand stack below the parameters
	before          reached // as it was when the block began
	least           int     // the fewest addresses that are known where a branch comes from; -1 for no branch
}

// reached is what is known at a place in the code.
type reached struct {
	height int  // of the operand stack
	known  int  // addresses whose bounds were looked at
	dead   bool // no way leads here
}

func newCosts(w *rewriter) *costs {
	return &costs{w: w, globals: w.m.mutableGlobals + 1}
}

// once is what the types cost, which is paid once and for each function.
func (c *costs) once() (all uint64) {
	for _, t := range c.w.m.types {
		n := uint64(len(t.Params) + len(t.Results))
		all += costTypePair*n*n + costValue
	}
	perFunction := uint64(len(c.w.m.types)+c.w.m.globals) * costSignature
	return all + uint64(len(c.w.m.bodies))*perFunction
}

// body returns what one function with a body costs, and code is its instructions.
func (c *costs) body(i int, code []byte) uint64 {
	m := c.w.m
	t, locals := m.types[m.funcs[len(m.imports)+i]], m.bodies[i].locals+1 // with the meter's
	c.instructions, c.blocks, c.values, c.calls, c.alive, c.known = 0, 2, 0, 0, 0, 0
	c.reached = reached{}
	c.frames = append(c.frames[:0], costFrame{results: len(t.Results), least: -1})
	r := &reader{buf: code, end: len(code)}
	for len(c.frames) > 0 && r.err == nil {
		r.instr(&c.in)
		c.instructions++
		c.instruction(int(locals))
	}
	return costFunction + costLocal*uint64(locals) + costInstruction*c.instructions + costValue*c.values +
		costGlobal*c.calls*uint64(c.globals) + costAlive*c.alive + costKnown*c.known + costBlockPair*c.blocks*c.blocks
}

// block counts n basic blocks that begin here.
func (c *costs) block(n, locals int) {
	c.blocks += uint64(n)
	c.alive += uint64(n) * uint64(locals+max(c.reached.height, 0))
	c.known += uint64(n) * uint64(c.reached.known)
}

func (c *costs) instruction(locals int) {
	switch in := &c.in; in.op {
	case opBlock, opLoop, opIf:
		c.open(locals)
	case opElse:
		c.otherwise()
	case opEnd:
		c.end(locals)
	case opBr:
		c.branch(in.index)
		c.leave()
	case opBrIf:
		c.reached.height--
		c.branch(in.index)
		c.block(1, locals)
	case opBrTable:
		c.reached.height--
		for _, label := range in.labels {
			c.branch(label)
			c.block(1, locals)
		}
		c.leave()
	case opReturn:
		c.values += uint64(c.frames[0].results)
		c.leave()
	case opUnreachable:
		c.leave()
	case opCall:
		c.call(c.w.typeOf(in.index))
	case opCallIndirect:
		c.reached.height--
		c.instructions += costOfBulk
		c.call(c.w.m.types[in.index])
	case opMemoryGrow:
		c.calls++
	default:
		c.plain(locals)
	}
}

// plain counts an instruction that goes on with the next one.
func (c *costs) plain(locals int) {
	in := &c.in
	if in.bulk() || in.op == opTableGet || in.op == opTableSet {
		c.instructions += costOfBulk
		c.block(blocksOfBulk, locals)
		c.calls++
	}
	if operandsOf[in.op] == argMemory || in.op == opPrefixVector {
		c.reached.known++
	}
	if c.long() {
		c.instructions += costOfLong
	}
	c.reached.height += stackEffect(in)
}

// long reports whether the instruction becomes many: those that check what they are given before they work.
func (c *costs) long() bool {
	switch op := c.in.op; {
	case op == opPrefixVector, op == opPrefixMisc, operandsOf[op] == argMemory:
		return true
	case op >= opI32DivS && op <= opI32RemU, op >= opI64DivS && op <= opI64RemU:
		return true
	case op >= opTruncFirst && op <= opTruncLast:
		return true
	}
	return false
}

func (c *costs) call(t FuncType) {
	c.calls++
	c.values += uint64(len(t.Params)+len(t.Results)) + 2
	c.reached.height += len(t.Results) - len(t.Params)
}

// blockType returns how many values a block takes and leaves.
func (c *costs) blockType() (params, results int) {
	switch {
	case c.in.typed && int(c.in.index) >= len(c.w.m.types): // one that the meter added
		return bulkParams, 0
	case c.in.typed:
		t := c.w.m.types[c.in.index]
		return len(t.Params), len(t.Results)
	case c.in.void:
		return 0, 0
	}
	return 0, 1
}

func (c *costs) open(locals int) {
	begins := 1
	switch c.in.op {
	case opLoop:
		begins = 2
	case opIf:
		begins = 3
		c.reached.height--
	}
	params, results := c.blockType()
	c.values += uint64(params + results)
	c.block(begins, locals)
	c.frames = append(c.frames, costFrame{
		loop: c.in.op == opLoop, oneArmed: c.in.op == opIf, params: params, results: results, height: c.reached.height - params, before: c.reached, least: -1,
	})
}

func (c *costs) top() *costFrame { return &c.frames[len(c.frames)-1] }

// otherwise begins the other arm of an if.
func (c *costs) otherwise() {
	f := c.top()
	c.values += uint64(f.results)
	c.arrive(f)
	c.reached, f.oneArmed = f.before, false
}

// end goes on behind a block, where only what is known on every way is known.
func (c *costs) end(locals int) {
	f := c.top()
	c.values += uint64(f.results)
	c.arrive(f)
	if f.oneArmed {
		c.reached = f.before
		c.arrive(f)
	}
	c.reached = reached{height: f.height + f.results, known: max(f.least, 0), dead: f.before.dead}
	c.block(1, locals)
	c.frames = c.frames[:len(c.frames)-1]
}

// arrive notes a way that leads to the end of a block.
func (c *costs) arrive(f *costFrame) {
	if !c.reached.dead && (f.least < 0 || c.reached.known < f.least) {
		f.least = c.reached.known
	}
}

func (c *costs) branch(label uint32) {
	f := &c.frames[len(c.frames)-1-int(label)]
	if f.loop {
		c.values += uint64(f.params) + 1
		return
	}
	c.values += uint64(f.results) + 1
	c.arrive(f)
}

// leave goes on where no way leads to: what follows up to the end of the block is not compiled.
func (c *costs) leave() {
	c.reached.dead = true
	c.reached.height = c.top().height
}

// typeOf is the type of a function by its index in the instrumented module.
func (w *rewriter) typeOf(index uint32) FuncType {
	switch {
	case index < w.checkpoint:
		return w.m.types[w.m.funcs[index]]
	case index == w.checkpoint:
		return FuncType{}
	case int(index) > len(w.m.funcs): // behind those of the module
		return FuncType{Params: make([]ValueType, bulkParams)}
	}
	return w.m.types[w.m.funcs[index-1]]
}

// charged is what was added up for a module.
type charged struct{ all, function uint64 }

func (c *charged) add(cost uint64) { c.all += cost }

// charge adds what one function costs, and refuses one beyond what any may cost, and a module beyond what its size explains.
func (w *rewriter) charge(function uint64) *Error {
	w.charged.add(function)
	w.charged.function = max(w.charged.function, function)
	code, _ := w.m.section(secCode)
	most := max(limits.CompileCost, limits.CompileCostPerByte*uint64(code.end-code.start))
	switch {
	case function > limits.CompileFunctionCost:
		return refuse(code.start, CodeLimit, "a function could cost %d MiB to compile, at most %d are allowed", function>>20, limits.CompileFunctionCost>>20).
			hint("split the function, or build with optimization")
	case w.charged.all > most:
		return refuse(code.start, CodeLimit, "the code could cost more than %d MiB to compile, which is the most for its size", most>>20).
			hint("build with optimization, or split large functions")
	}
	return nil
}
