package main

import (
	"fmt"
	"strings"

	"innkeeper/adapters/abi"
)

// dispatch writes the host's table: for each function the code that turns stack words into Go values and calls the family.
func dispatch(families []abi.Family) string {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\npackage hostcall\n\nimport (\n\t\"innkeeper/adapters/abi\"\n\t\"innkeeper/hostfuncs/guestmem\"\n)\n\n", generated)
	b.WriteString("// dispatch holds, by import module and function name, what runs when a guest calls.\nfunc dispatch() map[string]map[string]call {\n\treturn map[string]map[string]call{\n")
	for _, family := range families {
		fmt.Fprintf(&b, "\t\t%q: {\n", family.Module())
		for _, f := range family.Functions {
			fmt.Fprintf(&b, "\t\t\t%q: %s%s,\n", f.Name, prefix(family), camel(f.Name))
		}
		b.WriteString("\t\t},\n")
	}
	b.WriteString("\t}\n}\n\n")
	for _, family := range families {
		for _, f := range family.Functions {
			dispatchOne(&b, family, f)
		}
	}
	return b.String()
}

func dispatchOne(b *strings.Builder, family abi.Family, f abi.Function) {
	mem, stack := "_", "_"
	var body, args, after strings.Builder
	word := 0
	next := func() string { s := fmt.Sprintf("stack[%d]", word); word++; stack = "stack"; return s }
	for _, p := range f.Params {
		name := lower(p.Name)
		if args.Len() > 0 {
			args.WriteString(", ")
		}
		switch p.Type {
		case abi.Handle, abi.U32:
			fmt.Fprintf(&args, "uint32(%s)", next())
		case abi.I32:
			fmt.Fprintf(&args, "int32(uint32(%s))", next())
		case abi.I64:
			fmt.Fprintf(&args, "int64(%s)", next())
		case abi.F64:
			fmt.Fprintf(&args, "float64frombits(%s)", next())
		case abi.In, abi.Out:
			mem = "mem"
			fmt.Fprintf(&body, "\t%s, errno := mem.Bytes(uint32(%s), uint32(%s))\n\tif errno != 0 {\n\t\treturn errno.Result()\n\t}\n", name, next(), next())
			args.WriteString(name)
		case abi.OutU32, abi.OutI64, abi.OutF64:
			mem = "mem"
			goType := strings.TrimPrefix(goTypes[p.Type], "*")
			put := map[string]string{"uint32": "PutU32", "int64": "PutI64", "float64": "PutF64"}[goType]
			address := next()
			size := map[string]int{"uint32": 4, "int64": 8, "float64": 8}[goType]
			fmt.Fprintf(&body, "\tif _, errno := mem.Bytes(uint32(%s), %d); errno != 0 {\n\t\treturn errno.Result()\n\t}\n\tvar %s %s\n", address, size, name, goType)
			fmt.Fprintf(&args, "&%s", name)
			fmt.Fprintf(&after, "\tif result >= 0 {\n\t\tmem.%s(uint32(%s), %s)\n\t}\n", put, address, name)
		}
	}
	text := body.String()
	// Several slices need one `errno` each; the later ones assign.
	fmt.Fprintf(b, "func %s%s(host *abi.Host, %s guestmem.Memory, %s []uint64) int32 {\n", prefix(family), camel(f.Name), mem, stack)
	b.WriteString(text)
	callText := fmt.Sprintf("host.%s.%s(%s)", interfaceName(family), camel(f.Name), args.String())
	if after.Len() == 0 {
		fmt.Fprintf(b, "\treturn %s\n}\n\n", callText)
		return
	}
	fmt.Fprintf(b, "\tresult := %s\n%s\treturn result\n}\n\n", callText, after.String())
}
