package safetext_test

import (
	"strings"
	"testing"

	"innkeeper/runtime/safetext"
)

func TestLines(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"one\n\ttwo\n":                "one\n\ttwo\n",
		"\x1b]0;a\a\n\u202eb\xff\r\n": `\x1b]0;a\a` + "\n" + `\u202eb\xff\r` + "\n",
		"\ufffd":                      "\ufffd",
	} {
		if got := safetext.Lines(text, 100); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{strings.Repeat("x", 5000), strings.Repeat("x\n", 5000), strings.Repeat("\x1b", 5000)} {
		if got := safetext.Lines(text, 100); len(got) > 120 || !strings.HasSuffix(got, safetext.Cut) {
			t.Errorf("cut to %d bytes: %q", len(got), got)
		}
	}
}
