package main

import (
	"fmt"
	"strings"

	"innkeeper/adapters/abi"
)

// imports writes the guest's side: the wasm imports and the types that implement the interfaces with them.
func imports(families []abi.Family) string {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\npackage sdk\n\nimport (\n\t\"unsafe\"\n\n\t\"innkeeper/adapters/abi\"\n)\n\n", generated)
	b.WriteString("// wasmHost is the host as a guest reaches it: through its imports.\nfunc wasmHost() abi.Host {\n\treturn abi.Host{\n")
	for _, family := range families {
		fmt.Fprintf(&b, "\t\t%[1]s: wasm%[1]s{},\n", interfaceName(family))
	}
	b.WriteString("\t}\n}\n\n// pointer is the address of a slice's bytes; any address will do for an empty one.\nfunc pointer(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }\n\n")
	for _, family := range families {
		fmt.Fprintf(&b, "type wasm%s struct{}\n\n", interfaceName(family))
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
	imported := "import" + interfaceName(family) + camel(f.Name)
	fmt.Fprintf(b, "//go:wasmimport %s %s\n//go:noescape\nfunc %s(%s) int32\n\n", family.Module(), f.Name, imported, strings.Join(params, ", "))
	fmt.Fprintf(b, "func (wasm%s) %s%s { return %s(%s) }\n\n", interfaceName(family), camel(f.Name), signature(f), imported, strings.Join(args, ", "))
}
