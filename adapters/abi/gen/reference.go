package main

import (
	"fmt"
	"strings"

	"innkeeper/adapters/abi"
)

// reference writes ABI.md.
func reference(families []abi.Family) string {
	var b strings.Builder
	b.WriteString(introduction())
	for _, family := range families {
		referFamily(&b, family)
	}
	b.WriteString("## Errors\n\nWASI's numbers and names. A function gives them negated.\n\n| number | name | meaning |\n|---|---|---|\n")
	for _, e := range abi.Errnos() {
		fmt.Fprintf(&b, "| %d | `%s` | %s |\n", e.Value, e.Name, e.Doc)
	}
	b.WriteString("\n## Constants\n")
	for _, g := range groups(families) {
		referGroup(&b, g)
	}
	return b.String()
}

func introduction() string {
	return fmt.Sprintf(`<!-- %s -->

# The ABI

An adapter is a WASI preview 1 command: a module with a `+"`_start`"+` and a memory named `+"`memory`"+`. It runs once, waits for events,
acts on them through the host functions below, and exits. Whatever it left open then is closed by the host.

Import modules are `+"`innkeeper:FAMILY@VERSION`"+`. A family that changes in a way that old guests cannot bear gets another version,
which lives beside the first.

## Functions

Every function returns one i32. Negative: a negated [error](#errors). Otherwise what its row says:

| result | meaning |
|---|---|
| status | %s |
| size | %s |
| count | %s |
| handle | %s |
| sqlite | %s, see <https://www.sqlite.org/rescode.html> |

Parameters in core WebAssembly types: a handle, a u32 and an i32 are one i32; an i64 and an f64 are themselves; **bytes** are two i32,
pointer and length, read by the host during the call; a **buffer** is two i32, pointer and capacity, written by the host;
an **out** parameter is one i32, the address of four (u32) or eight (i64, f64) bytes, little endian. A pointer and length that leave
the memory give EFAULT. A handle that is not live, or of another kind, gives EBADF. Both are left out of the rows.

## Layouts

Numbers are little endian. A **string** is a u32 length and its bytes. A **record** is a u32 with the size of what follows in bytes, then
its fields in order; records grow at their end only, so a reader takes fields that are missing as zero and passes over those that it
does not know. `+"`T[]`"+` is a u32 number and that many; `+"`T?`"+` is a record, or the size 0 if there is none.

An **event** is a header of %d bytes, u32 kind and u32 handle, and a payload: a record, if the event has fields, and then its body, if it
has one, to the end. Kinds that a guest does not know it passes over.

`, generated, resultText(abi.ReturnsStatus), resultText(abi.ReturnsSize), resultText(abi.ReturnsCount), resultText(abi.ReturnsHandle),
		resultText(abi.ReturnsSQLite), abi.EventHeaderSize)
}

func referFamily(b *strings.Builder, family abi.Family) {
	fmt.Fprintf(b, "## `%s`\n\n%s\n\n| function | parameters | result | what it does | errors |\n|---|---|---|---|---|\n", family.Module(), family.Doc)
	for _, f := range family.Functions {
		doc := f.Doc
		if f.Answer != "" {
			doc += " The answer: " + f.Answer + "."
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", f.Name, paramTexts(f), resultName(f.Result), doc, strings.Join(errorTexts(f), "; "))
	}
	b.WriteString("\n")
	if len(family.Events) > 0 {
		b.WriteString("| event | kind | handle | payload | what it says |\n|---|---|---|---|---|\n")
		for _, e := range family.Events {
			fmt.Fprintf(b, "| `%s` | %#06x | %s | %s | %s |\n", e.Name, uint32(e.Kind), orElse(e.Handle, "0"), payloadText(e), eventText(e))
		}
		b.WriteString("\n")
	}
	for _, r := range family.Records {
		fmt.Fprintf(b, "**%s**, %s: %s.\n\n", r.Name, r.Doc, layoutText(r.Fields))
	}
	for _, v := range family.Variants {
		fmt.Fprintf(b, "**%s**, %s: a byte that is the type, then the value. ", v.Name, v.Doc)
		var cases []string
		for _, c := range v.Cases {
			cases = append(cases, fmt.Sprintf("%d %s: %s", c.Tag, c.Name, caseText(c)))
		}
		b.WriteString(capital(strings.Join(cases, "; ")) + ".\n\n")
	}
}

func resultName(r abi.Result) string {
	switch r {
	case abi.ReturnsStatus:
		return "status"
	case abi.ReturnsSize:
		return "size"
	case abi.ReturnsCount:
		return "count"
	case abi.ReturnsHandle:
		return "handle"
	default:
		return "sqlite"
	}
}

func paramTexts(f abi.Function) string {
	var params []string
	for _, p := range f.Params {
		params = append(params, p.Name+": "+paramType(p.Type))
	}
	return strings.Join(params, ", ")
}

func paramType(t abi.Type) string {
	switch t {
	case abi.Handle:
		return "handle"
	case abi.U32:
		return "u32"
	case abi.I32:
		return "i32"
	case abi.I64:
		return "i64"
	case abi.F64:
		return "f64"
	case abi.In:
		return "bytes"
	case abi.Out:
		return "buffer"
	case abi.OutU32:
		return "out u32"
	case abi.OutI64:
		return "out i64"
	default:
		return "out f64"
	}
}

func payloadText(e abi.EventType) string {
	var parts []string
	if len(e.Fields) > 0 {
		parts = append(parts, layoutText(e.Fields))
	}
	if e.Body != "" {
		parts = append(parts, "body: "+e.Body)
	}
	return orElse(strings.Join(parts, "; "), "none")
}

// layoutText is "u32 `drain_ms` (how long …), string `reason`".
func layoutText(fields []abi.Field) string {
	var list []string
	for _, f := range fields {
		text := fieldLayout(f) + " `" + f.Name + "`"
		if f.Doc != "" {
			text += " (" + f.Doc + ")"
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func referGroup(b *strings.Builder, g abi.Group) {
	fmt.Fprintf(b, "\n%s:\n\n| number | name | meaning |\n|---|---|---|\n", capital(g.Doc))
	for _, c := range g.Constants {
		fmt.Fprintf(b, "| %d | `%s` | %s |\n", c.Value, constantName(g, c), c.Doc)
	}
}
