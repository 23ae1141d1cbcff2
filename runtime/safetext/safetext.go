// Package safetext makes text of strangers safe to show: in a log, on a terminal, in a header, in a status. A stranger is a
// guest, a client, an upstream or a file of theirs.
//
// It owns the escaping and the cutting. It knows nothing of where a text came from or goes to.
package safetext

import (
	"strconv"
	"unicode/utf8"
)

// Cut is put in the place of what was cut off.
const Cut = "…"

// Line returns text on one line of at most limit bytes, without [Cut]. What cannot be printed, above all line breaks, terminal
// control sequences, marks that turn the direction of writing, and bytes that are not UTF-8, is escaped as Go does it in
// a quoted string. The cut falls between two characters.
func Line[T string | []byte](text T, limit int) string {
	if len(text) <= limit && plain(text) {
		return string(text)
	}
	// An escape is never shorter than what it stands for, so bytes past the limit cannot matter, but for one whole
	// character at the cut.
	seen := string(text[:min(len(text), limit+utf8.UTFMax)])
	line := make([]byte, 0, min(len(seen), limit)+len(Cut))
	for at := 0; at < len(seen); {
		r, size := utf8.DecodeRuneInString(seen[at:])
		before := len(line)
		line = appendRune(line, r, seen[at:at+size])
		if len(line) > limit {
			return string(line[:before]) + Cut
		}
		at += size
	}
	return string(line)
}

// plain reports whether a text is printable ASCII throughout, as nearly all are.
func plain[T string | []byte](text T) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

func appendRune(line []byte, r rune, raw string) []byte {
	const hex = "0123456789abcdef"
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return append(line, '\\', 'x', hex[raw[0]>>4], hex[raw[0]&15])
	case strconv.IsPrint(r):
		return append(line, raw...)
	}
	var room [16]byte
	quoted := strconv.AppendQuoteRune(room[:0], r)
	return append(line, quoted[1:len(quoted)-1]...)
}
