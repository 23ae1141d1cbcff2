package sdk

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonValue is a value in a JSON object: a string's text, the literal of a number, true or false, the JSON of an array or
// object; empty for null.
type jsonValue struct{ text string }

// readJSONFields reads the fields of an object, without looking into arrays and objects in it: all that the core of the SDK needs. It
// spares guests encoding/json, a megabyte of code. It returns false for what is not a JSON object.
func readJSONFields(text []byte, field func(name string, value jsonValue)) bool {
	s := jsonScanner{rest: text}
	if !s.take('{') {
		return false
	}
	if s.take('}') {
		return s.end()
	}
	for {
		name, ok := s.string()
		if !ok || !s.take(':') {
			return false
		}
		value, ok := s.value()
		if !ok {
			return false
		}
		field(name, value)
		if s.take('}') {
			return s.end()
		}
		if !s.take(',') {
			return false
		}
	}
}

// jsonScanner reads tokens from the front of a JSON text.
type jsonScanner struct{ rest []byte }

func (s *jsonScanner) space() {
	for len(s.rest) > 0 && (s.rest[0] == ' ' || s.rest[0] == '\t' || s.rest[0] == '\n' || s.rest[0] == '\r') {
		s.rest = s.rest[1:]
	}
}

func (s *jsonScanner) take(c byte) bool {
	s.space()
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *jsonScanner) end() bool {
	s.space()
	return len(s.rest) == 0
}

func (s *jsonScanner) value() (jsonValue, bool) {
	s.space()
	if len(s.rest) > 0 {
		switch s.rest[0] {
		case '"':
			text, ok := s.string()
			return jsonValue{text}, ok
		case '{', '[':
			return s.nested()
		}
	}
	n := 0
	for n < len(s.rest) && isLiteral(s.rest[n]) {
		n++
	}
	literal := string(s.rest[:n])
	s.rest = s.rest[n:]
	if literal == "null" {
		literal = ""
	}
	return jsonValue{literal}, n > 0
}

// nested passes over an array or object, to the bracket that closes it.
func (s *jsonScanner) nested() (jsonValue, bool) {
	start, depth := s.rest, 0
	for len(s.rest) > 0 {
		c := s.rest[0]
		if c == '"' {
			if _, ok := s.string(); !ok {
				return jsonValue{}, false
			}
			continue
		}
		s.rest = s.rest[1:]
		switch c {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth == 0 {
			return jsonValue{string(start[:len(start)-len(s.rest)])}, true
		}
	}
	return jsonValue{}, false
}

func isLiteral(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E'
}

func (s *jsonScanner) string() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	var out []byte
	for len(s.rest) > 0 {
		c := s.rest[0]
		s.rest = s.rest[1:]
		switch {
		case c == '"':
			return string(out), true
		case c < ' ':
			return "", false
		case c != '\\':
			out = append(out, c)
		default:
			r, ok := s.escape()
			if !ok {
				return "", false
			}
			out = utf8.AppendRune(out, r)
		}
	}
	return "", false
}

// escape reads what follows a backslash.
func (s *jsonScanner) escape() (rune, bool) {
	if len(s.rest) == 0 {
		return 0, false
	}
	c := s.rest[0]
	s.rest = s.rest[1:]
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		return s.unicode()
	}
	return 0, false
}

// unicode reads the hex digits of \u, and the second half of a surrogate pair.
func (s *jsonScanner) unicode() (rune, bool) {
	r, ok := s.hex()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if len(s.rest) < 6 || s.rest[0] != '\\' || s.rest[1] != 'u' {
		return utf8.RuneError, true
	}
	s.rest = s.rest[2:]
	low, ok := s.hex()
	return utf16.DecodeRune(r, low), ok
}

func (s *jsonScanner) hex() (rune, bool) {
	if len(s.rest) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s.rest[:4]), 16, 32)
	s.rest = s.rest[4:]
	return rune(n), err == nil
}
