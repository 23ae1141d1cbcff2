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
		name := interfaceName(family)
		b.WriteString(comment("", fmt.Sprintf("%s is the family %s. %s", name, family.Module(), family.Doc)))
		b.WriteString(comment("", "A slice is a view that is valid during the call only. A negative result is a negated Errno."))
		fmt.Fprintf(&b, "type %s interface {\n", name)
		for _, f := range family.Functions {
			b.WriteString(comment("\t", fmt.Sprintf("%s is %s.%s. %s", camel(f.Name), family.Name, f.Name, sentence(f))))
			fmt.Fprintf(&b, "\t%s%s\n", camel(f.Name), signature(f))
		}
		b.WriteString("}\n\n")
	}
	b.WriteString("// Host is all families as one instance sees them. A family that was not granted is nil.\ntype Host struct {\n")
	for _, family := range families {
		fmt.Fprintf(&b, "\t%[1]s %[1]s\n", interfaceName(family))
	}
	b.WriteString("}\n\n")
	b.WriteString("// Grant puts a family into its place, or into several if it implements them. It does nothing with what is no family.\n")
	b.WriteString("func (h *Host) Grant(family any) {\n")
	for _, family := range families {
		fmt.Fprintf(&b, "\tif f, ok := family.(%[1]s); ok {\n\t\th.%[1]s = f\n\t}\n", interfaceName(family))
	}
	b.WriteString("}\n")
	return b.String()
}

// constants writes the numbers of events and the groups of constants.
func constants(families []abi.Family) string {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\npackage abi\n\nimport \"strconv\"\n\n", generated)
	for _, family := range families {
		if len(family.Events) == 0 {
			continue
		}
		b.WriteString(comment("", "The events of "+family.Module()+"."))
		b.WriteString("const (\n")
		for _, e := range family.Events {
			b.WriteString(comment("\t", "Event"+camel(e.Name)+": "+eventText(e)))
			fmt.Fprintf(&b, "\tEvent%s EventKind = %#04x\n", camel(e.Name), uint32(e.Kind))
		}
		b.WriteString(")\n\n")
	}
	writeLast(&b, families)
	for _, group := range groups(families) {
		writeGroup(&b, group)
	}
	return b.String()
}

// writeLast writes which events end their handle.
func writeLast(b *strings.Builder, families []abi.Family) {
	var last []string
	for _, family := range families {
		for _, e := range family.Events {
			if e.Last {
				last = append(last, "Event"+camel(e.Name))
			}
		}
	}
	b.WriteString("// Last reports whether an event of this kind is the last of its handle, which is closed when it was fetched.\n")
	b.WriteString("func (k EventKind) Last() bool {\n")
	if len(last) > 0 {
		fmt.Fprintf(b, "\tswitch k {\n\tcase %s:\n\t\treturn true\n\t}\n", strings.Join(last, ", "))
	}
	b.WriteString("\treturn false\n}\n\n")
}

// groups are all groups of constants: the general ones first.
func groups(families []abi.Family) []abi.Group {
	list := abi.Constants()
	for _, family := range families {
		list = append(list, family.Constants...)
		for _, v := range family.Variants {
			list = append(list, tags(v))
		}
	}
	return list
}

// tags makes constants of the cases of a variant.
func tags(v abi.Variant) abi.Group {
	g := abi.Group{Name: v.Name, Type: "uint8", Doc: "types of " + v.Name + ": " + v.Doc}
	for _, c := range v.Cases {
		g.Constants = append(g.Constants, abi.Constant{Name: c.Name, Value: int64(c.Tag), Doc: c.Doc})
	}
	return g
}

// eventText says what an event is about.
func eventText(e abi.EventType) string {
	text := e.Doc
	if e.Last {
		text += " It is the last event of its handle, which is closed when it was fetched."
	}
	return text
}

func writeGroup(b *strings.Builder, g abi.Group) {
	b.WriteString(comment("", capital(g.Doc)+"."))
	b.WriteString("const (\n")
	for _, c := range g.Constants {
		fmt.Fprintf(b, "\t%s %s = %d", camel(g.Name)+camel(c.Name), g.Type, c.Value)
		if c.Doc != "" {
			b.WriteString(" // " + c.Doc)
		}
		b.WriteString("\n")
	}
	b.WriteString(")\n\n")
	if !g.Named {
		return
	}
	name := camel(g.Name) + "Name"
	fmt.Fprintf(b, "// %s is the name of a number of that group, such as %q, or the number itself.\n", name, constantName(g, g.Constants[1]))
	fmt.Fprintf(b, "func %s(n %s) string {\n\tswitch n {\n", name, g.Type)
	for _, c := range g.Constants {
		fmt.Fprintf(b, "\tcase %s:\n\t\treturn %q\n", camel(g.Name)+camel(c.Name), constantName(g, c))
	}
	b.WriteString("\t}\n\treturn strconv.Itoa(int(n))\n}\n\n")
}

// constantName is "SQLITE_BUSY".
func constantName(g abi.Group, c abi.Constant) string { return strings.ToUpper(g.Name + "_" + c.Name) }

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
