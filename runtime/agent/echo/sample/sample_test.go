package sample

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"innkeeper/adapters/lib/jsontext"
)

func parse(t testing.TB, text string) jsontext.Value {
	t.Helper()
	var doc jsontext.Doc
	if err := doc.Parse([]byte(text)); err != nil {
		t.Fatalf("parse %.200s: %v", text, err)
	}
	return doc.Root()
}

// made returns what Make makes, and fails if an independent validator finds that it does not satisfy the schema.
func made(t *testing.T, schema string) string {
	t.Helper()
	text, err := Make(t.Context(), parse(t, schema))
	if err != nil {
		t.Fatalf("Make(%s): %v", schema, err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("Make(%s) = %s is not JSON: %v", schema, text, err)
	}
	if err := validator(t, schema).Validate(value); err != nil {
		t.Errorf("Make(%s) = %s: %v", schema, text, err)
	}
	return text
}

func validator(t *testing.T, schema string) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("test:schema", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("test:schema")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func TestMake(t *testing.T) {
	cases := []struct{ name, schema, want string }{
		{"any", `{}`, `"text"`},
		{"true", `true`, `"text"`},
		{"string", `{"type":"string"}`, `"text"`},
		{"minLength", `{"type":"string","minLength":6}`, `"texttt"`},
		{"maxLength", `{"type":"string","maxLength":2}`, `"te"`},
		{"integer", `{"type":"integer"}`, `0`},
		{"minimum", `{"type":"integer","minimum":3.2}`, `4`},
		{"exclusive minimum", `{"type":"integer","exclusiveMinimum":3}`, `4`},
		{"maximum", `{"type":"integer","maximum":-2}`, `-2`},
		{"exclusive maximum", `{"type":"integer","exclusiveMaximum":-2}`, `-3`},
		{"const beside an enum", `{"enum":["a","b"],"allOf":[{"const":"b"}]}`, `"b"`},
		{"default and examples say nothing", `{"type":"integer","default":"x","examples":[7]}`, `0`},
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
		{"const", `{"const":{"b":1,"a":[2]}}`, `{"b": 1, "a": [2]}`},
		{"array", `{"type":"array","items":{"type":"integer"}}`, `[0]`},
		{"no item allowed", `{"type":"array","maxItems":0}`, `[]`},
		{"items false", `{"type":"array","items":false}`, `[]`},
		{"minItems", `{"type":"array","items":{"type":"boolean"},"minItems":2}`, `[true, true]`},
		{"tuple", `{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":false}`, `["text", 0]`},
		{"old tuple", `{"$schema":"http://json-schema.org/draft-07/schema#","type":"array","items":[{"type":"string"}],"additionalItems":false}`, `["text"]`},
		{"object", `{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"integer"}},"required":["a"]}`, `{"b": "text", "a": 0}`},
		{"required without properties", `{"type":"object","required":["x"]}`, `{"x": "text"}`},
		{"additional", `{"type":"object","additionalProperties":{"type":"integer"},"required":["x"]}`, `{"x": 0}`},
		{"distinct", `{"type":"array","items":{"type":"string"},"uniqueItems":true}`, `["text"]`},
		{"closed", `{"type":"object","properties":{},"additionalProperties":false}`, `{}`},
		{"maxProperties", `{"type":"object","properties":{"a":{"const":1},"b":{"const":2}},"required":["b"],"maxProperties":1}`, `{"b": 2}`},
		{"anyOf", `{"anyOf":[false,{"type":"integer","minimum":9}]}`, `9`},
		{"oneOf", `{"oneOf":[{"type":"integer"},{"type":"integer","minimum":5}]}`, `0`},
		{"allOf", `{"allOf":[{"properties":{"a":{"const":1}},"required":["a"]},{"properties":{"b":{"const":2}},"required":["b"]}]}`, `{"a": 1, "b": 2}`},
		{"ref", `{"$defs":{"n":{"type":"integer","minimum":2}},"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"required":["a"]}`, `{"a": 2}`},
		{"ref with escapes", `{"definitions":{"a/b~c d":{"const":1}},"$ref":"#/definitions/a~1b~0c%20d"}`, `1`},
		{"linked list", `{"type":"object","properties":{"v":{"type":"integer"},"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["v","next"],"additionalProperties":false}`, `{"v": 0, "next": null}`},
		{"tree", `{"$defs":{"node":{"type":"object","properties":{"kids":{"type":"array","items":{"$ref":"#/$defs/node"}}},"required":["kids"]}},"$ref":"#/$defs/node"}`, `{"kids": []}`},
		{"pattern", `{"type":"string","pattern":"^[A-Z]{3}-\\d+$"}`, `"AAA-1"`},
		{"pattern with length", `{"type":"string","pattern":"^a+$","minLength":4}`, `"aaaa"`},
		{"open pattern with length", `{"type":"string","pattern":"b","minLength":3}`, `"bbb"`},
		{"odd characters", `{"const":"<\u0001\"\\\n\u007f\ud83d\ude00>"}`, "\"<\\u0001\\\"\\\\\\n\u007f😀>\""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := made(t, c.schema); got != c.want {
				t.Errorf("Make(%s) = %s; want %s", c.schema, got, c.want)
			}
		})
	}
}

// What generators of schemas write.
func TestMakeForClients(t *testing.T) {
	for name, c := range map[string]struct{ schema, want string }{
		"zod": {
			`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"name":{"type":"string"},` +
				`"seats":{"type":"integer","minimum":3,"maximum":9007199254740991},"tags":{"anyOf":[{"type":"array","items":{"type":"string"}},{"type":"null"}]},` +
				`"day":{"type":"string","enum":["sat","sun"]},"extra":{"type":"object","propertyNames":{"type":"string"},"additionalProperties":{}}},` +
				`"required":["name","seats","tags","day","extra"],"additionalProperties":false}`,
			`{"name": "text", "seats": 3, "tags": ["text"], "day": "sat", "extra": {}}`,
		},
		"pydantic": {
			`{"$defs":{"Kind":{"enum":["a","b"],"title":"Kind","type":"string"},"Leaf":{"properties":{"kind":{"$ref":"#/$defs/Kind"},` +
				`"at":{"format":"date-time","type":"string"},"note":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null}},"required":["kind","at"],"type":"object"}},` +
				`"properties":{"leaf":{"$ref":"#/$defs/Leaf"},"pair":{"maxItems":2,"minItems":2,"prefixItems":[{"type":"number"},{"type":"string"}],"type":"array"}},` +
				`"required":["leaf","pair"],"title":"Tree","type":"object"}`,
			`{"leaf": {"kind": "a", "at": "2024-01-01T12:00:00Z", "note": "text"}, "pair": [0, "text"]}`,
		},
		"a plan": {
			`{"type":"object","properties":{"explanation":{"type":"string"},"plan":{"type":"array","items":{"type":"object",` +
				`"properties":{"status":{"type":"string"},"step":{"type":"string"}},"required":["step","status"],"additionalProperties":false}}},` +
				`"required":["plan"],"additionalProperties":false}`,
			`{"explanation": "text", "plan": []}`,
		},
		"either": {
			`{"oneOf":[{"type":"object","properties":{"kind":{"const":"x"},"n":{"type":"number"}},"required":["kind","n"]},` +
				`{"type":"object","properties":{"kind":{"const":"y"}},"required":["kind"]}]}`,
			`{"kind": "x", "n": 0}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := made(t, c.schema); got != c.want {
				t.Errorf("Make = %s; want %s", got, c.want)
			}
		})
	}
}

// Patterns for formats are often beyond Go's dialect.
func TestAFormatImpliesItsPattern(t *testing.T) {
	got, err := Make(t.Context(), parse(t, `{"type":"string","format":"email","pattern":"^(?!\\.)[a-z]+@.+$"}`))
	if err != nil || got != `"user@example.com"` {
		t.Errorf("Make = %s, %v", got, err)
	}
}

func TestMakeFormats(t *testing.T) {
	for _, f := range []string{"date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri",
		"uri-reference", "regex", "json-pointer"} {
		schema := `{"type":"string","minLength":1,"format":"` + f + `"}`
		if got := made(t, schema); got == `"text"` {
			t.Errorf("format %s is not known", f)
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
			if got, err := Make(t.Context(), parse(t, schema)); !errors.Is(err, ErrNone) {
				t.Fatalf("Make = %s, %v; want ErrNone", got, err)
			}
		})
	}
}

func TestMakeNamesBrokenSchemas(t *testing.T) {
	for name, schema := range map[string]string{
		"no schema":     `7`,
		"unknown type":  `{"type":"text"}`,
		"not":           `{"not":{"type":"string"}}`,
		"if":            `{"if":{"minimum":1},"then":{"minimum":2}}`,
		"contains":      `{"type":"array","contains":{"const":7}}`,
		"long pattern":  `{"type":"string","pattern":"` + strings.Repeat("a", maxPattern+1) + `"}`,
		"old bound":     `{"type":"integer","minimum":3,"exclusiveMinimum":true}`,
		"remote ref":    `{"$ref":"https://example.com/schema"}`,
		"dangling ref":  `{"$ref":"#/$defs/none"}`,
		"enum no list":  `{"enum":"a"}`,
		"look-ahead":    `{"type":"string","pattern":"(?=a)"}`,
		"unsupported":   `{"type":"object","unevaluatedProperties":false}`,
		"minimum text":  `{"type":"integer","minimum":"1"}`,
		"negative size": `{"type":"string","minLength":-1}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := Make(t.Context(), parse(t, schema)); err == nil || errors.Is(err, ErrNone) {
				t.Fatalf("Make = %s, %v; want an error that names the trouble", got, err)
			}
		})
	}
}

