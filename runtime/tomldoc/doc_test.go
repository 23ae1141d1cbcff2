package tomldoc

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

func testLimits() Limits { return Limits{Bytes: 1 << 16, Depth: 8, Keys: 200, Key: 64} }

const everyShape = `# comment "with quotes
title = "a # b" # c
'lit.eral' . "qu\"oted" = 1
date = 1979-05-27 07:32:00 # space inside
multi = """
[not.a.table] = 1
\""" ""x"""""
raw = '''
x = 'y' '''
list = [ "a", # one
  'b', [1, 2], { x = 1 }, ]
inline = { a.b = 1, c = { d = "}" } }
empty = []

[ table . "sub" ]
key=true
[[array]]
k = 1
[array.child]
v = 2
[[array]]
k = 3
[[array.deep]]
z = 4
`

func TestPositionsOfEveryShape(t *testing.T) {
	doc, err := Parse(everyShape, testLimits())
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ path, key, value string }{
		{"title", "title", `"a # b"`},
		{"lit.eral|qu\"oted", `"qu\"oted"`, "1"},
		{"date", "date", "1979-05-27 07:32:00"},
		{"multi", "multi", "\"\"\"\n[not.a.table] = 1\n\\\"\"\" \"\"x\"\"\"\"\""},
		{"raw", "raw", "'''\nx = 'y' '''"},
		{"list|1", "'b'", "'b'"},
		{"list|2|1", "2", "2"},
		{"list|3|x", "x", "1"},
		{"inline", "inline", `{ a.b = 1, c = { d = "}" } }`},
		{"inline|a|b", "b", "1"},
		{"inline|c|d", "d", `"}"`},
		{"empty", "empty", "[]"},
		{"table|sub", `"sub"`, `"sub"`},
		{"table|sub|key", "key", "true"},
		{"table", "table", "table"},
		{"inline|a", "a", "a"},
		{"array", "array", "array"},
		{"array|0", "array", "array"},
		{"array|0|k", "k", "1"},
		{"array|0|child|v", "v", "2"},
		{"array|1|k", "k", "3"},
		{"array|1|deep|0|z", "z", "4"},
	} {
		path := strings.Split(tc.path, "|")
		key, ok := doc.Key(path...)
		value, _ := doc.Value(path...)
		if !ok || slice(doc, key) != tc.key || slice(doc, value) != tc.value {
			t.Errorf("%s: key %q value %q, want %q and %q", tc.path, slice(doc, key), slice(doc, value), tc.key, tc.value)
		}
	}
}

func slice(d *Document, s Span) string { return d.Text()[s.Offset : s.Offset+s.Len] }

func TestPositionCountsCharacters(t *testing.T) {
	doc, err := Parse("\ufeff\"ü\" = 1\n\"öä\" = 2", testLimits())
	if err != nil {
		t.Fatal(err)
	}
	value, _ := doc.Value("öä")
	if got, want := doc.Position(value.Offset), (Position{Line: 2, Col: 8}); got != want {
		t.Errorf("position %+v, want %+v", got, want)
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"duplicate key", "a = 1\n b = 2\na = 3\n", "line 3, column 1: key 'a' has already been defined"},
		{"duplicate table", "[a.b]\n[c]\n[a.b]\n", "line 3, column 2: key 'a.b' has already been defined"},
		{"unquoted secret", "key = hunter2hunter2", "line 1, column 7: expected value but found this text instead"},
		{"digits as secret", "key = 99999999999999999999999", "line 1, column 7: this number is out of range for int64"},
		{"secret like a date", "key = 1234-5678-9abc", "line 1, column 7: invalid datetime: this text"},
		{"open string", "a = 1\nkey = \"hunter2\nb = 1", "line 2, column 15: strings cannot contain newlines"},
		{"open array", "a = [1,\n2", ""},
		{"no value", "a =", "line 1, column 3: unexpected EOF; expected value"},
		{"two values", "a = 1 2", ""},
		{"control", "a = \"\x01\"", ""},
		{"not UTF-8", "b = 1\na = \"\xff\"", "line 2, column 6: the text is not UTF-8"},
		{"binary", "\x00asm\x01\x00\x00\x00", "line 1, column 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8"},
		{"too big", strings.Repeat("#", 1<<16+1), "line 1, column 1: the text has 65537 bytes, at most 65536 are allowed"},
		{"deep dotted key", "x = 1\n" + strings.Repeat("a.", 8) + "a = 1", "line 2, column 18: nested too deep, at most 8 levels are allowed"},
		{"deep header", "[" + strings.Repeat("a.", 30_000) + "a]", "line 1, column 19: nested too deep, at most 8 levels are allowed"},
		{"deep array", "a = " + strings.Repeat("[", 60_000), "line 1, column 13: nested too deep, at most 8 levels are allowed"},
		{"deep inline table", strings.Repeat("a={", 20_000), "line 1, column 26: nested too deep, at most 8 levels are allowed"},
		{"long key", strings.Repeat("a", 65) + " = 1", "line 1, column 66: key too long, at most 64 bytes are allowed"},
		{"many keys", "a = [" + strings.Repeat("1,", 300) + "]", "line 1, column 407: too many keys, at most 200 are allowed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Parse(tc.text, testLimits())
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("error %v is no *SyntaxError", err)
			}
			if tc.want != "" && err.Error() != tc.want {
				t.Errorf("got  %s\nwant %s", err, tc.want)
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "9999") {
				t.Errorf("the message shows the value: %v", err)
			}
		})
	}
}

