package main

import (
	"fmt"
	"strings"

	"innkeeper/adapters/abi"
)

// header writes what C needs: the imports, every constant, and how records and events are laid out.
func header(families []abi.Family) string {
	var b strings.Builder
	fmt.Fprintf(&b, `// %s
//
// The host functions for adapters in C. Compile for wasm32-wasi; see ABI.md.
//
// Layouts: numbers are little endian. string: uint32_t length, then its bytes. A record is a uint32_t with the size of what
// follows, then its fields in order; a reader takes fields that are missing as zero and passes over those that it does not
// know. T[]: uint32_t number, then each. T?: the size 0 if there is none.

#ifndef INNKEEPER_H
#define INNKEEPER_H

#include <stdint.h>

#define INNKEEPER_IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

`, generated)
	b.WriteString("// Errors: a function gives them negated.\n")
	for _, e := range abi.Errnos() {
		fmt.Fprintf(&b, "#define INNKEEPER_%s %d // %s\n", e.Name, e.Value, e.Doc)
	}
	b.WriteString("\n")
	for _, g := range groups(families) {
		b.WriteString(comment("", capital(g.Doc)+"."))
		for _, c := range g.Constants {
			fmt.Fprintf(&b, "#define INNKEEPER_%s %s%s\n", constantName(g, c), cNumber(c.Value), trailing(c.Doc))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "// An event: uint32_t kind, uint32_t handle, payload.\n#define INNKEEPER_EVENT_HEADER_SIZE %d\n\n", abi.EventHeaderSize)
	for _, family := range families {
		cFamily(&b, family)
	}
	b.WriteString("#endif\n")
	return b.String()
}

func cNumber(n int64) string {
	if n < 0 {
		return fmt.Sprintf("(%d)", n)
	}
	return fmt.Sprint(n)
}

func trailing(doc string) string {
	if doc == "" {
		return ""
	}
	return " // " + doc
}

func cFamily(b *strings.Builder, family abi.Family) {
	b.WriteString(comment("", family.Module()+": "+family.Doc) + "\n")
	for _, r := range family.Records {
		b.WriteString(comment("", "Record "+r.Name+": "+r.Doc+"."))
		cFields(b, r.Fields, "")
		b.WriteString("\n")
	}
	for _, v := range family.Variants {
		b.WriteString(comment("", "Variant "+v.Name+": "+v.Doc+". uint8_t type, then:"))
		for _, c := range v.Cases {
			fmt.Fprintf(b, "//   INNKEEPER_%s: %s\n", strings.ToUpper(v.Name+"_"+c.Name), caseText(c))
		}
		b.WriteString("\n")
	}
	for _, e := range family.Events {
		b.WriteString(comment("", eventText(e)))
		cFields(b, e.Fields, e.Body)
		fmt.Fprintf(b, "#define INNKEEPER_EVENT_%s %#04x\n\n", strings.ToUpper(e.Name), uint32(e.Kind))
	}
	for _, f := range family.Functions {
		b.WriteString(comment("", sentence(f)))
		fmt.Fprintf(b, "INNKEEPER_IMPORT(%q, %q)\nint32_t innkeeper_%s_%s(%s);\n\n", family.Module(), f.Name, cPrefix(family), f.Name, cParams(f))
	}
}

func cPrefix(f abi.Family) string {
	if f.Version == 1 {
		return f.Name
	}
	return fmt.Sprintf("%s_v%d", f.Name, f.Version)
}

// cFields writes a layout as a comment.
func cFields(b *strings.Builder, fields []abi.Field, body string) {
	for _, f := range fields {
		text := fieldText(f)
		if f.Doc != "" {
			text += ": " + f.Doc
		}
		fmt.Fprintf(b, "//   %s\n", text)
	}
	if body != "" {
		fmt.Fprintf(b, "//   to the end: %s\n", body)
	}
}

// fieldText is "path_value[] values".
func fieldText(f abi.Field) string { return fieldLayout(f) + " " + f.Name }

func fieldLayout(f abi.Field) string {
	switch f.Type {
	case abi.FieldU32:
		return "u32"
	case abi.FieldU64:
		return "u64"
	case abi.FieldI64:
		return "i64"
	case abi.FieldF64:
		return "f64"
	case abi.FieldStrings:
		return "string[]"
	case abi.FieldRecord:
		return f.Record + "?"
	case abi.FieldRecords:
		return f.Record + "[]"
	default:
		return "string"
	}
}

// caseText says what follows the type of a variant.
func caseText(c abi.Case) string {
	switch c.Type {
	case abi.FieldI64:
		return "i64"
	case abi.FieldF64:
		return "f64"
	case abi.FieldBytes:
		return "u32 length, then its bytes"
	default:
		return "nothing"
	}
}

func cParams(f abi.Function) string {
	if len(f.Params) == 0 {
		return "void"
	}
	var params []string
	for _, p := range f.Params {
		switch p.Type {
		case abi.In:
			params = append(params, "const void *"+p.Name, "uint32_t "+p.Name+"_size")
		case abi.Out:
			params = append(params, "void *"+p.Name, "uint32_t "+p.Name+"_size")
		case abi.OutU32:
			params = append(params, "uint32_t *"+p.Name)
		case abi.OutI64:
			params = append(params, "int64_t *"+p.Name)
		case abi.OutF64:
			params = append(params, "double *"+p.Name)
		case abi.I32:
			params = append(params, "int32_t "+p.Name)
		case abi.I64:
			params = append(params, "int64_t "+p.Name)
		case abi.F64:
			params = append(params, "double "+p.Name)
		default:
			params = append(params, "uint32_t "+p.Name)
		}
	}
	return strings.Join(params, ", ")
}
