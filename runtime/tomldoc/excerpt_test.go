package tomldoc

import (
	"errors"
	"strings"
	"testing"
)

const withSecrets = `title = "plain" # hunter2
key = "hunter2"
	tab = 12
inline = { key = "hunter2", n = 5, "quo#ted" = 'hunter2' } # hunter2
list = ["hunter2", 7] # hunter2
multi = """
hunter2
hunter2"""
[table] # hunter2
wide = "ä" 
`

func TestExcerptHidesValues(t *testing.T) {
	doc, err := Parse(withSecrets, testLimits())
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		path string
		key  bool
		show bool
		want string
		mark string
	}{
		{"title", false, true, `title = "plain"`, `"plain"`},
		{"title", false, false, `title = …`, `…`},
		{"title", true, false, `title = …`, `title`},
		{"key", true, false, `key = …`, `key`},
		{"tab", false, true, ` tab = 12`, `12`},
		{"inline|n", false, true, `inline = { key = …, n = 5, "quo`, `5`},
		{"inline|key", true, false, `inline = { key = …, n = …, "quo`, `key`},
		{"inline|quo#ted", true, false, `inline = { key = …, n = …, "quo`, `"quo`},
		{"list|1", false, true, `list = […, 7]`, `7`},
		{"list", true, false, `list = […, …]`, `list`},
		{"multi", true, false, `multi = …`, `multi`},
		{"table", true, false, `[table]`, `table`},
		{"table|wide", false, true, `wide = "ä"`, `"ä"`},
	} {
		path := strings.Split(tc.path, "|")
		at, ok := doc.Value(path...)
		if tc.key {
			at, ok = doc.Key(path...)
		}
		if !ok {
			t.Fatalf("%s has no position", tc.path)
		}
		e := doc.Excerpt(at, tc.show)
		if e.Text != tc.want || marked(e) != tc.mark {
			t.Errorf("%s: %q marks %q, want %q marks %q", tc.path, e.Text, marked(e), tc.want, tc.mark)
		}
	}
}

func marked(e Excerpt) string {
	r := []rune(e.Text)
	if e.Col == 0 || e.Col > len(r) {
		return ""
	}
	return string(r[e.Col-1 : min(len(r), e.Col-1+e.Width)])
}

func TestBrokenExcerptHidesValues(t *testing.T) {
	for text, want := range map[string]string{
		"a = 1\n key = hunter2":                " key = …",
		"a.b = \"hunter2":                      "a.b = …",
		"[adapters.x":                          "[adapters.x",
		"[adapters.x] hunter2":                 "",
		"key \"hunter2\"":                      "",
		"a = [\nhunter2\n]":                    "",
		"a = 1\na = 2":                         "a = …",
		"\"hunter2\" hunter2 = 1":              "",
		"[a]\n[a]":                             "[a]",
		"k = \"\"\"\nhunter2\n":                "",
		"k = \"\"\"\nx = hunter2\n\\q\n\"\"\"": "k = …",
	} {
		_, err := Parse(text, testLimits())
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Fatalf("%q: %v", text, err)
		}
		if syntax.Excerpt.Text != want {
			t.Errorf("%q: %q, want %q", text, syntax.Excerpt.Text, want)
		}
		if strings.Contains(syntax.Excerpt.Text, "hunter2") {
			t.Errorf("%q shows the value: %q", text, syntax.Excerpt.Text)
		}
	}
}
