package tomldoc

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Excerpt is one line of the text, safe to show: values and comments are left out, for any of them may hold a secret.
type Excerpt struct {
	Text  string // empty if nothing of the line can be shown
	Col   int    // where the marked part starts in Text, from 1, in characters; 0 if it is not in Text
	Width int    // length of the marked part, in characters
}

// hidden stands for a value in an excerpt.
const hidden = "…"

// Excerpt returns the line that at starts in. Values become "…", except at itself if show is true.
func (d *Document) Excerpt(at Span, show bool) Excerpt {
	start, end := lineStart(d.text, at.Offset), lineEnd(d.text, at.Offset)
	var e Excerpt
	var b strings.Builder
	pos := start
	copyTo := func(offset int) {
		if offset <= pos {
			return
		}
		if pos <= at.Offset && at.Offset < offset {
			e.Col = utf8.RuneCountInString(b.String()) + utf8.RuneCountInString(d.text[pos:at.Offset]) + 1
		}
		b.WriteString(d.text[pos:offset])
		pos = offset
	}
	for _, v := range d.leaves(start, end) {
		if show && v == at {
			continue
		}
		copyTo(max(v.Offset, start))
		if v == at {
			e.Col, e.Width = utf8.RuneCountInString(b.String())+1, 1
		}
		b.WriteString(hidden)
		pos = min(v.Offset+v.Len, end)
	}
	copyTo(end)
	e.Text = plain(b.String())
	if e.Width == 0 {
		e.Width = utf8.RuneCountInString(d.text[at.Offset:min(at.Offset+at.Len, end)])
	}
	return e.cutComment(show)
}

// leaves returns the spans of the values in a stretch of the text that are not tables or lists of others.
func (d *Document) leaves(start, end int) []Span {
	var spans []Span
	for _, e := range d.entries {
		v := e.value
		if v.Len > 0 && v.Offset < end && v.Offset+v.Len > start && !strings.ContainsRune("[{", rune(d.text[v.Offset])) {
			spans = append(spans, v)
		}
	}
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.Offset, b.Offset) })
	return spans
}

// cutComment drops what follows the first # outside the marked part.
func (e Excerpt) cutComment(show bool) Excerpt {
	marked := ""
	runes := []rune(e.Text)
	if from, to := e.Col-1, e.Col-1+e.Width; show && e.Col > 0 && to <= len(runes) {
		marked = string(runes[from:to])
	}
	head, tail := e.Text, ""
	if marked != "" {
		head, tail = string(runes[:e.Col-1]), string(runes[e.Col-1+e.Width:])
	}
	if before, _, found := strings.Cut(head, "#"); found {
		head, marked, tail = before, "", ""
	}
	tail, _, _ = strings.Cut(tail, "#")
	e.Text = strings.TrimRight(head+marked+tail, " ")
	if e.Col > utf8.RuneCountInString(e.Text) {
		e.Col, e.Width = 0, 0
	}
	return e
}

// brokenExcerpt returns what can be shown of a line that could not be parsed: a table's name, or a key and its equals
// sign. Anything else might be a value.
func brokenExcerpt(text string, at Span) Excerpt {
	start := lineStart(text, at.Offset)
	line := plain(text[start:lineEnd(text, at.Offset)])
	key, _, isPair := strings.Cut(line, "=")
	switch {
	case isPair && isDotted(strings.TrimSpace(key)):
		line = key + "= " + hidden
	case !isPair && isDotted(strings.Trim(strings.TrimSpace(line), "[]")) && strings.HasPrefix(strings.TrimSpace(line), "["):
	default:
		return Excerpt{}
	}
	e := Excerpt{Text: line}
	if col, length := at.Offset-start, utf8.RuneCountInString(line); col < length {
		e.Col, e.Width = col+1, max(1, min(at.Len, length-col))
	}
	return e
}

// isDotted reports whether s looks like a key of bare parts.
func isDotted(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r > '~' || !isBare(byte(r)) && r != '.' }) < 0
}

// plain replaces tabs and everything else that a terminal might act on by spaces.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.TrimRight(s, "\r"))
}

// lineStart returns the offset of the first byte of the line that holds offset.
func lineStart(text string, offset int) int {
	return strings.LastIndexByte(text[:offset], '\n') + 1
}
