package module_test

import wt "innkeeper/runtime/module/wasmtest"

// kitchenSink has every section and every form of element segment, so that
// renumbering is seen everywhere. "check" returns a number that is made by
// calling through all of them.
func kitchenSink() []byte {
	b := wt.New()
	note := b.Import("env", "note", wt.I32, "")
	unary := b.Type(wt.I32, wt.I32)
	table := b.Table(wt.FuncRef, 16, 32)
	second := b.Table(wt.FuncRef, 4)
	refs := b.Table(wt.ExternRef, 1)

	start := b.Func("", "", "", "", wt.I32Const(1), wt.Call(note))
	b.StartSection(start)
	adder := func(n int) uint32 {
		return b.Func("", wt.I32, wt.I32, "", wt.LocalGet(0), wt.I32Const(n), wt.I32Add)
	}
	var add [8]uint32
	for i := range add {
		add[i] = adder(1 << (4 * i) % 97)
	}
	held := b.Global(wt.FuncRef, false, wt.RefFunc(add[7]))
	b.Global(wt.I64, true, wt.I64Const(-5))
	b.Global(wt.F64, false, wt.F64Const(1.5))

	offset := func(n int) string { return string(wt.I32Const(n) + wt.End) }
	expr := func(fn uint32) string { return string(wt.RefFunc(fn) + wt.End) }
	b.RawElem("\x00" + offset(0) + wt.Vec(wt.U32(add[0])))
	b.RawElem("\x01\x00" + wt.Vec(wt.U32(add[1])))
	b.RawElem("\x02" + wt.U32(second) + offset(0) + "\x00" + wt.Vec(wt.U32(add[2])))
	b.RawElem("\x03\x00" + wt.Vec(wt.U32(add[3])))
	b.RawElem("\x04" + offset(4) + wt.Vec(expr(add[4]), string(wt.RefNull(wt.FuncRef)+wt.End)))
	b.RawElem("\x05\x70" + wt.Vec(expr(add[5])))
	b.RawElem("\x06" + wt.U32(second) + offset(1) + "\x70" + wt.Vec(expr(add[6])))
	b.RawElem("\x07\x70" + wt.Vec(expr(add[7])))

	init := func(segment, at int) wt.Code {
		return wt.I32Const(at) + wt.I32Const(0) + wt.I32Const(1) + wt.TableInit(uint32(segment), table)
	}
	through := func(t uint32, at int) wt.Code { return wt.I32Const(at) + wt.CallIndirect(unary, t) }
	b.Func("check", "", wt.I32, wt.I32+wt.I64,
		init(1, 1), init(5, 5),
		wt.I32Const(7), wt.GlobalGet(held), wt.TableSet(table),
		wt.I32Const(8), wt.RefFunc(add[3]), wt.TableSet(table),
		wt.RefNull(wt.ExternRef), wt.I32Const(1), wt.TableGrow(refs), wt.Drop,
		wt.I32Const(3),
		through(table, 0), through(table, 1), through(second, 0), through(table, 8),
		through(table, 4), through(table, 5), through(second, 1), through(table, 7),
		wt.Call(add[2]))
	b.Main("", wt.I32Const(2), wt.Call(note))
	b.Data(2000, "hello")
	b.Custom("producers", "\x00")
	b.Custom("innkeeper", `name = "sink"`)
	return b.Build()
}
