package main

import (
	"strconv"
	"strings"

	"innkeeper/adapters/abi"
)

// spelled are words whose Go spelling is not just a capital letter.
func spelled(word string) string {
	switch word {
	case "sqlite":
		return "SQLite"
	case "http", "sql", "id", "ms", "ns", "fd", "ok":
		return strings.ToUpper(word)
	case "nomem":
		return "NoMem"
	case "readonly":
		return "ReadOnly"
	case "ioerr":
		return "IOErr"
	case "cantopen":
		return "CantOpen"
	case "toobig":
		return "TooBig"
	case "notadb":
		return "NotADB"
	}
	return ""
}

// camel turns "bind_int64" into "BindInt64".
func camel(snake string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(snake, "_") {
		if s := spelled(part); s != "" {
			b.WriteString(s)
			continue
		}
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// lower turns "timeout_ns" into "timeoutNS", for names of parameters and functions.
func lower(snake string) string {
	first, rest, more := strings.Cut(snake, "_")
	if more {
		return first + camel(rest)
	}
	return first
}

// interfaceName is the Go name of a family: that of a later version says which.
func interfaceName(f abi.Family) string {
	if f.Version == 1 {
		return camel(f.Name)
	}
	return camel(f.Name) + "V" + strconv.Itoa(f.Version)
}

// prefix begins the names of what is generated for a family and is not exported.
func prefix(f abi.Family) string {
	if f.Version == 1 {
		return lower(f.Name)
	}
	return lower(f.Name) + "V" + strconv.Itoa(f.Version)
}

// payload is the name of the Go type of an event's fields.
func payload(e abi.EventType) abi.Record {
	return abi.Record{Name: e.Name, Fields: e.Fields, Doc: e.Doc}
}

var goTypes = map[abi.Type]string{
	abi.Handle: "uint32", abi.U32: "uint32", abi.I32: "int32", abi.I64: "int64", abi.F64: "float64",
	abi.In: "[]byte", abi.Out: "[]byte", abi.OutU32: "*uint32", abi.OutI64: "*int64", abi.OutF64: "*float64",
}

// signature is "(label []byte, connection *uint32) int32".
func signature(f abi.Function) string {
	var params []string
	for _, p := range f.Params {
		params = append(params, lower(p.Name)+" "+goTypes[p.Type])
	}
	return "(" + strings.Join(params, ", ") + ") int32"
}

// errorTexts lists a function's own errors: "EEXIST if it was said before".
func errorTexts(f abi.Function) []string {
	var list []string
	for _, cause := range f.Errors {
		list = append(list, cause.Errno.Error()+" if "+cause.When)
	}
	return list
}

// sentence is everything that is to be said of a function, for comments.
func sentence(f abi.Function) string {
	text := f.Doc
	if f.Answer != "" {
		text += " The answer holds " + f.Answer + "."
	}
	if list := errorTexts(f); len(list) > 0 {
		text += " Errors: " + strings.Join(list, "; ") + "."
	}
	return text + " Result: " + resultText(f.Result) + "."
}

// comment wraps text as Go or C line comments.
func comment(indent, text string) string {
	var b strings.Builder
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+len(word) > 110 {
			b.WriteString(indent + "// " + line + "\n")
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return b.String() + indent + "// " + line + "\n"
}

func resultText(r abi.Result) string {
	switch r {
	case abi.ReturnsStatus:
		return "0 on success"
	case abi.ReturnsSize:
		return "the size of the whole answer in bytes; larger than the buffer means that nothing was written"
	case abi.ReturnsCount:
		return "a number, as said above"
	case abi.ReturnsHandle:
		return "the new handle"
	default:
		return "an SQLite result code"
	}
}
