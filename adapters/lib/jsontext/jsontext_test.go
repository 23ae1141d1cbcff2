package jsontext

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseAgreesWithEncodingJSON(t *testing.T) {
	for _, text := range seeds {
		checkAgainstStandard(t, []byte(text))
	}
}

// seeds are texts on both sides of every rule.
var seeds = []string{
	`{}`, `[]`, `""`, `0`, `-0`, `-`, `01`, `1.`, `1.5`, `.5`, `1e5`, `1E+5`, `1e`, `1e+`, `-1.25e-3`, `+1`, `nan`, `Infinity`,
	`true`, `false`, `null`, `nul`, `truex`, ` [ 1 , 2 ] `, `[1,]`, `[,1]`, `[1 2]`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`,
	`"\u00e9\n\t\"\\\/\b\f\r"`, `"\x"`, `"\u12"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00\ud83d"`, `"\ud83dx\ude00"`, "\"a\nb\"", "\"\x7f\"", `"é😀"`,
	`{"a":{"b":[1,{"c":null}]},"d":"e"}`, `{"a":1,"a":2}`, `[1]x`, ``, ` `, `"abc`, `[`, `{`, `{"a":[}`, `"\`, `{"\u0061":1}`,
}

func checkAgainstStandard(t *testing.T, text []byte) {
	t.Helper()
	var d Doc
	err := d.Parse(text)
	if !utf8.Valid(text) {
		if err == nil && json.Valid(text) {
			t.Fatalf("%q: invalid UTF-8 was accepted", text)
		}
		return
	}
	if strings.Count(string(text), "[")+strings.Count(string(text), "{") > MaxDepth {
		return
	}
	var want any
	wantErr := json.Unmarshal(text, &want)
	if _, outOfRange := wantErr.(*json.UnmarshalTypeError); outOfRange {
		return
	}
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%q: got error %v, encoding/json has %v", text, err, wantErr)
	}
	if err != nil {
		return
	}
	if got := toAny(d.Root()); !reflect.DeepEqual(got, want) {
		t.Fatalf("%q: got %#v, want %#v", text, got, want)
	}
	if got := string(d.Root().Raw()); got != strings.Trim(string(text), " \t\r\n") {
		t.Fatalf("%q: raw is %q", text, got)
	}
}

func toAny(v Value) any {
	switch v.Kind() {
	case Bool:
		b, _ := v.Bool()
		return b
	case Number:
		f, _ := v.Float()
		return f
	case String:
		return v.Text()
	case Array:
		list := []any{}
		for it := v.Items(); it.Next(); {
			list = append(list, toAny(it.Value))
		}
		return list
	case Object:
		m := map[string]any{}
		for it := v.Members(); it.Next(); {
			m[string(it.Name())] = toAny(it.Value)
		}
		return m
	}
	return nil
}

func TestDepthIsBounded(t *testing.T) {
	var d Doc
	ok := strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)
	if err := d.Parse([]byte(ok)); err != nil {
		t.Fatalf("%d levels: %v", MaxDepth, err)
	}
	for _, open := range []string{"[", `{"a":`, `[{"a":`} {
		err := d.Parse([]byte(strings.Repeat(open, 1_000_000)))
		if syntax, ok := err.(*SyntaxError); !ok || syntax.Reason != "nested too deep" {
			t.Fatalf("a million of %q: %v", open, err)
		}
	}
	if d.Root().Kind() != None {
		t.Fatal("a failed parse left a root")
	}
}

func TestTheNumberOfValuesIsBounded(t *testing.T) {
	for _, one := range []string{"0,", "[],", "{},", `{"a":0},`, `"",`} {
		var d Doc
		err := d.Parse([]byte("[" + strings.Repeat(one, MaxValues) + "0]"))
		if syntax, ok := err.(*SyntaxError); !ok || syntax.Reason != "too many values" {
			t.Fatalf("many of %q: %v", one, err)
		}
		if len(d.nodes) > MaxValues {
			t.Fatalf("%d nodes", len(d.nodes))
		}
		if d.Release(); cap(d.nodes) > MaxValues/2 {
			t.Fatal("the memory was kept")
		}
	}
}

func TestGetTakesTheLastOfDuplicates(t *testing.T) {
	var d Doc
	if err := d.Parse([]byte(`{"a":1,"b":{"a":7},"\u0061":2}`)); err != nil {
		t.Fatal(err)
	}
	if n, ok := d.Root().Get("a").Int(); !ok || n != 2 {
		t.Fatalf("a is %d, %v", n, ok)
	}
	if d.Root().Get("c").Set() || d.Root().Get("b").Get("a").Get("x").Set() {
		t.Fatal("a member that is not there was found")
	}
}

func TestIsReadsEscapes(t *testing.T) {
	var d Doc
	for text, want := range map[string]bool{
		`"model"`: true, `"\u006d\u006f\u0064\u0065\u006c"`: true, `"mode\u006c"`: true, `"mode"`: false, `"model\u0020"`: false,
		`"` + strings.Repeat(`\u006d`, 1000) + `"`: false, `["model"]`: false,
	} {
		if err := d.Parse([]byte(text)); err != nil || d.Root().Is("model") != want {
			t.Errorf("%.80s is model: %v, %v", text, !want, err)
		}
	}
}

// A key that cannot be the one that is looked for is not unescaped: it may be megabytes, and is looked at for each keyword.
func TestLookingForAKeyCopiesNothing(t *testing.T) {
	var d Doc
	if err := d.Parse([]byte(`{"` + strings.Repeat(`\u0061`, 1<<16) + `":1,"b":[1,2,3]}`)); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(10, func() { d.Root().Get("a") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n, m := d.Root().Len(), d.Root().Get("b").Len(); n != 2 || m != 3 {
		t.Errorf("%d members and %d items", n, m)
	}
}

func TestReserveIsEnough(t *testing.T) {
	var d Doc
	text := []byte("[" + strings.Repeat(`{"a":0},`, 1000) + "[]]")
	d.Reserve(3002)
	room := cap(d.nodes)
	if err := d.Parse(text); err != nil || cap(d.nodes) != room || len(d.nodes) != room {
		t.Errorf("%v, %d nodes in a room of %d, now %d", err, len(d.nodes), room, cap(d.nodes))
	}
}

func TestAppendStringIsReadBackByEncodingJSON(t *testing.T) {
	for _, s := range []string{"", "plain", "a\"b\\c\n\r\t\x00\x1f\x7f", "é😀\u2028", "bad\xffbytes\xc3", "\xed\xa0\x80"} {
		checkAppendString(t, s)
	}
}

func checkAppendString(t *testing.T, s string) {
	t.Helper()
	var got string
	encoded := AppendString(nil, s)
	if err := json.Unmarshal(encoded, &got); err != nil {
		t.Fatalf("%q: %s: %v", s, encoded, err)
	}
	want := s
	if !utf8.ValidString(s) {
		want = string([]rune(s))
	}
	if got != want {
		t.Fatalf("%q came back as %q", s, got)
	}
	if other := AppendString(nil, []byte(s)); string(other) != string(encoded) {
		t.Fatalf("%q: bytes give %s, string gives %s", s, other, encoded)
	}
}

func TestParsingAgainAllocatesNothing(t *testing.T) {
	var d Doc
	text := []byte(`{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}`)
	if err := d.Parse(text); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _ = d.Parse(text) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkAgainstStandard(t, text) })
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\"\x00é\xff")
	f.Fuzz(checkAppendString)
}
