package manifest

import (
	"fmt"
	"strings"
	"testing"

	"innkeeper/runtime/costtest"
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

// A manifest comes from whoever built the module. What 64 KB and 5,000 keys can be made to cost is the fixed part; more is refused
// before it is read.
func TestCostOfManifests(t *testing.T) {
	const head = "name = \"a\"\nversion = \"1\"\n"
	for name, input := range map[string]func(size int) []byte{
		"settings":     numbered(head, "[settings.s#]\ntype = \"string\"\n", ""),
		"enums":        numbered(head+"[settings.a]\ntype = \"string\"\nenum = [", `"#",`, "]"),
		"routes":       numbered(head+"[http]\n", "[[http.routes]]\nname = \"r#\"\nmethod = \"GET\"\npath = \"/a/{b}/#\"\nguard = \"open\"\n", ""),
		"long route":   numbered(head+"[http]\n[[http.routes]]\nname = \"r\"\nmethod = \"GET\"\npath = \"", "/{a#}", "\"\nguard = \"open\"\n"),
		"unknown":      numbered(head, "k# = 0\n", ""),
		"dotted":       numbered(head, "a.b.c.d.e.f.g.h.i.j.k# = 0\n", ""),
		"families":     numbered(head+"families = [", `"f#",`, "]"),
		"description":  numbered(head+`description = "`, "x", `"`),
		"control":      numbered(head+`description = "`, `\u001b`, `"`),
		"databases":    numbered(head+"databases = [", `"d#",`, "]"),
		"default list": numbered(head+"[settings.a]\ntype = \"list\"\ndefault = [", `"#",`, "]"),
	} {
		t.Run(name, func(t *testing.T) {
			costtest.Linear(t, costtest.Bound{Fixed: 24 << 20}, input, func(text []byte) { _, _ = Parse(text) })
		})
	}
}
