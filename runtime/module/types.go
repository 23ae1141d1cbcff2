package module

import "strings"

// ValueType is the encoding of a WebAssembly value type.
// https://webassembly.github.io/spec/core/binary/types.html
type ValueType byte

// The value types of WebAssembly 2.0.
const (
	I32       ValueType = 0x7f
	I64       ValueType = 0x7e
	F32       ValueType = 0x7d
	F64       ValueType = 0x7c
	V128      ValueType = 0x7b
	FuncRef   ValueType = 0x70
	ExternRef ValueType = 0x6f
)

func (t ValueType) valid() bool {
	return t >= V128 && t <= I32 || t == FuncRef || t == ExternRef
}

func (t ValueType) reference() bool { return t == FuncRef || t == ExternRef }

func (t ValueType) String() string {
	switch t {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	case V128:
		return "v128"
	case FuncRef:
		return "funcref"
	case ExternRef:
		return "externref"
	}
	return "invalid"
}

// FuncType is the type of a function.
type FuncType struct {
	Params, Results []ValueType
}

// String returns the type in the form "(i32, i32) -> i32"; no results are "()".
func (f FuncType) String() string {
	results := list(f.Results)
	if len(f.Results) == 1 {
		results = f.Results[0].String()
	}
	return list(f.Params) + " -> " + results
}

// list shows at most sixteen types: a file may have a thousand.
func list(types []ValueType) string {
	const most = 16
	var names []string
	for _, t := range types[:min(len(types), most)] {
		names = append(names, t.String())
	}
	if len(types) > most {
		names = append(names, "…")
	}
	return "(" + strings.Join(names, ", ") + ")"
}
