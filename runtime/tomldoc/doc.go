// Package tomldoc reads a TOML document and remembers where everything in it stands.
//
// It owns two things that the TOML library does not offer: a position for every key and value, so that a complaint can
// point at the text; and a bound on the document's shape, because the parser's memory grows with the square of the
// nesting and a module's manifest comes from a stranger. The grammar itself is the library's: what it refuses is refused.
//
// It must not know what the keys mean.
//
// See https://toml.io/en/v1.1.0.
package tomldoc

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// Limits bound a document before it reaches the parser.
type Limits struct {
	Bytes int // size of the text, in bytes
	Depth int // nesting of tables, dotted keys, inline tables and arrays together
	Keys  int // number of keys, tables and array items, and of tables named on the way to them
	Key   int // length of one part of a key, in bytes
}

// Span is a stretch of the text.
type Span struct {
	Offset int // from the start of the text, in bytes
	Len    int // in bytes; it may reach over several lines
}

// Position is where a span starts, as a person counts.
type Position struct {
	Line int // from 1
	Col  int // from 1, in characters
}

// Document is a parsed TOML document with the positions of its keys. It is immutable.
type Document struct {
	text    string
	root    map[string]any
	meta    toml.MetaData
	entries map[string]entry
}

// entry is where a key was written; for a table that is only implied, where it was first named.
type entry struct {
	key   Span
	value Span // empty for a table header
}

// SyntaxError is text that is no TOML, or TOML past the limits.
type SyntaxError struct {
	Msg string // never quotes a value
	Position
	Excerpt Excerpt
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Col, e.Msg)
}

// Parse reads text. Every error is a *SyntaxError.
func Parse(text string, limits Limits) (*Document, error) {
	if len(text) > limits.Bytes {
		return nil, &SyntaxError{
			Msg:      fmt.Sprintf("the text has %d bytes, at most %d are allowed", len(text), limits.Bytes),
			Position: Position{Line: 1, Col: 1},
		}
	}
	text = strings.TrimPrefix(text, "\ufeff")
	if !utf8.ValidString(text) {
		return nil, notUTF8(text)
	}
	s := scanner{text: text, limits: limits, entries: map[string]entry{}, arrays: map[string]int{}}
	stop := s.run()
	d := &Document{text: text, entries: s.entries}
	if s.exceeded != "" {
		return nil, d.syntaxError(s.exceeded, Span{Offset: stop, Len: 1})
	}
	// Where the scanner lost its way the library must, too; it never sees text whose shape was not measured.
	seen := text[:min(lineEnd(text, stop)+1, len(text))]
	if err := d.decode(seen); err != nil {
		return nil, err
	}
	if stop < len(text) {
		return nil, d.syntaxError("unexpected text", Span{Offset: stop, Len: 1})
	}
	return d, nil
}

// decode runs the library. Its panics are its own bugs, and a stranger's manifest must not reach them: they become
// errors here, at the only place where the library meets foreign text.
func (d *Document) decode(text string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = d.syntaxError("the TOML parser gave up on this text", Span{})
		}
	}()
	d.meta, err = toml.Decode(text, &d.root)
	var parse toml.ParseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &parse):
		return d.parseError(parse)
	default:
		return d.syntaxError("the text is no TOML document", Span{})
	}
}

// Root returns the document as the library decodes it into a map: string, int64, float64, bool, time.Time, []any,
// []map[string]any and map[string]any. The caller must not change it.
func (d *Document) Root() map[string]any { return d.root }

// Text returns the document without a byte order mark.
func (d *Document) Text() string { return d.text }

// Key returns where the last part of path was written as a key or table name; items of arrays are named by their
// index. For a table without a header of its own it is where it is first named.
func (d *Document) Key(path ...string) (Span, bool) {
	e, ok := d.entries[join(path)]
	return e.key, ok
}

// Value returns where the value of path was written; for a table header it is the name in it.
func (d *Document) Value(path ...string) (Span, bool) {
	e, ok := d.entries[join(path)]
	if e.value.Len == 0 {
		return e.key, ok
	}
	return e.value, ok
}

// Position converts an offset into line and column.
func (d *Document) Position(offset int) Position {
	return positionOf(d.text, offset)
}

func (d *Document) syntaxError(msg string, at Span) *SyntaxError {
	at.Offset = min(at.Offset, len(d.text))
	return &SyntaxError{Msg: msg, Position: d.Position(at.Offset), Excerpt: brokenExcerpt(d.text, at)}
}

// join makes a map key of a path; TOML text cannot contain NUL.
func join(path []string) string { return strings.Join(path, "\x00") }
