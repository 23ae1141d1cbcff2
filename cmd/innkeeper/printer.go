package main

import (
	"bytes"
	"io"
	"unicode"
)

// harmless keeps control characters away from a terminal: what a model says may not move the cursor or set a title. Pieces of
// text come whole, never cut within a character.
type harmless struct{ w io.Writer }

func (h harmless) Write(p []byte) (int, error) {
	text := bytes.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, p)
	if _, err := h.w.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// lastNewline passes text through and sees to it that it ends with a newline.
type lastNewline struct {
	w    io.Writer
	last byte
}

func (l *lastNewline) Write(p []byte) (int, error) {
	if len(p) > 0 {
		l.last = p[len(p)-1]
	}
	return l.w.Write(p)
}

// end writes the newline, if text came and did not end with one.
func (l *lastNewline) end() {
	if l.last != 0 && l.last != '\n' {
		_, _ = io.WriteString(l.w, "\n")
	}
}
