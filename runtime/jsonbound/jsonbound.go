// Package jsonbound measures a JSON text before a parser sees it: how long it is, how deep it nests, how many values a parser
// would make of it.
//
// It owns that one pass, which takes no memory and does not recurse. It does not validate: what is no JSON is left to the
// parser, which finds no more in it than was counted here. It knows no document and has no bounds of its own.
package jsonbound

import (
	"bytes"
	"fmt"
	"io"
)

// Bounds are what a text may be at most. A field that is 0 bounds nothing.
type Bounds struct {
	// Bytes is the length of the text.
	Bytes int
	// Depth is how many arrays and objects may be open at once.
	Depth int
	// Values is how many values there may be: scalars, arrays, objects, and the key of every member.
	Values int
}

// An Error says which bound a text exceeds, and where.
type Error struct {
	Limit  int    // the bound
	Of     string // what it bounds: bytes, levels or values
	Offset int    // of the byte that is too much
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("json[byte %d]: more than %d %s", e.Offset, e.Limit, e.Of)
}

// Check reports by an [*Error] which of the bounds a text exceeds.
func Check(text []byte, bounds Bounds) error {
	_, err := Measure(text, bounds)
	return err
}

// Measure is Check that says how many values there are. A text that is no JSON counts at least as many as a parser can have
// made before it notices.
func Measure(text []byte, bounds Bounds) (values int, err error) {
	if bounds.Bytes > 0 && len(text) > bounds.Bytes {
		return 0, &Error{bounds.Bytes, "bytes", bounds.Bytes}
	}
	depth, values := 0, 1 // each comma, each colon and each container with something in it adds a value to the first one
	for i := 0; i < len(text); i++ {
		switch classes[text[i]] {
		case plain:
			continue
		case quote:
			i = endOfString(text, i)
			continue
		case closer:
			depth = max(depth-1, 0)
			continue
		case opener:
			if depth++; bounds.Depth > 0 && depth > bounds.Depth {
				return 0, &Error{bounds.Depth, "levels", i}
			}
			if i = lastBlank(text, i); i+1 < len(text) && classes[text[i+1]] == closer {
				continue
			}
		}
		if values++; bounds.Values > 0 && values > bounds.Values {
			return 0, &Error{bounds.Values, "values", i}
		}
	}
	return values, nil
}

// Read reads a text whole, but not more of it than the bounds allow. Bounds without Bytes allow nothing.
func Read(from io.Reader, bounds Bounds) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, int64(bounds.Bytes)+1))
	if err != nil {
		return nil, err
	}
	if len(text) > bounds.Bytes {
		return nil, &Error{bounds.Bytes, "bytes", bounds.Bytes}
	}
	return text, Check(text, bounds)
}

// The classes of bytes outside of strings.
const (
	plain byte = iota // of numbers and words, white space, and what is no JSON
	quote
	opener
	closer
	separator
)

var classes = [256]byte{'"': quote, '[': opener, '{': opener, ']': closer, '}': closer, ',': separator, ':': separator}

// lastBlank returns where the white space behind a byte ends, or the byte if there is none.
func lastBlank(text []byte, i int) int {
	for i+1 < len(text) && (text[i+1] == ' ' || text[i+1] == '\n' || text[i+1] == '\t' || text[i+1] == '\r') {
		i++
	}
	return i
}

// endOfString returns where the quote stands that ends the string begun at start; behind the text, if there is none. Of the
// quotes within, each has a backslash before it that none before it takes away.
func endOfString(text []byte, start int) int {
	for from := start + 1; ; {
		n := bytes.IndexByte(text[from:], '"')
		if n < 0 {
			return len(text)
		}
		end := from + n
		slashes := end
		for slashes > from && text[slashes-1] == '\\' {
			slashes--
		}
		if (end-slashes)%2 == 0 {
			return end
		}
		from = end + 1
	}
}
