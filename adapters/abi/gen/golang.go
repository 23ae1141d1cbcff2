package main

import (
	"fmt"
	"strings"

	"innkeeper/adapters/abi"
)

// interfaces writes one Go interface per family: what the host implements, and what the SDK calls.
func interfaces(families []abi.Family) string {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\npackage abi\n\n", generated)
	for _, family := range families {
		b.WriteString(comment("", fmt.Sprintf("%s is the family %s. %s", camel(family.Name), family.Module(), family.Doc)))
		b.WriteString(comment("", "A slice is a view that is valid during the call only. A negative result is a negated Errno."))
		fmt.Fprintf(&b, "type %s interface {\n", camel(family.Name))
		for _, f := range family.Functions {
			b.WriteString(comment("\t", fmt.Sprintf("%s is %s.%s. %s Result: %s.", camel(f.Name), family.Name, f.Name, f.Doc, resultTexts[f.Result])))
			fmt.Fprintf(&b, "\t%s%s\n", camel(f.Name), signature(f))
		}
		b.WriteString("}\n\n")
	}
	b.WriteString("// Host is all families as one instance sees them. A family that was not granted is nil.\ntype Host struct {\n")
	for _, family := range families {
		fmt.Fprintf(&b, "\t%s %s\n", camel(family.Name), camel(family.Name))
	}
	b.WriteString("}\n")
	return b.String()
}

// dispatch writes the host's table: for each function the code that turns stack words into Go values and calls the family.
func dispatch(families []abi.Family) string {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\npackage hostcall\n\nimport (\n\t\"innkeeper/adapters/abi\"\n\t\"innkeeper/hostfuncs/guestmem\"\n)\n\n", generated)
	b.WriteString("// dispatch holds, by family and function name, what runs when a guest calls.\nfunc dispatch() map[string]map[string]call {\n\treturn map[string]map[string]call{\n")
	for _, family := range families {
		fmt.Fprintf(&b, "\t\t%q: {\n", family.Name)
		for _, f := range family.Functions {
			fmt.Fprintf(&b, "\t\t\t%q: %s%s,\n", f.Name, strings.ToLower(family.Name), camel(f.Name))
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
	fmt.Fprintf(b, "func %s%s(host *abi.Host, %s guestmem.Memory, %s []uint64) int32 {\n", strings.ToLower(family.Name), camel(f.Name), mem, stack)
	b.WriteString(text)
	callText := fmt.Sprintf("host.%s.%s(%s)", camel(family.Name), camel(f.Name), args.String())
	if after.Len() == 0 {
		fmt.Fprintf(b, "\treturn %s\n}\n\n", callText)
		return
	}
	fmt.Fprintf(b, "\tresult := %s\n%s\treturn result\n}\n\n", callText, after.String())
}

// imports writes the guest's side: the wasm imports and the types that implement the interfaces with them.
func imports(families []abi.Family) string {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\npackage sdk\n\nimport (\n\t\"unsafe\"\n\n\t\"innkeeper/adapters/abi\"\n)\n\n", generated)
	b.WriteString("// wasmHost is the host as a guest reaches it: through its imports.\nfunc wasmHost() abi.Host {\n\treturn abi.Host{\n")
	for _, family := range families {
		fmt.Fprintf(&b, "\t\t%s: wasm%s{},\n", camel(family.Name), camel(family.Name))
	}
	b.WriteString("\t}\n}\n\n// pointer is the address of a slice's bytes; any address will do for an empty one.\nfunc pointer(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }\n\n")
	for _, family := range families {
		fmt.Fprintf(&b, "type wasm%s struct{}\n\n", camel(family.Name))
		for _, f := range family.Functions {
			importOne(&b, family, f)
		}
	}
	return b.String()
}

func importOne(b *strings.Builder, family abi.Family, f abi.Function) {
	var params, args []string
	for _, p := range f.Params {
		name := lower(p.Name)
		switch p.Type {
		case abi.In, abi.Out:
			params = append(params, name+" unsafe.Pointer", name+"Size uint32")
			args = append(args, "pointer("+name+")", "uint32(len("+name+"))")
		case abi.OutU32, abi.OutI64, abi.OutF64:
			params = append(params, name+" unsafe.Pointer")
			args = append(args, "unsafe.Pointer("+name+")")
		default:
			params = append(params, name+" "+goTypes[p.Type])
			args = append(args, name)
		}
	}
	imported := "import" + camel(family.Name) + camel(f.Name)
	fmt.Fprintf(b, "//go:wasmimport %s %s\n//go:noescape\nfunc %s(%s) int32\n\n", family.Module(), f.Name, imported, strings.Join(params, ", "))
	fmt.Fprintf(b, "func (wasm%s) %s%s { return %s(%s) }\n\n", camel(family.Name), camel(f.Name), signature(f), imported, strings.Join(args, ", "))
}
