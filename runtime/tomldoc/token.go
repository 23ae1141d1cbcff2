package tomldoc

import (
	"strconv"
	"strings"
)

// peek returns the next byte, or 0 at the end; TOML text cannot contain NUL.
func (s *scanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

// take steps over the next byte if it is c.
func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

// skipSpace steps over spaces and tabs.
func (s *scanner) skipSpace() {
	for s.peek() == ' ' || s.peek() == '\t' {
		s.pos++
	}
}

// skipBlank steps over white space, line breaks and comments.
func (s *scanner) skipBlank() {
	for {
		switch s.peek() {
		case ' ', '\t', '\n', '\r':
			s.pos++
		case '#':
			s.pos = lineEnd(s.text, s.pos)
		default:
			return
		}
	}
}

// endOfLine steps over what may follow a value: white space and a comment.
func (s *scanner) endOfLine() bool {
	s.skipSpace()
	if s.peek() == '#' {
		s.pos = lineEnd(s.text, s.pos)
	}
	s.take('\r')
	return s.pos == len(s.text) || s.peek() == '\n'
}

// quoted steps over a string on one line; quote is its delimiter.
func (s *scanner) quoted(quote byte) bool {
	for s.pos++; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; {
		case c == quote:
			s.pos++
			return true
		case c == '\n':
			return false
		case c == '\\' && quote == '"' && s.pos+1 < len(s.text) && s.text[s.pos+1] != '\n':
			s.pos++
		}
	}
	return false
}

// multiline steps over a string in triple quotes. Up to two quotes may stand before the closing three.
func (s *scanner) multiline(delim string) bool {
	for s.pos += len(delim); s.pos < len(s.text); s.pos++ {
		switch {
		case strings.HasPrefix(s.text[s.pos:], delim):
			s.pos += len(delim)
			for extra := 0; extra < 2 && s.peek() == delim[0]; extra++ {
				s.pos++
			}
			return true
		case s.text[s.pos] == '\\' && delim[0] == '"':
			s.pos++
		}
	}
	s.pos = len(s.text)
	return false
}

// scalar steps over a number, a boolean or a date, which may hold one space.
func (s *scanner) scalar() bool {
	start := s.pos
	for s.pos < len(s.text) && !strings.ContainsRune(",]}#\n\r[{=\"'", rune(s.text[s.pos])) {
		s.pos++
	}
	s.pos = start + len(strings.TrimRight(s.text[start:s.pos], " \t"))
	return s.pos > start
}

// isBare reports whether c may stand in an unquoted key.
func isBare(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// unquote resolves the escapes of a basic string. TOML's are Go's except \e; a key with that one keeps it unresolved,
// which costs it its position and nothing else.
func unquote(s string) string {
	if text, err := strconv.Unquote(s); err == nil {
		return text
	}
	return strings.Trim(s, `"`)
}
