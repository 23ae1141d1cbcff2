package sample

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/valyala/fastjson"
)

func parse(t testing.TB, text string) *fastjson.Value {
	t.Helper()
	v, err := fastjson.Parse(text)
	if err != nil {
		t.Fatalf("parse %s: %v", text, err)
	}
	return v
}

func TestMake(t *testing.T) {
	cases := []struct{ name, schema, want string }{
		{"any", `{}`, `"text"`},
		{"true", `true`, `"text"`},
		{"string", `{"type":"string"}`, `"text"`},
		{"minLength", `{"type":"string","minLength":6}`, `"textxx"`},
		{"maxLength", `{"type":"string","maxLength":2}`, `"te"`},
		{"integer", `{"type":"integer"}`, `0`},
		{"minimum", `{"type":"integer","minimum":3.2}`, `4`},
		{"exclusive minimum", `{"type":"integer","exclusiveMinimum":3}`, `4`},
		{"exclusive minimum of draft 4", `{"type":"integer","minimum":3,"exclusiveMinimum":true}`, `4`},
		{"maximum", `{"type":"integer","maximum":-2}`, `-2`},
		{"exclusive maximum", `{"type":"integer","exclusiveMaximum":-2}`, `-3`},
		{"both bounds of a number", `{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1}`, `0.5`},
		{"open number", `{"type":"number","exclusiveMinimum":7}`, `8`},
		{"multiple", `{"type":"integer","minimum":10,"multipleOf":7}`, `14`},
		{"fractional multiple", `{"type":"number","minimum":0.25,"multipleOf":0.1}`, `0.3`},
		{"integer multiple of a fraction", `{"type":"integer","minimum":1,"multipleOf":1.5}`, `3`},
		{"two multiples", `{"allOf":[{"type":"integer","multipleOf":4},{"multipleOf":6,"minimum":1}]}`, `12`},
		{"boolean", `{"type":"boolean"}`, `true`},
		{"null", `{"type":"null"}`, `null`},
		{"types", `{"type":["null","string"]}`, `null`},
		{"enum", `{"type":"string","enum":["a","b"]}`, `"a"`},
		{"enum narrowed by a type", `{"type":"integer","enum":["a",7]}`, `7`},
		{"const", `{"const":{"b":1,"a":[2]}}`, `{"b": 1, "a": [2]}`},
		{"default", `{"type":"integer","default":5}`, `5`},
		{"default of the wrong type", `{"type":"integer","default":"x"}`, `0`},
		{"examples", `{"type":"string","examples":["Paris"]}`, `"Paris"`},
		{"array", `{"type":"array","items":{"type":"integer"}}`, `[0]`},
		{"no item allowed", `{"type":"array","maxItems":0}`, `[]`},
		{"items false", `{"type":"array","items":false}`, `[]`},
		{"minItems", `{"type":"array","items":{"type":"boolean"},"minItems":2}`, `[true, false]`},
		{"unique", `{"type":"array","items":{"type":"integer","minimum":5},"minItems":3,"uniqueItems":true}`, `[5, 6, 7]`},
		{"unique enum", `{"type":"array","items":{"enum":["a","b"]},"minItems":2,"uniqueItems":true}`, `["a", "b"]`},
		{"tuple", `{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":false}`, `["text", 1]`},
		{"old tuple", `{"type":"array","items":[{"type":"string"}],"additionalItems":false}`, `["text"]`},
		{"contains", `{"type":"array","contains":{"const":7}}`, `[7]`},
		{"object", `{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"integer"}},"required":["a"]}`, `{"b": "text", "a": 0}`},
		{"required without properties", `{"type":"object","required":["x"]}`, `{"x": "text"}`},
		{"additional", `{"type":"object","additionalProperties":{"type":"integer"},"minProperties":2}`, `{"property1": 1, "property2": 2}`},
		{"closed", `{"type":"object","properties":{},"additionalProperties":false}`, `{}`},
		{"maxProperties", `{"type":"object","properties":{"a":{"const":1},"b":{"const":2}},"required":["b"],"maxProperties":1}`, `{"b": 2}`},
		{"pattern properties", `{"type":"object","patternProperties":{"^n":{"type":"integer"}},"required":["n1"]}`, `{"n1": 0}`},
		{"anyOf", `{"anyOf":[false,{"type":"integer","minimum":9}]}`, `9`},
		{"oneOf", `{"oneOf":[{"type":"integer"},{"type":"integer","minimum":5}]}`, `0`},
		{"allOf", `{"allOf":[{"properties":{"a":{"const":1}},"required":["a"]},{"properties":{"b":{"const":2}},"required":["b"]}]}`, `{"a": 1, "b": 2}`},
		{"not", `{"not":{"type":"string"},"type":["string","integer"]}`, `0`},
		{"if then", `{"type":"object","properties":{"k":{"const":"x"}},"required":["k"],"if":{"properties":{"k":{"const":"x"}}},"then":{"required":["v"]}}`, `{"k": "x", "v": "text"}`},
		{"ref", `{"$defs":{"n":{"type":"integer","minimum":2}},"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"required":["a"]}`, `{"a": 2}`},
		{"ref with escapes", `{"definitions":{"a/b~c d":{"const":1}},"$ref":"#/definitions/a~1b~0c%20d"}`, `1`},
		{"linked list", `{"type":"object","properties":{"v":{"type":"integer"},"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["v","next"],"additionalProperties":false}`, `{"v": 0, "next": null}`},
		{"tree", `{"$defs":{"node":{"type":"object","properties":{"kids":{"type":"array","items":{"$ref":"#/$defs/node"}}},"required":["kids"]}},"$ref":"#/$defs/node"}`, `{"kids": []}`},
		{"pattern", `{"type":"string","pattern":"^[A-Z]{3}-\\d+$"}`, `"AAA-1"`},
		{"pattern with length", `{"type":"string","pattern":"^a+$","minLength":4}`, `"aaaa"`},
		{"open pattern with length", `{"type":"string","pattern":"b","minLength":3}`, `"bxx"`},
		{"odd characters", `{"const":"<\u0001\"\\\n\u007f\ud83d\ude00>"}`, "\"<\\u0001\\\"\\\\\\n\u007f😀>\""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := Make(parse(t, c.schema))
			if err != nil || got != c.want {
				t.Fatalf("Make(%s) = %s, %v; want %s", c.schema, got, err, c.want)
			}
			if !json.Valid([]byte(got)) {
				t.Fatalf("Make(%s) = %s is not JSON", c.schema, got)
			}
		})
	}
}

