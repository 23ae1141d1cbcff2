package tomldoc

import (
	"slices"
	"strconv"
	"strings"
)

// scanner walks a document once and notes where keys and values stand. It knows just enough of the grammar to keep its
// place: which text is a string, a comment, a key, a bracket. It stops where it does not understand the text.
type scanner struct {
	text   string
	pos    int
	limits Limits

	entries  map[string]entry
	arrays   map[string]int // elements so far of each array of tables
	table    []string       // path of the table that the lines stand in
	count    int            // keys, tables and items so far, and the tables that are named on the way to them
	exceeded string         // which limit was passed, if any
}

// run scans the document and returns the offset where it stopped: the end of the text if all went well.
func (s *scanner) run() int {
	for s.skipBlank(); s.pos < len(s.text); s.skipBlank() {
		if !s.line() {
			break
		}
	}
	return s.pos
}

// line scans one table header or one key with its value.
func (s *scanner) line() bool {
	ok := false
	if s.peek() == '[' {
		ok = s.header()
	} else {
		ok = s.pair(s.table)
	}
	return ok && s.endOfLine()
}

// header scans [table] or [[array of tables]] and makes it the current table.
func (s *scanner) header() bool {
	s.pos++
	array := s.take('[')
	parts, ok := s.dottedKey(0)
	if !ok || !s.take(']') || array && !s.take(']') {
		return false
	}
	path := make([]string, 0, len(parts))
	for i, part := range parts {
		path = append(path, part.key)
		name := join(path)
		if array && i == len(parts)-1 {
			s.arrays[name]++
		}
		if n := s.arrays[name]; n > 0 {
			s.imply(path, part.at)
			path = append(path, strconv.Itoa(n-1))
		}
		if i < len(parts)-1 {
			s.imply(path, part.at)
		}
	}
	s.table = path
	return s.note(path, parts[len(parts)-1].at, Span{})
}

// pair scans key = value inside the table at path.
func (s *scanner) pair(table []string) bool {
	parts, ok := s.dottedKey(len(table))
	if !ok || !s.take('=') {
		return false
	}
	path := slices.Clip(table)
	for i, part := range parts {
		path = append(path, part.key)
		if i < len(parts)-1 {
			s.imply(path, part.at)
		}
	}
	s.skipSpace()
	start := s.pos
	return s.value(path) && s.note(path, parts[len(parts)-1].at, Span{Offset: start, Len: s.pos - start})
}

// part is one part of a dotted key.
type part struct {
	key string
	at  Span
}

// dottedKey scans a.b."c" and the space around it; depth is how deep the table is that it stands in.
func (s *scanner) dottedKey(depth int) ([]part, bool) {
	var parts []part
	for {
		s.skipSpace()
		start := s.pos
		key, ok := s.simpleKey()
		if !ok || !s.short(key) || !s.shallow(depth+len(parts)+1) {
			return nil, false
		}
		parts = append(parts, part{key, Span{Offset: start, Len: s.pos - start}})
		s.skipSpace()
		if !s.take('.') {
			return parts, true
		}
		s.count++ // a table more, that the parser goes through from the top
	}
}

// simpleKey scans one bare or quoted part of a key.
func (s *scanner) simpleKey() (string, bool) {
	start := s.pos
	switch s.peek() {
	case '"':
		ok := s.quoted('"')
		return unquote(s.text[start:s.pos]), ok
	case '\'':
		ok := s.quoted('\'')
		return strings.Trim(s.text[start:s.pos], "'"), ok
	}
	for s.pos < len(s.text) && isBare(s.text[s.pos]) {
		s.pos++
	}
	return s.text[start:s.pos], s.pos > start
}

// value scans any value; path is the key it belongs to.
func (s *scanner) value(path []string) bool {
	rest := s.text[s.pos:]
	switch {
	case strings.HasPrefix(rest, `"""`), strings.HasPrefix(rest, `'''`):
		return s.multiline(rest[:3])
	case s.peek() == '"', s.peek() == '\'':
		return s.quoted(rest[0])
	case s.take('['):
		return s.array(path)
	case s.take('{'):
		return s.inlineTable(path)
	}
	return s.scalar()
}

// array scans the items after an opening bracket.
func (s *scanner) array(path []string) bool {
	for i := 0; ; i++ {
		s.skipBlank()
		if s.take(']') {
			return true
		}
		item := append(path[:len(path):len(path)], strconv.Itoa(i))
		start := s.pos
		if !s.shallow(len(item)) || !s.value(item) {
			return false
		}
		at := Span{Offset: start, Len: s.pos - start}
		s.skipBlank()
		if !s.note(item, at, at) || s.peek() != ']' && !s.take(',') {
			return false
		}
	}
}

// inlineTable scans the pairs after an opening brace. TOML 1.1 allows line breaks and comments in it.
func (s *scanner) inlineTable(path []string) bool {
	for {
		s.skipBlank()
		if s.take('}') {
			return true
		}
		if !s.pair(path) {
			return false
		}
		s.skipBlank()
		if s.peek() != '}' && !s.take(',') {
			return false
		}
	}
}

// note records an entry and counts it.
func (s *scanner) note(path []string, key, value Span) bool {
	s.entries[join(path)] = entry{key: key, value: value}
	if s.count++; s.count > s.limits.Keys {
		s.exceeded = "too many keys, at most " + strconv.Itoa(s.limits.Keys) + " are allowed"
		return false
	}
	return true
}

// imply records a table that has no header of its own at the place where it is first named.
func (s *scanner) imply(path []string, at Span) {
	if name := join(path); s.entries[name].key.Len == 0 {
		s.entries[name] = entry{key: at}
	}
}

// shallow reports whether a path of n parts is within the depth limit.
func (s *scanner) shallow(n int) bool {
	if n > s.limits.Depth {
		s.exceeded = "nested too deep, at most " + strconv.Itoa(s.limits.Depth) + " levels are allowed"
		return false
	}
	return true
}

// short reports whether a part of a key is within the length limit.
func (s *scanner) short(key string) bool {
	if len(key) > s.limits.Key {
		s.exceeded = "key too long, at most " + strconv.Itoa(s.limits.Key) + " bytes are allowed"
		return false
	}
	return true
}
