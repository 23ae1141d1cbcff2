package logfn_test

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"innkeeper/hostfuncs/logfn"
)

func TestAttributes(t *testing.T) {
	for _, c := range []struct {
		name, json string
		want       map[string]any
	}{
		{"every type", `{"s":"x","i":-7,"f":1.5,"b":true,"n":null}`,
			map[string]any{"s": "x", "i": int64(-7), "f": 1.5, "b": true, "n": nil}},
		{"nested", `{"o":{"p":{"q":1}},"l":[1,"a",{"k":[true]},null]}`, map[string]any{
			"o": map[string]any{"p": map[string]any{"q": int64(1)}},
			"l": []any{int64(1), "a", map[string]any{"k": []any{true}}, nil}}},
		{"big numbers", `{"i":9223372036854775807,"j":9223372036854775808,"e":1e999}`,
			map[string]any{"i": int64(1<<63 - 1), "j": float64(1 << 63), "e": "1e999"}},
		{"the host's keys", `{"adapter":1,"generation":2,"time":3,"level":4,"msg":5,"source":6,"origin":7,"attributes_invalid":8}`,
			map[string]any{"guest_adapter": int64(1), "guest_generation": int64(2), "guest_time": int64(3),
				"guest_level": int64(4), "guest_msg": int64(5), "guest_source": int64(6), "guest_origin": int64(7),
				"guest_attributes_invalid": int64(8)}},
		{"the host's keys inside are the guest's", `{"o":{"level":1}}`, map[string]any{"o": map[string]any{"level": int64(1)}}},
		{"a group without a name", `{"":{"adapter":1}}`, map[string]any{"unnamed": map[string]any{"adapter": int64(1)}}},
		{"control characters", `{"a\nb":"c\nd","l":["\u001b"]}`,
			map[string]any{`a\nb`: `c\nd`, "l": []any{`\x1b`}}},
		{"empty object", ` {} `, map[string]any{}},
		{"long key", `{"` + strings.Repeat("k", logfn.KeyBytes+1) + `":1}`,
			map[string]any{strings.Repeat("k", logfn.KeyBytes) + "…": int64(1)}},
		{"as deep as may be", `{"a":{"b":{"c":{"d":1}}}}`,
			map[string]any{"a": map[string]any{"b": map[string]any{"c": map[string]any{"d": int64(1)}}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, n, _ := newFamily()
			f.Write(0, []byte("m"), []byte(c.json))
			got := attributes(n.one(t))
			delete(got, logfn.OriginKey)
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %#v\nwant %#v", got, c.want)
			}
		})
	}
}

func TestAttributesOutOfShape(t *testing.T) {
	many := &strings.Builder{}
	for i := range logfn.Attributes + 1 {
		fmt.Fprintf(many, `,"k%d":1`, i)
	}
	for name, json := range map[string]string{
		"not JSON": `x`, "not UTF-8": "\xff", "a list": `[1]`, "a string": `"s"`, "null": `null`, "cut off": `{"a":1`,
		"cut off in a key": `{"a`, "two objects": `{} {}`, "text behind it": `{}x`, "wrong bracket": `{"a":[1}`,
		"no colon": `{"a" 1}`, "comma at the end": `{"a":1,}`, "number as key": `{1:1}`,
		"too deep": `{"a":{"b":{"c":{"d":{}}}}}`, "lists too deep": `{"a":[[[[1]]]]}`,
		"far too deep": strings.Repeat(`{"a":`, 1000), "brackets only": strings.Repeat(`[`, 8000),
		"too many": "{" + many.String()[1:] + "}", "too many in a list": `{"a":[0` + strings.Repeat(",1", 64) + `]}`,
		"too large": `{"a":"` + strings.Repeat("x", logfn.AttributesBytes) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			f, n, _ := newFamily()
			if r := f.Write(0, []byte("m"), []byte(json)); r != 0 {
				t.Errorf("result %d", r)
			}
			r := n.one(t)
			got := attributes(r)
			if reason, _ := got["attributes_invalid"].(string); reason == "" || len(got) != 2 || r.Message != "m" {
				t.Errorf("got %v", got)
			}
		})
	}
}

// Attributes keep the guest's order.
func TestAttributesInOrder(t *testing.T) {
	f, n, _ := newFamily()
	f.Write(0, []byte("m"), []byte(`{"z":1,"a":2,"m":3}`))
	var keys []string
	n.one(t).Attrs(func(a slog.Attr) bool {
		keys = append(keys, a.Key)
		return true
	})
	if fmt.Sprint(keys) != "[origin z a m]" {
		t.Errorf("got %v", keys)
	}
}

func FuzzAttributes(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[1,"x",null,{"":1e9}]}}`))
	f.Fuzz(func(t *testing.T, json []byte) {
		family, n, _ := newFamily()
		family.Write(0, []byte("m"), json)
		count := 0
		n.one(t).Attrs(func(a slog.Attr) bool {
			if a.Key == "" || strings.ContainsAny(a.Key, "\n\r\x1b") {
				t.Errorf("key %q", a.Key)
			}
			count++
			return true
		})
		if count > logfn.Attributes+1 {
			t.Errorf("%d attributes", count)
		}
	})
}