func TestMakeFormats(t *testing.T) {
	for _, f := range []string{"date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri",
		"uri-reference", "regex", "json-pointer"} {
		for variant := range 3 {
			made := formatted(f, variant)
			if made == "" || !hasFormat(f, made) {
				t.Errorf("format %s variant %d: %q does not have its format", f, variant, made)
			}
		}
		if f != "uri-reference" && hasFormat(f, "[ (") {
			t.Errorf("format %s accepts nonsense", f)
		}
	}
}

func TestMakeRefuses(t *testing.T) {
	for name, schema := range map[string]string{
		"false":                 `false`,
		"empty enum":            `{"enum":[]}`,
		"contradicting types":   `{"allOf":[{"type":"string"},{"type":"integer"}]}`,
		"contradicting bounds":  `{"type":"integer","minimum":2,"maximum":1}`,
		"nothing between":       `{"type":"integer","exclusiveMinimum":1,"exclusiveMaximum":2}`,
		"endless nesting":       `{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}`,
		"endless double":        `{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}},"required":["a","b"]}`,
		"a ref to itself":       `{"$ref":"#"}`,
		"doubling refs":         `{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}`,
		"a gigabyte of text":    `{"type":"string","minLength":1e9}`,
		"a billion items":       `{"type":"array","minItems":1e9}`,
		"a billion properties":  `{"type":"object","minProperties":1e9}`,
		"unique beyond choice":  `{"type":"array","items":{"type":"boolean"},"minItems":3,"uniqueItems":true}`,
		"required but not open": `{"type":"object","required":["a"],"properties":{"a":false}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := Make(parse(t, schema)); !errors.Is(err, ErrNone) {
				t.Fatalf("Make = %s, %v; want ErrNone", got, err)
			}
		})
	}
}

func TestMakeNamesBrokenSchemas(t *testing.T) {
	for name, schema := range map[string]string{
		"no schema":     `7`,
		"unknown type":  `{"type":"text"}`,
		"remote ref":    `{"$ref":"https://example.com/schema"}`,
		"dangling ref":  `{"$ref":"#/$defs/none"}`,
		"enum no list":  `{"enum":"a"}`,
		"look-ahead":    `{"type":"string","pattern":"(?=a)"}`,
		"unsupported":   `{"type":"object","unevaluatedProperties":false}`,
		"minimum text":  `{"type":"integer","minimum":"1"}`,
		"negative size": `{"type":"string","minLength":-1}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := Make(parse(t, schema)); err == nil || errors.Is(err, ErrNone) {
				t.Fatalf("Make = %s, %v; want an error that names the trouble", got, err)
			}
		})
	}
}

