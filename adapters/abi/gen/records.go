package main

import (
	"fmt"
	"strings"

	"innkeeper/adapters/abi"
)

// records writes a Go type for every record and every payload with fields, and what turns it into bytes and back.
func records(families []abi.Family) string {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\npackage abi\n\nimport (\n\t\"encoding/binary\"\n\t\"math\"\n\t\"slices\"\n)\n\n", generated)
	for _, family := range families {
		for _, e := range family.Events {
			if len(e.Fields) > 0 {
				what := "is the payload of Event" + camel(e.Name)
				if e.Body != "" {
					what += ", in front of its body: " + e.Body
				}
				writeRecord(&b, payload(e), what, e.Body != "")
			}
		}
		for _, r := range family.Records {
			writeRecord(&b, r, "is "+r.Doc, false)
		}
		for _, v := range family.Variants {
			writeVariant(&b, v)
		}
	}
	return b.String()
}

func writeRecord(b *strings.Builder, r abi.Record, what string, body bool) {
	name := camel(r.Name)
	b.WriteString(comment("", name+" "+what+"."))
	fmt.Fprintf(b, "type %s struct {\n", name)
	for _, f := range r.Fields {
		if f.Doc != "" {
			b.WriteString(comment("\t", camel(f.Name)+": "+f.Doc+"."))
		}
		fmt.Fprintf(b, "\t%s %s\n", camel(f.Name), fieldType(f))
	}
	b.WriteString("}\n\n")
	fmt.Fprintf(b, `// Append appends the record.
func (r *%s) Append(dst []byte) []byte {
	size := r.size()
	return r.fields(appendU32(slices.Grow(dst, 4+size), uint32(size)))
}

`, name)
	if body {
		fmt.Fprintf(b, `// Read takes a payload apart and gives its body. ok is false if it is cut.
func (r *%s) Read(payload []byte) (body []byte, ok bool) {
	d, body := readRecord(payload)
	r.decode(&d)
	return body, !d.bad
}

`, name)
	} else {
		fmt.Fprintf(b, `// Read takes the record apart. It reports whether it is whole.
func (r *%s) Read(record []byte) bool {
	d, _ := readRecord(record)
	r.decode(&d)
	return !d.bad
}

`, name)
	}
	writeSize(b, r)
	writeFields(b, r)
	writeDecode(b, r)
}

func fieldType(f abi.Field) string {
	switch f.Type {
	case abi.FieldU32:
		return "uint32"
	case abi.FieldU64:
		return "uint64"
	case abi.FieldI64:
		return "int64"
	case abi.FieldF64:
		return "float64"
	case abi.FieldString:
		return "string"
	case abi.FieldBytes:
		return "[]byte"
	case abi.FieldStrings:
		return "[]string"
	case abi.FieldRecord:
		return "*" + camel(f.Record)
	default:
		return "[]" + camel(f.Record)
	}
}

// writeSize writes how many bytes the fields take.
func writeSize(b *strings.Builder, r abi.Record) {
	fixed := 0
	terms, loops := "", ""
	for _, f := range r.Fields {
		at := "r." + camel(f.Name)
		switch f.Type {
		case abi.FieldU32:
			fixed += 4
		case abi.FieldU64, abi.FieldI64, abi.FieldF64:
			fixed += 8
		case abi.FieldString, abi.FieldBytes:
			fixed += 4
			terms += " + len(" + at + ")"
		case abi.FieldStrings:
			fixed += 4
			loops += fmt.Sprintf("\tfor _, s := range %s {\n\t\tn += 4 + len(s)\n\t}\n", at)
		case abi.FieldRecord:
			fixed += 4
			loops += fmt.Sprintf("\tif %[1]s != nil {\n\t\tn += %[1]s.size()\n\t}\n", at)
		case abi.FieldRecords:
			fixed += 4
			loops += fmt.Sprintf("\tfor i := range %[1]s {\n\t\tn += 4 + %[1]s[i].size()\n\t}\n", at)
		}
	}
	fmt.Fprintf(b, "func (r *%s) size() int {\n", camel(r.Name))
	if loops == "" {
		fmt.Fprintf(b, "\treturn %d%s\n}\n\n", fixed, terms)
		return
	}
	fmt.Fprintf(b, "\tn := %d%s\n%s\treturn n\n}\n\n", fixed, terms, loops)
}

// writeFields writes what appends the fields.
func writeFields(b *strings.Builder, r abi.Record) {
	fmt.Fprintf(b, "func (r *%s) fields(dst []byte) []byte {\n", camel(r.Name))
	for _, f := range r.Fields {
		at := "r." + camel(f.Name)
		switch f.Type {
		case abi.FieldU32:
			fmt.Fprintf(b, "\tdst = appendU32(dst, %s)\n", at)
		case abi.FieldU64:
			fmt.Fprintf(b, "\tdst = appendU64(dst, %s)\n", at)
		case abi.FieldI64:
			fmt.Fprintf(b, "\tdst = appendU64(dst, uint64(%s))\n", at)
		case abi.FieldF64:
			fmt.Fprintf(b, "\tdst = appendF64(dst, %s)\n", at)
		case abi.FieldString, abi.FieldBytes:
			fmt.Fprintf(b, "\tdst = appendText(dst, %s)\n", at)
		case abi.FieldStrings:
			fmt.Fprintf(b, "\tdst = appendU32(dst, uint32(len(%[1]s)))\n\tfor _, s := range %[1]s {\n\t\tdst = appendText(dst, s)\n\t}\n", at)
		case abi.FieldRecord:
			fmt.Fprintf(b, "\tif %[1]s == nil {\n\t\tdst = appendU32(dst, 0)\n\t} else {\n\t\tdst = %[1]s.Append(dst)\n\t}\n", at)
		case abi.FieldRecords:
			fmt.Fprintf(b, "\tdst = appendU32(dst, uint32(len(%[1]s)))\n\tfor i := range %[1]s {\n\t\tdst = %[1]s[i].Append(dst)\n\t}\n", at)
		}
	}
	b.WriteString("\treturn dst\n}\n\n")
}

