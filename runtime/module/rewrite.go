package module

// bodyWriter copies one function body and puts ticks into it.
type bodyWriter struct {
	*rewriter
	covers []cover
	b      *body
	cover  cover

	r        reader
	in       instr
	out      []byte
	copied   int    // bytes of the file before it are in out
	spent    uint64 // cost of what was copied, beyond its length
	ticks    int    // written so far
	scratch  uint32 // index of the added local
	frames   []frame
	arms     *dispatch // the last dispatcher, while its arms open
	constant constantSet
}

// frame is a block that is open.
type frame struct {
	loop     bool
	params   bool      // takes parameters, so a branch to it carries values
	dispatch *dispatch // of a loop: its dispatcher
	arm      *dispatch // of a block: the dispatcher that it is an arm of
}

// code returns the new code section.
func (w *rewriter) code() []byte {
	bw := &bodyWriter{rewriter: w, covers: w.m.covers()}
	section, _ := w.m.section(secCode)
	out := make([]byte, 0, (section.end-section.start)*4/3)
	out = appendU32(out, uint32(len(w.m.bodies)+w.added()))
	costs := newCosts(w)
	w.charged.add(costs.once())
	for i := range w.m.bodies {
		bw.out = bw.out[:0]
		bw.body(&w.m.bodies[i], bw.covers[i])
		if w.refused = w.charge(costs.body(i, bw.out)); w.refused != nil {
			return nil
		}
		locals := w.locals(&w.m.bodies[i], bw.ticks > 0)
		out = appendU32(out, uint32(len(locals)+len(bw.out)))
		out = append(append(out, locals...), bw.out...)
	}
	for _, b := range w.m.bulks {
		body := bw.bulkFunction(b)
		out = append(appendU32(out, uint32(len(body))), body...)
	}
	if w.m.start >= 0 {
		body := w.startFunction()
		out = append(appendU32(out, uint32(len(body))), body...)
	}
	return out
}

// locals returns the list of locals, with one more i32 behind them when the body ticks.
func (w *rewriter) locals(b *body, scratch bool) []byte {
	if !scratch {
		return w.m.raw[b.start:b.code]
	}
	r := &reader{buf: w.m.raw, pos: b.start, end: b.code}
	out := appendU32(nil, r.u32()+1)
	out = append(out, w.m.raw[r.pos:b.code]...)
	return append(out, 1, byte(I32))
}

func (w *bodyWriter) body(b *body, c cover) {
	w.b, w.cover, w.ticks, w.scratch = b, c, 0, b.locals
	w.r = reader{buf: w.m.raw, pos: b.code, end: b.end}
	w.copied = b.code
	w.frames = append(w.frames[:0], frame{})
	w.spent, w.arms, w.constant = 0, nil, constantSet{}
	if !c.light {
		w.tickOf(c.entryWeight())
	}
	for len(w.frames) > 0 && w.r.err == nil {
		w.r.instr(&w.in)
		w.instruction()
		w.constant.note(&w.in)
	}
	w.copyTo(b.end)
}

func (w *bodyWriter) copyTo(pos int) {
	w.out = append(w.out, w.m.raw[w.copied:pos]...)
	w.copied = pos
}

func (w *bodyWriter) instruction() {
	switch w.in.op {
	case opBlock, opLoop, opIf:
		w.open()
	case opEnd:
		w.close()
	case opBr:
		w.branch()
	case opBrIf:
		w.branchIf()
	case opBrTable:
		w.branchTable()
	case opRefFunc:
		w.reference()
	case opCall:
		w.reference()
		w.spent += w.m.callCost(w.covers, w.in.index) + valueCost*uint64(w.m.callValues(w.m.funcs[w.in.index]))
		if f := int(w.in.index) - len(w.m.imports); f >= 0 && !w.covers[f].light {
			w.behindCall()
		}
	case opCallIndirect:
		w.spent += meterLight + valueCost*uint64(w.m.callValues(w.in.index))
		w.behindCall()
	case opPrefixMisc:
		if w.in.bulk() {
			w.spent += bulkCost
			w.copyTo(w.in.start)
			w.moveInStrides()
		}
	}
	if w.in.exit() {
		w.spent += exitCost
	}
}