// Check is what Make's promise rests on, so it is tested by cases from the specification, not by what Make makes.
func TestCheck(t *testing.T) {
	cases := []struct{ schema, good, bad string }{
		{`{"type":"integer"}`, `1.0`, `1.5`},
		{`{"type":["string","null"]}`, `null`, `0`},
		{`{"enum":[1,"a",{"x":[1,2]}]}`, `{"x":[1.0,2]}`, `{"x":[2,1]}`},
		{`{"const":null}`, `null`, `0`},
		{`{"minimum":3}`, `3`, `2.9`},
		{`{"maximum":3}`, `"longer than three"`, `4`},
		{`{"exclusiveMaximum":3}`, `2.9`, `3`},
		{`{"maximum":3,"exclusiveMaximum":true}`, `2`, `3`},
		{`{"multipleOf":0.01}`, `4.35`, `4.355`},
		{`{"minLength":2}`, `"éé"`, `"é"`},
		{`{"maxLength":1}`, `"é"`, `"ab"`},
		{`{"pattern":"b"}`, `"abc"`, `"ac"`},
		{`{"items":{"type":"integer"}}`, `[1,2]`, `[1,"2"]`},
		{`{"prefixItems":[{"const":1}],"items":{"const":2}}`, `[1,2,2]`, `[1,1]`},
		{`{"prefixItems":[{"const":1}]}`, `[1,"x"]`, `[2]`},
		{`{"items":[{"const":1}],"additionalItems":false}`, `[1]`, `[1,2]`},
		{`{"minItems":1,"maxItems":2}`, `[1]`, `[1,2,3]`},
		{`{"uniqueItems":true}`, `[1,"1",[1]]`, `[{"a":1,"b":2},{"b":2,"a":1}]`},
		{`{"contains":{"const":1},"minContains":2,"maxContains":3}`, `[1,1]`, `[1,2]`},
		{`{"contains":{"const":1},"maxContains":1}`, `[1]`, `[1,1]`},
		{`{"properties":{"a":{"type":"string"}},"additionalProperties":false}`, `{"a":"x"}`, `{"b":1}`},
		{`{"additionalProperties":{"type":"integer"}}`, `{"b":1}`, `{"b":"1"}`},
		{`{"patternProperties":{"^a":{"const":1}},"additionalProperties":false}`, `{"ab":1}`, `{"ab":2}`},
		{`{"required":["a"]}`, `{"a":null}`, `{}`},
		{`{"minProperties":1,"maxProperties":1}`, `{"a":1}`, `{"a":1,"b":1}`},
		{`{"propertyNames":{"maxLength":1}}`, `{"a":1}`, `{"ab":1}`},
		{`{"dependentRequired":{"a":["b"]}}`, `{"a":1,"b":1}`, `{"a":1}`},
		{`{"allOf":[{"minimum":1},{"maximum":2}]}`, `1`, `3`},
		{`{"anyOf":[{"minimum":5},{"type":"string"}]}`, `"x"`, `1`},
		{`{"oneOf":[{"minimum":5},{"maximum":7}]}`, `8`, `6`},
		{`{"not":{"type":"string"}}`, `1`, `"x"`},
		{`{"if":{"type":"integer"},"then":{"minimum":1},"else":{"type":"string"}}`, `"x"`, `0`},
		{`{"$defs":{"a":{"type":"string"}},"items":{"$ref":"#/$defs/a"}}`, `["x"]`, `[1]`},
		{`{"format":"date"}`, `"2024-02-29"`, `"2023-02-29"`},
		{`{"format":"something-else"}`, `"x"`, ``},
		{`{"title":"x","description":"y","x-unknown":1}`, `{}`, ``},
	}
	for _, c := range cases {
		t.Run(c.schema, func(t *testing.T) {
			if ok, err := Check(parse(t, c.schema), parse(t, c.good)); !ok || err != nil {
				t.Errorf("%s: ok=%v err=%v, want it to hold", c.good, ok, err)
			}
			if c.bad == "" {
				return
			}
			if ok, err := Check(parse(t, c.schema), parse(t, c.bad)); ok || err != nil {
				t.Errorf("%s: ok=%v err=%v, want it not to hold", c.bad, ok, err)
			}
		})
	}
}

// FuzzMake holds Make to its word for any schema: a value that satisfies it or an error, never a panic or a hang.
func FuzzMake(f *testing.F) {
	f.Add(`{"type":"object","properties":{"a":{"type":"array","items":{"$ref":"#"}}},"required":["a"]}`)
	f.Add(`{"oneOf":[{"type":"string","pattern":"^(a|b)*$"},{"multipleOf":0.1}]}`)
	f.Add(`{"properties":{"a\"b":{"enum":["\ud800"]}}}`)
	f.Fuzz(func(t *testing.T, schema string) {
		root, err := fastjson.Parse(schema)
		if err != nil {
			t.Skip()
		}
		made, err := Make(root)
		if err != nil {
			return
		}
		if ok, err := Check(root, parse(t, made)); !ok || err != nil {
			t.Fatalf("Make(%s) = %s, which does not satisfy it: %v", schema, made, err)
		}
	})
}
