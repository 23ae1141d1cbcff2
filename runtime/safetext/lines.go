package safetext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lines is [Line] for a text of several: line breaks and tabs stay.
func Lines(text string, limit int) string {
	clean := func(r rune) bool { return r == '\n' || r == '\t' || unicode.IsPrint(r) && r != utf8.RuneError }
	if len(text) <= limit && strings.IndexFunc(text, func(r rune) bool { return !clean(r) }) < 0 {
		return text
	}
	var shown strings.Builder
	for len(text) > 0 && shown.Len() <= limit {
		end := strings.IndexAny(text, "\n\t")
		if end < 0 {
			end = len(text)
		}
		shown.WriteString(Line(text[:end], limit-shown.Len()))
		if end < len(text) {
			shown.WriteByte(text[end])
			end++
		}
		text = text[end:]
	}
	if len(text) > 0 {
		shown.WriteString(Cut)
	}
	return shown.String()
}
