package tomldoc

import (
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// positionOf counts lines and characters up to offset.
func positionOf(text string, offset int) Position {
	before := text[:min(max(offset, 0), len(text))]
	start := strings.LastIndexByte(before, '\n') + 1
	return Position{
		Line: strings.Count(before, "\n") + 1,
		Col:  utf8.RuneCountInString(before[start:]) + 1,
	}
}

// lineEnd returns the offset of the line break after offset, or the end of the text.
func lineEnd(text string, offset int) int {
	if n := strings.IndexByte(text[offset:], '\n'); n >= 0 {
		return offset + n
	}
	return len(text)
}

// parseError translates the library's error, whose position is good but whose message may quote a part of a secret.
func (d *Document) parseError(e toml.ParseError) *SyntaxError {
	at := Span{Offset: min(max(e.Position.Start, 0), len(d.text)), Len: max(e.Position.Len, 1)}
	if strings.HasPrefix(e.Message, "Key '") {
		rest := d.text[at.Offset:lineEnd(d.text, at.Offset)]
		if n := strings.IndexAny(rest, "=]"); n > 0 {
			at.Len = len(strings.TrimRight(rest[:n], " \t"))
		}
		return d.syntaxError(strings.TrimSuffix("key"+e.Message[len("Key"):], "."), at)
	}
	return d.syntaxError(withoutValue(e.Message), at)
}

// withoutValue makes a message of the library safe to show: "expected value but found \"hunter2\" instead" becomes
// "expected value but found this text instead". Single characters, quote marks and escapes such as \u stay.
func withoutValue(msg string) string {
	msg = strings.TrimSuffix(msg, ".")
	if _, rest, found := strings.Cut(msg, " is out of "); found {
		return "this number is out of " + rest
	}
	var b strings.Builder
	for {
		open := strings.IndexAny(msg, `'"`)
		if open < 0 {
			break
		}
		n := quotedLen(msg[open:])
		b.WriteString(msg[:open])
		if harmless(msg[open : open+n]) {
			b.WriteString(msg[open : open+n])
		} else {
			b.WriteString("this text")
		}
		msg = msg[open+n:]
	}
	b.WriteString(msg)
	return strings.Replace(b.String(), "Invalid ", "invalid ", 1)
}

// quotedLen returns the length of the quoted text that s begins with, quotes included; the rest of s if it does not end.
func quotedLen(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && s[0] == '"':
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}

// harmless reports whether quoted text is one character, an escape's name or a delimiter.
func harmless(quoted string) bool {
	inner := quoted[1:max(1, len(quoted)-1)]
	return utf8.RuneCountInString(inner) <= 1 || strings.Trim(inner, `"'`) == "" ||
		inner[0] == '\\' && len(inner) == 2
}

// notUTF8 points at the first byte that is not UTF-8.
func notUTF8(text string) *SyntaxError {
	n := 0
	for r, size := utf8.DecodeRuneInString(text); r != utf8.RuneError || size > 1; {
		n += size
		r, size = utf8.DecodeRuneInString(text[n:])
	}
	return &SyntaxError{Msg: "the text is not UTF-8", Position: positionOf(text, n)}
}
