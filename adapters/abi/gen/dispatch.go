package main

import (
	"fmt"
	"strings"

	"innkeeper/adapters/abi"
)

// calls writes the code of a family's functions for its package: what turns stack words into Go values and calls the family.
func calls(family abi.Family) string {
	var b strings.Builder
	var imports string
	if hasF64(family) {
		imports = "\t\"math\"\n\n"
	}
	fmt.Fprintf(&b, "// %s\n\npackage %s\n\nimport (\n%s\t\"innkeeper/adapters/abi\"\n\t\"innkeeper/hostfuncs/guestmem\"\n\t\"innkeeper/hostfuncs/hostcall\"\n)\n\n",
		generated, packageName(family), imports)
	fmt.Fprintf(&b, "// table is %s: its row, and the code of its functions.\nfunc table() hostcall.Table {\n", family.Module())
	fmt.Fprintf(&b, "\treturn hostcall.Table{ABI: abi.%sFamily(), Calls: []hostcall.Call{\n", interfaceName(family))
	for _, f := range family.Functions {
		fmt.Fprintf(&b, "\t\t{Name: %q, Run: call%s},\n", f.Name, camel(f.Name))
	}
	b.WriteString("\t}}\n}\n\n")
	for _, f := range family.Functions {
		writeCall(&b, family, f)
	}
	return b.String()
}

func packageName(f abi.Family) string { return strings.ToLower(prefix(f)) + "fn" }

func hasF64(family abi.Family) bool {
	for _, f := range family.Functions {
		for _, p := range f.Params {
			if p.Type == abi.F64 {
				return true
			}
		}
	}
	return false
}

// caller collects the parts of the code of one call.
type caller struct {
	word          int // of the stack
	memory        bool
	before, after strings.Builder
	args          []string
}

func writeCall(b *strings.Builder, family abi.Family, f abi.Function) {
	var c caller
	for _, p := range f.Params {
		c.param(p)
	}
	mem, stack := "_", "_"
	if c.memory {
		mem = "mem"
	}
	if c.word > 0 {
		stack = "stack"
	}
	fmt.Fprintf(b, "func call%s(family any, %s guestmem.Memory, %s []uint64) int32 {\n%s", camel(f.Name), mem, stack, c.before.String())
	call := fmt.Sprintf("family.(abi.%s).%s(%s)", interfaceName(family), camel(f.Name), strings.Join(c.args, ", "))
	if c.after.Len() == 0 {
		fmt.Fprintf(b, "\treturn %s\n}\n\n", call)
		return
	}
	fmt.Fprintf(b, "\tresult := %s\n%s\treturn result\n}\n\n", call, c.after.String())
}

// next is the next word of the stack.
func (c *caller) next() string {
	c.word++
	return fmt.Sprintf("stack[%d]", c.word-1)
}

func (c *caller) param(p abi.Param) {
	switch p.Type {
	case abi.I32:
		c.args = append(c.args, "int32(uint32("+c.next()+"))")
	case abi.I64:
		c.args = append(c.args, "int64("+c.next()+")")
	case abi.F64:
		c.args = append(c.args, "math.Float64frombits("+c.next()+")")
	case abi.In, abi.Out:
		c.memory = true
		name := lower(p.Name)
		fmt.Fprintf(&c.before, "\t%s, errno := mem.Bytes(uint32(%s), uint32(%s))\n%s", name, c.next(), c.next(), refuseErrno)
		c.args = append(c.args, name)
	case abi.OutU32:
		c.out(p, "uint32", "PutU32", 4)
	case abi.OutI64:
		c.out(p, "int64", "PutI64", 8)
	case abi.OutF64:
		c.out(p, "float64", "PutF64", 8)
	default:
		c.args = append(c.args, "uint32("+c.next()+")")
	}
}

const refuseErrno = "\tif errno != 0 {\n\t\treturn errno.Result()\n\t}\n"

// out is a parameter that is written after a call that went well. Its address is looked at before, so that nothing happens if it
// is none.
func (c *caller) out(p abi.Param, goType, put string, size int) {
	c.memory = true
	name, address := lower(p.Name), c.next()
	fmt.Fprintf(&c.before, "\tif _, errno := mem.Bytes(uint32(%s), %d); errno != 0 {\n\t\treturn errno.Result()\n\t}\n\tvar %s %s\n", address, size, name, goType)
	fmt.Fprintf(&c.after, "\tif result >= 0 {\n\t\tmem.%s(uint32(%s), %s)\n\t}\n", put, address, name)
	c.args = append(c.args, "&"+name)
}
