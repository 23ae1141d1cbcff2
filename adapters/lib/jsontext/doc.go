// Package jsontext reads and writes JSON for a hot path, in guests and in the host's agents: one strict pass over the text, no
// tree of copies, and every value at hand as the exact bytes that the client sent.
//
// It owns the grammar of RFC 8259, a bound on depth and the escaping of strings. It must not know what any document
// means.
//
// Why not a library: what is read here is handed on byte for byte, so a reader has to be strict and has to keep raw
// spans. fastjson accepts texts that are not JSON (bad numbers, bad escapes, bytes that are no UTF-8), keeps no spans, and
// its strict validator recurses without a bound, which a body of ten million brackets turns into a dead instance.
// encoding/json is strict and 4 (200 bytes) to 20 (100 KB) times slower inside a guest.
package jsontext

// MaxDepth is the deepest nesting of arrays and objects that is read. JSON schemas inside of tools need about thirty.
const MaxDepth = 256

// MaxValues is how many values, keys included, one text may hold: 20 MiB of nodes. The chat request of a coding tool has a
// few thousand; ten megabytes of "[0,0,0,…" would otherwise take more memory than a guest has.
const MaxValues = 1 << 20

// Kind is the kind of a value.
type Kind uint8

// The kinds of values. None is that of a value that is not there.
const (
	None Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// String is the kind's name as an error message for people wants it, such as "a string".
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case Bool:
		return "a boolean"
	case Number:
		return "a number"
	case String:
		return "a string"
	case Array:
		return "an array"
	case Object:
		return "an object"
	}
	return "nothing"
}