func TestMessagesNeverQuoteValues(t *testing.T) {
	for msg, want := range map[string]string{
		`expected value but found "hunter2" instead`: "expected value but found this text instead",
		`expected value but found "hun\"t'er" now`:   "expected value but found this text now",
		`unexpected EOF; expected '"""'`:             `unexpected EOF; expected '"""'`,
		`expected '.' or '=', but got 'x' instead`:   `expected '.' or '=', but got 'x' instead`,
		`got 'abc`: "got this text",
	} {
		if got := withoutValue(msg); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", msg, got, want)
		}
	}
}

// FuzzParse holds the scanner against the library: whatever the library accepts within the limits is accepted here
// with a position for every key, and what it refuses is refused.
func FuzzParse(f *testing.F) {
	f.Add(everyShape)
	for _, seed := range []string{
		"", "a=1", "a.b.c = 1", "[a]\r\nb = 1\r\n", "x = [[1,2],[3]]", "a = {b=1,\n c=2}", "a = \"\"\"\\\n  b\"\"\"",
		"\"\" = 1", "'' = 1", "a = inf", "a = -nan", "a = 07:32:00", "a = '''''''", "[[a]]\n[[a]]", "a = [{b=1},{b=2}]",
		"\"\\e\" = 1", "\"\\x41\" = 1", "[a] # x\n[b]#", "a = 1_0", "a = 0xff", "a=\"\\\"\"", "a = [ # x\n]", "\ufeffa=1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := Parse(text, testLimits())
		var syntax *SyntaxError
		if err != nil {
			if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.Col < 1 {
				t.Fatalf("error without position: %v", err)
			}
			if limited(syntax.Msg) || !utf8.ValidString(text) {
				return
			}
		}
		var want map[string]any
		meta, wantErr := decodeGuarded(text, &want)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("here %v, library %v", err, wantErr)
		}
		if err != nil || strings.Contains(text, `\`) {
			return
		}
		for _, key := range meta.Keys() {
			if !hasPosition(doc, doc.Root(), key, nil) {
				t.Errorf("no position for %v", key)
			}
		}
	})
}

func limited(msg string) bool {
	return slices.ContainsFunc([]string{"too deep", "too many", "too long", "the text has"}, func(s string) bool {
		return strings.Contains(msg, s)
	})
}

func decodeGuarded(text string, v any) (meta toml.MetaData, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("panic")
		}
	}()
	return toml.Decode(text, v)
}

// hasPosition finds key in any element of the arrays on its way.
func hasPosition(d *Document, node any, key, path []string) bool {
	if len(key) == 0 {
		_, ok := d.Key(path...)
		return ok
	}
	switch node := node.(type) {
	case map[string]any:
		return hasPosition(d, node[key[0]], key[1:], append(path[:len(path):len(path)], key[0]))
	case []map[string]any:
		for i, item := range node {
			if hasPosition(d, item, key, append(path[:len(path):len(path)], strconv.Itoa(i))) {
				return true
			}
		}
	case []any:
		for i, item := range node {
			if hasPosition(d, item, key, append(path[:len(path):len(path)], strconv.Itoa(i))) {
				return true
			}
		}
	}
	return false
}