// Each of these takes minutes, or all the memory, where nothing counts the work.
func TestMakeIsBounded(t *testing.T) {
	many := func(n int, text string) string { return strings.TrimSuffix(strings.Repeat(text+",", n), ",") }
	names := func(n int, value string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"%d":%s,`, i, value)
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	big := `{"const":"` + strings.Repeat("x", 1<<20) + `"}`
	doubling := `{"$ref":"#/$defs/0","$defs":{`
	for i := range 40 {
		doubling += fmt.Sprintf(`"%d":{"anyOf":[{"$ref":"#/$defs/%d"},{"$ref":"#/$defs/%d"}]},`, i, i+1, i+1)
	}
	for name, schema := range map[string]string{
		"doubling refs":      doubling + `"40":false}}`,
		"wide recursion":     `{"type":"object","properties":{` + names(50, `{"$ref":"#"}`) + `,"x":{"type":"array","items":{"$ref":"#"}}}}`,
		"many types":         `{"type":[` + many(200_000, `"number"`) + `],"minimum":1,"maximum":0}`,
		"many keywords":      `{"anyOf":[` + many(50_000, `{"$ref":"#/$defs/a"}`) + `],"$defs":{"a":{` + names(100_000, `1`) + `,"enum":[]}}}`,
		"many names":         `{"anyOf":[` + many(50_000, `{"$ref":"#/$defs/a"}`) + `],"$defs":{"a":{"type":"object","properties":{` + names(100_000, `true`) + `}}}}`,
		"many definitions":   `{"anyOf":[` + many(50_000, `{"$ref":"#/$defs/a"}`) + `],"$defs":{` + names(100_000, `true`) + `,"a":false}}`,
		"many at one place":  `{"allOf":[` + many(100_000, `true`) + `],"anyOf":[` + many(50_000, `false`) + `]}`,
		"many large values":  `{"type":"array","minItems":1000,"items":` + big + `}`,
		"many large strings": `{"type":"array","minItems":1000,"items":{"type":"array","minItems":1000,"items":{"type":"string","minLength":60000}}}`,
		"many patterns":      `{"anyOf":[` + many(50_000, `{"$ref":"#/$defs/a"}`) + `],"$defs":{"a":{"type":"string","maxLength":1,"pattern":"` + strings.Repeat("(a{999})", 30) + `"}}}`,
		"many multiples":     `{"anyOf":[` + many(50_000, `{"$ref":"#/$defs/a"}`) + `],"$defs":{"a":{"type":"integer","minimum":1,"allOf":[` + many(200, `{"multipleOf":1e300}`) + `,{"multipleOf":1.7e300}]}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if made, err := Make(t.Context(), parse(t, schema)); len(made) > maxWork {
				t.Errorf("%d bytes, %v", len(made), err)
			}
		})
	}
}

// FuzzMake holds Make to its word for any schema: JSON or an error, never a panic or a hang.
func FuzzMake(f *testing.F) {
	f.Add(`{"type":"object","properties":{"a":{"type":"array","items":{"$ref":"#"}}},"required":["a"]}`)
	f.Add(`{"oneOf":[{"type":"string","pattern":"^(a|b)*$"},{"multipleOf":0.1}]}`)
	f.Add(`{"properties":{"a\"b":{"enum":["\ud800"]}}}`)
	f.Fuzz(func(t *testing.T, schema string) {
		var doc jsontext.Doc
		if doc.Parse([]byte(schema)) != nil {
			t.Skip()
		}
		if made, err := Make(t.Context(), doc.Root()); err == nil && !json.Valid([]byte(made)) {
			t.Fatalf("Make(%s) = %s is not JSON", schema, made)
		}
	})
}
