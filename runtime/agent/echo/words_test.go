package echo

import (
	"strings"
	"testing"
)

func TestTokensPutTogetherAreTheText(t *testing.T) {
	for text, want := range map[string]int64{
		"":                             0,
		"   ":                          1,
		"one":                          1,
		"one two":                      2,
		" one\n\ttwo  ":                2,
		strings.Repeat("x", maxWord):   1,
		strings.Repeat("x", 1000):      4,
		strings.Repeat("é", maxWord):   2,
		"a " + strings.Repeat("長", 87): 3, // cut after 258 bytes, not within a character
	} {
		var got strings.Builder
		for rest := text; rest != ""; rest = rest[wordEnd(rest):] {
			got.WriteString(rest[:wordEnd(rest)])
		}
		if n, ok := countTokens(t.Context(), []byte(text)); !ok || n != want || got.String() != text {
			t.Errorf("%.20q: %d tokens that make %.20q, want %d", text, n, got.String(), want)
		}
	}
}