// writeDecode writes what reads the fields.
func writeDecode(b *strings.Builder, r abi.Record) {
	fmt.Fprintf(b, "func (r *%s) decode(d *decoder) {\n", camel(r.Name))
	for _, f := range r.Fields {
		at := "r." + camel(f.Name)
		switch f.Type {
		case abi.FieldU32:
			fmt.Fprintf(b, "\t%s = d.u32()\n", at)
		case abi.FieldU64:
			fmt.Fprintf(b, "\t%s = d.u64()\n", at)
		case abi.FieldI64:
			fmt.Fprintf(b, "\t%s = int64(d.u64())\n", at)
		case abi.FieldF64:
			fmt.Fprintf(b, "\t%s = math.Float64frombits(d.u64())\n", at)
		case abi.FieldString:
			fmt.Fprintf(b, "\t%s = d.string()\n", at)
		case abi.FieldBytes:
			fmt.Fprintf(b, "\t%s = d.bytes()\n", at)
		case abi.FieldStrings:
			fmt.Fprintf(b, "\t%s = d.strings()\n", at)
		case abi.FieldRecord:
			fmt.Fprintf(b, "\t%[1]s = nil\n\tif outer, present := d.enter(); present {\n\t\t%[1]s = new(%[2]s)\n\t\t%[1]s.decode(d)\n\t\td.leave(outer)\n\t}\n", at, camel(f.Record))
		case abi.FieldRecords:
			fmt.Fprintf(b, "\t%[1]s = nil\n\tif n := d.count(); n > 0 {\n\t\t%[1]s = make([]%[2]s, n)\n\t\tfor i := range %[1]s {\n\t\t\tif outer, present := d.enter(); present {\n\t\t\t\t%[1]s[i].decode(d)\n\t\t\t\td.leave(outer)\n\t\t\t}\n\t\t}\n\t}\n", at, camel(f.Record))
		}
	}
	b.WriteString("}\n\n")
}

// writeVariant writes a Go type that holds any of the values, what reads it, and a function for each case that appends it.
func writeVariant(b *strings.Builder, v abi.Variant) {
	name := camel(v.Name)
	b.WriteString(comment("", name+" is "+v.Doc+"."))
	fmt.Fprintf(b, `type %[1]s struct {
	// Type is one of the %[1]s constants.
	Type uint8
	// Bits is the number, of the types that are one.
	Bits uint64
	// Bytes is a view, of the types that have a length.
	Bytes []byte
}

// Int64 is the value of a type that is an integer.
func (v *%[1]s) Int64() int64 { return int64(v.Bits) }

// Float64 is the value of a type that is a floating-point number.
func (v *%[1]s) Float64() float64 { return math.Float64frombits(v.Bits) }

`, name)
	for _, c := range v.Cases {
		writeCase(b, v, c)
	}
	writeVariantRead(b, v)
}

func writeCase(b *strings.Builder, v abi.Variant, c abi.Case) {
	name := camel(v.Name) + camel(c.Name)
	fmt.Fprintf(b, "// Append%s appends a value of that type.\n", name)
	switch c.Type {
	case abi.FieldI64:
		fmt.Fprintf(b, "func Append%[1]s(dst []byte, v int64) []byte { return appendU64(append(dst, %[1]s), uint64(v)) }\n\n", name)
	case abi.FieldF64:
		fmt.Fprintf(b, "func Append%[1]s(dst []byte, v float64) []byte { return appendF64(append(dst, %[1]s), v) }\n\n", name)
	case abi.FieldBytes:
		fmt.Fprintf(b, "func Append%[1]s(dst []byte, v []byte) []byte { return appendText(append(dst, %[1]s), v) }\n\n", name)
	default:
		fmt.Fprintf(b, "func Append%[1]s(dst []byte) []byte { return append(dst, %[1]s) }\n\n", name)
	}
}

// writeVariantRead writes what takes a value off the front of an answer. The cases of one layout share their code.
func writeVariantRead(b *strings.Builder, v abi.Variant) {
	names := map[abi.FieldType][]string{}
	for _, c := range v.Cases {
		layout := c.Type
		if layout == abi.FieldF64 {
			layout = abi.FieldI64
		}
		names[layout] = append(names[layout], camel(v.Name)+camel(c.Name))
	}
	fmt.Fprintf(b, `// Cut reads the first value of b and gives what follows it. ok is false if there is none.
func (v *%s) Cut(b []byte) (rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, false
	}
	v.Type, v.Bits, v.Bytes, b = b[0], 0, nil, b[1:]
	switch v.Type {
	case %s:
		return b, true
	case %s:
		if len(b) < 8 {
			return nil, false
		}
		v.Bits = binary.LittleEndian.Uint64(b)
		return b[8:], true
	case %s:
		if len(b) < 4 {
			return nil, false
		}
		n := uint64(binary.LittleEndian.Uint32(b))
		if b = b[4:]; n > uint64(len(b)) {
			return nil, false
		}
		v.Bytes = b[:n:n]
		return b[n:], true
	}
	return nil, false
}

`, camel(v.Name), strings.Join(names[0], ", "), strings.Join(names[abi.FieldI64], ", "), strings.Join(names[abi.FieldBytes], ", "))
}
