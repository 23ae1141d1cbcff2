package safetext_test

import (
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"innkeeper/runtime/safetext"
)

func TestLine(t *testing.T) {
	for _, c := range []struct {
		name, text string
		limit      int
		want       string
	}{
		{"plain", "all is well", 64, "all is well"},
		{"empty", "", 64, ""},
		{"exactly the limit", "12345", 5, "12345"},
		{"one over", "123456", 5, "12345…"},
		{"a forged second line", "ok\nlevel=ERROR msg=forged", 64, `ok\nlevel=ERROR msg=forged`},
		{"terminal colours", "\x1b[31mred", 64, `\x1b[31mred`},
		{"carriage return", "a\rb", 64, `a\rb`},
		{"C1 control", "a\u009bb", 64, `a\u009bb`},
		{"turned direction", "a\u202eb", 64, `a\u202eb`},
		{"line separator", "a\u2028b", 64, `a\u2028b`},
		{"NUL", "a\x00b", 64, `a\x00b`},
		{"not UTF-8", "a\xffb", 64, `a\xffb`},
		{"a replacement character that was sent", "a\ufffdb", 64, "a\ufffdb"},
		{"letters beyond ASCII", "grüße 😀", 64, "grüße 😀"},
		{"a character across the cut", "abü", 3, "ab…"},
		{"a character up to the cut", "abü", 4, "abü"},
		{"an escape across the cut", "abc\n", 4, "abc…"},
		{"a broken character at the end", "abc\xc3", 64, `abc\xc3`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := safetext.Line(c.text, c.limit); got != c.want {
				t.Errorf("string: got %q, want %q", got, c.want)
			}
			if got := safetext.Line([]byte(c.text), c.limit); got != c.want {
				t.Errorf("bytes: got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzLine(f *testing.F) {
	f.Add([]byte("a\nb\x1b[0m\xff\u202e"), 7)
	f.Add([]byte(strings.Repeat("ü", 40)), 11)
	f.Fuzz(func(t *testing.T, text []byte, limit int) {
		limit = int(uint(limit) % 1000)
		line := safetext.Line(text, limit)
		if len(line) > limit+len(safetext.Cut) {
			t.Errorf("%d bytes with a limit of %d", len(line), limit)
		}
		if !utf8.ValidString(line) {
			t.Errorf("not UTF-8: %q", line)
		}
		for _, r := range line {
			if !strconv.IsPrint(r) {
				t.Errorf("%q holds %q", line, r)
			}
		}
	})
}