// reference copies an instruction and renumbers its function.
func (w *bodyWriter) reference() {
	w.copyTo(w.in.imm)
	w.out = appendU32(w.out, w.function(w.in.index))
	w.copied = w.r.pos
}

// behindCall ticks if what can follow in the body costs more than MeterLight.
func (w *bodyWriter) behindCall() {
	if w.cover.cost-w.spent-uint64(w.r.pos-w.b.start) > meterLight {
		w.copyTo(w.r.pos)
		w.tick()
	}
}

func (w *bodyWriter) open() {
	f := frame{loop: w.in.op == opLoop}
	f.params = w.in.typed && len(w.m.types[w.in.index].Params) > 0
	if f.loop {
		f.dispatch = w.findDispatch()
		w.arms = f.dispatch
	} else if w.arms != nil {
		f.arm = w.arms.nextArm()
	}
	w.frames = append(w.frames, f)
}

func (w *bodyWriter) close() {
	last := len(w.frames) - 1
	if arm := w.frames[last].arm; arm != nil {
		arm.open--
	}
	w.frames = w.frames[:last]
}

// target returns the frame that a label means.
func (w *bodyWriter) target(label uint32) *frame { return &w.frames[len(w.frames)-1-int(label)] }

func (w *bodyWriter) branch() {
	if t := w.target(w.in.index); t.loop && !t.dispatch.forward(w.constant) {
		w.copyTo(w.in.start)
		w.tick()
	}
}

// branchIf ticks only when the branch is taken, unless it carries values: those
// cannot be reached from inside of an if.
func (w *bodyWriter) branchIf() {
	t := w.target(w.in.index)
	if !t.loop {
		return
	}
	w.copyTo(w.in.start)
	if t.params {
		w.tick()
		return
	}
	w.out = append(w.out, opIf, blockVoid)
	w.tick()
	w.out = appendU32(append(w.out, opBr), w.in.index+1)
	w.out = append(w.out, opEnd)
	w.copied = w.r.pos
}

func (w *bodyWriter) branchTable() {
	for _, l := range w.in.labels {
		if w.target(l).loop {
			w.copyTo(w.in.start)
			w.tick()
			return
		}
	}
}

// tick takes the weight of the function from the counter:
//
//	counter -= weight; if counter >= 0 {} else { checkpoint(); counter = budget }
//
// The empty arm is there because wazero's register allocator carries on with
// the registers of the arm that comes first. With the call in it, all values
// would be loaded again behind each tick, which costs more than the tick.
func (w *bodyWriter) tick() { w.tickOf(w.cover.weight()) }

func (w *bodyWriter) tickOf(weight int32) {
	w.out = appendU32(append(w.out, opGlobalGet), w.counter)
	w.out = appendS32(append(w.out, opI32Const), weight)
	w.subtract()
}

// subtract is the second half of a tick: [counter, weight] -> [].
func (w *bodyWriter) subtract() {
	w.ticks++
	w.out = append(w.out, opI32Sub)
	w.out = appendU32(append(w.out, opLocalTee), w.scratch)
	w.out = appendU32(append(w.out, opGlobalSet), w.counter)
	w.out = appendU32(append(w.out, opLocalGet), w.scratch)
	w.out = append(w.out, opI32Const, 0, opI32GeS, opIf, blockVoid, opElse)
	w.out = appendU32(append(w.out, opCall), w.checkpoint)
	w.out = appendS32(append(w.out, opI32Const), w.opt.Budget)
	w.out = appendU32(append(w.out, opGlobalSet), w.counter)
	w.out = append(w.out, opEnd)
}
