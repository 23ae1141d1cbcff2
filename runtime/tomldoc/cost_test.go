package tomldoc

import (
	"fmt"
	"strings"
	"testing"

	"innkeeper/runtime/costtest"
	"innkeeper/runtime/limits"
)

// numbered repeats a piece up to a size; # in it becomes its number.
func numbered(before, piece, after string) func(size int) []byte {
	return func(size int) []byte {
		var b strings.Builder
		b.WriteString(before)
		for i := 0; b.Len() < size; i++ {
			b.WriteString(strings.ReplaceAll(piece, "#", fmt.Sprint(i)))
		}
		return []byte(b.String() + after)
	}
}

// Documents of which a parser that makes maps has much to do. What 20,000 keys take is the fixed part.
func TestCostOfDocuments(t *testing.T) {
	bounds := Limits{Bytes: limits.ConfigFileBytes, Depth: limits.TOMLDepth, Keys: limits.ConfigKeys, Key: limits.TOMLKeyBytes}
	for name, input := range map[string]func(size int) []byte{
		"keys":                numbered("", "k#=0\n", ""),
		"equal keys":          numbered("", "k=0\n", ""),
		"tables":              numbered("", "[t#]\n", ""),
		"tables of tables":    numbered("", "[a.b.c.d.e.f.g.h.i.j.t#]\n", ""),
		"dotted keys":         numbered("", "a.b.c.d.e.f.g.h.i.j.k#=0\n", ""),
		"arrays of tables":    numbered("", "[[t]]\n", ""),
		"tables in them":      numbered("", "[[t]]\n[t.a]\n[[t.b]]\n", ""),
		"items":               numbered("a=[", "0,", "]"),
		"items on lines":      numbered("a=[", "0, # x\n", "]"),
		"nested arrays":       numbered("a=[", strings.Repeat("[", 14)+strings.Repeat("]", 14)+",", "]"),
		"inline tables":       numbered("a=[", "{b=0},", "]"),
		"inline members":      numbered("a={", "k#=0,", "z=0}"),
		"a string":            numbered(`a="`, "x", `"`),
		"a string of escapes": numbered(`a="`, `\u0061`, `"`),
		"lines of a string":   numbered(`a="""`, "x\n", `"""`),
		"joined lines":        numbered(`a="""`, "\\\n", `"""`),
		"a literal string":    numbered(`a='`, "x", `'`),
		"a number":            numbered("a=1", "0", ""),
		"digits apart":        numbered("a=1", "_0", ""),
		"a date":              numbered("a=1979-05-27T00:00:00.", "0", ""),
		"comments":            numbered("", "# x\n", ""),
		"blanks":              numbered("a", " ", "=0"),
		"lines":               numbered("", "\n", "a=0"),
		"open arrays":         numbered("a=", "[", ""),
		"open tables":         numbered("", "a={", ""),
		"an open string":      numbered(`a="`, "x", ""),
		"wide characters":     numbered(`a="`, "長", `"`+"\nb=?"),
		"not UTF-8":           numbered("a=", "\xff", ""),
		"equals":              numbered("", "=", ""),
		"brackets":            numbered("", "[\n", ""),
	} {
		t.Run(name, func(t *testing.T) {
			costtest.Linear(t, costtest.Bound{Fixed: 40 << 20}, input, func(text []byte) { _, _ = Parse(string(text), bounds) })
		})
	}
}
