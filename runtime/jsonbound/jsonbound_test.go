package jsonbound_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"innkeeper/runtime/jsonbound"
)

func TestMeasure(t *testing.T) {
	for text, want := range map[string]int{
		``: 1, `1`: 1, `""`: 1, `[]`: 1, `{}`: 1, " [ \n\t\r ] ": 1, `[1]`: 2, `[[],[]]`: 3, `[[[]]]`: 3, `{"a":1}`: 3,
		`{"a":{"b":[1,2]}}`: 7, `["[,:{"]`: 2, `["\""]`: 2, `["\\",1]`: 3, `["\\\",",1]`: 3, `{"a,\"b":"]"}`: 3,
		`[[ ],{ }, 0.5e+7 ,null]`: 5,
	} {
		if got, err := jsonbound.Measure([]byte(text), jsonbound.Bounds{}); got != want || err != nil {
			t.Errorf("%s: %d values, %v, want %d", text, got, err, want)
		}
	}
}

func TestBounds(t *testing.T) {
	for _, tc := range []struct {
		text   string
		bounds jsonbound.Bounds
		want   string
	}{
		{`[1,2]`, jsonbound.Bounds{Bytes: 5, Depth: 1, Values: 3}, ""},
		{`[1,2]`, jsonbound.Bounds{Bytes: 4}, "json[byte 4]: more than 4 bytes"},
		{`[[],[[]]]`, jsonbound.Bounds{Depth: 2}, "json[byte 5]: more than 2 levels"},
		{`[{"a":{}}]`, jsonbound.Bounds{Depth: 2}, "json[byte 6]: more than 2 levels"},
		{`["[[[[", "{\"[[["]`, jsonbound.Bounds{Depth: 1}, ""},
		{`]]]][[[[`, jsonbound.Bounds{Depth: 3}, "json[byte 7]: more than 3 levels"},
		{`{"a":1,"b":2}`, jsonbound.Bounds{Values: 4}, "json[byte 10]: more than 4 values"},
		{`[ 0,0]`, jsonbound.Bounds{Values: 1}, "json[byte 1]: more than 1 values"},
		{`"open`, jsonbound.Bounds{Values: 1}, ""},
	} {
		err := jsonbound.Check([]byte(tc.text), tc.bounds)
		if got := errorText(err); got != tc.want {
			t.Errorf("%s within %+v: got %q, want %q", tc.text, tc.bounds, got, tc.want)
		}
		var exceeded *jsonbound.Error
		if err != nil && !errors.As(err, &exceeded) {
			t.Errorf("%s: %T", tc.text, err)
		}
	}
}

func TestReadStopsAtTheBound(t *testing.T) {
	bounds := jsonbound.Bounds{Bytes: 8, Values: 4}
	for text, want := range map[string]string{
		`[1,2,3]`: "", `[1,2,3] `: "", `[1,2,3]  `: "json[byte 8]: more than 8 bytes", `[1,,,,]`: "json[byte 4]: more than 4 values",
	} {
		rest := strings.NewReader(text + strings.Repeat("x", 100))
		got, err := jsonbound.Read(io.LimitReader(rest, int64(len(text))), bounds)
		if errorText(err) != want || err == nil && string(got) != text {
			t.Errorf("%s: %q, %v", text, got, err)
		}
		if left := rest.Len(); left < 99 {
			t.Errorf("%s: read on for %d bytes", text, 100-left)
		}
	}
	broken := errors.New("broken")
	if _, err := jsonbound.Read(iotest.ErrReader(broken), bounds); !errors.Is(err, broken) {
		t.Errorf("a reader that breaks: %v", err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// worst are the shapes of which much comes from little.
var worst = map[string]string{
	"brackets": strings.Repeat("[", 1<<20),
	"empties":  "[" + strings.Repeat("[],", 1<<18) + "0]",
	"string":   `"` + strings.Repeat("a", 1<<20) + `"`,
	"escapes":  `"` + strings.Repeat(`\\\"`, 1<<18) + `"`,
	"slashes":  `"` + strings.Repeat(`\`, 1<<20) + `"`,
	"members":  "{" + strings.Repeat(`"":0,`, 1<<18) + `"":0}`,
	"blanks":   strings.Repeat("[ \n", 1<<18),
	"numbers":  "[" + strings.Repeat("0,", 1<<19) + "0]",
}

func TestNothingIsAllocated(t *testing.T) {
	for name, text := range worst {
		b := []byte(text)
		if n := testing.AllocsPerRun(1, func() { _, _ = jsonbound.Measure(b, jsonbound.Bounds{}) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// FuzzMeasure holds the count against encoding/json's: equal for what that accepts, and never less than what it has seen of
// what it refuses.
func FuzzMeasure(f *testing.F) {
	for _, text := range []string{
		``, `{"a":[1,{"b":"\\\""},[]],"c":{}}`, `["\u0022",[ ] ,-0.1e+9]`, `[[[`, `{"a"`, `"\`, `[,]`, `{"a":}`, "[1 2]", `{"":{"":[[]]}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		values, err := jsonbound.Measure(text, jsonbound.Bounds{})
		if err != nil {
			t.Fatal(err)
		}
		seen, deepest := read(text)
		if values < seen || json.Valid(text) && values != seen {
			t.Errorf("%q: counted %d, there are %d", text, values, seen)
		}
		if deepest > 1 && jsonbound.Check(text, jsonbound.Bounds{Depth: deepest - 1}) == nil {
			t.Errorf("%q is %d deep", text, deepest)
		}
		if json.Valid(text) && deepest > 0 && jsonbound.Check(text, jsonbound.Bounds{Depth: deepest, Values: seen}) != nil {
			t.Errorf("%q keeps its own measures", text)
		}
	})
}

// read walks the first JSON text as far as it is one, and returns its values and depth.
func read(text []byte) (values, deepest int) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	depth := 0
	for {
		token, err := d.Token()
		if err != nil {
			return values, deepest
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			depth++
			deepest = max(deepest, depth)
			values++
		case json.Delim(']'), json.Delim('}'):
			depth--
		default:
			values++
		}
		if depth == 0 {
			return values, deepest
		}
	}
}

const chat = `{"model":"echo","stream":true,"messages":[{"role":"system","content":"You are terse."},{"role":"user","content":"the innkeeper has them all back when you check out"}],"temperature":0.7,"max_tokens":128}`

func BenchmarkMeasure(b *testing.B) {
	texts := map[string]string{"chat": chat}
	for name, text := range worst {
		texts[name] = text
	}
	for name, text := range texts {
		b.Run(name, func(b *testing.B) {
			raw := []byte(text)
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				_, _ = jsonbound.Measure(raw, jsonbound.Bounds{Depth: 1 << 30, Values: 1 << 30})
			}
		})
	}
}
