package sample

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"innkeeper/adapters/lib/jsontext"
	"innkeeper/runtime/costtest"
)

// repeated repeats a piece in a text up to a size; # in it becomes the number of the piece.
func repeated(before, piece, after string) func(size int) []byte {
	return func(size int) []byte {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			b.WriteString(strings.ReplaceAll(piece, "#", fmt.Sprint(i)))
		}
		return []byte(before + strings.TrimSuffix(b.String(), ",") + after)
	}
}

// worst are schemas from which much can be made, or on which a search can go wrong.
func worst() map[string]func(size int) []byte {
	again := `{"anyOf":[` + strings.Repeat(`{"$ref":"#/$defs/a"},`, 2000) + `false],"$defs":{"a":{`
	return map[string]func(size int) []byte{
		"doubling refs": func(size int) []byte {
			var b strings.Builder
			b.WriteString(`{"$ref":"#/$defs/0","$defs":{`)
			i := 0
			for ; b.Len() < size; i++ {
				fmt.Fprintf(&b, `"%d":{"anyOf":[{"$ref":"#/$defs/%d"},{"$ref":"#/$defs/%d"}]},`, i, i+1, i+1)
			}
			return []byte(b.String() + fmt.Sprintf(`"%d":false}}`, i))
		},
		"wide recursion":       repeated(`{"type":"object","properties":{`, `"#":{"$ref":"#"},`, "}}"),
		"a constant again":     repeated(again+`"type":"array","minItems":9,"items":{"const":"`, "a", `"},"maxItems":1}}}`),
		"a deep constant":      repeated(`{"const":`+strings.Repeat("[", 200), "[],", strings.Repeat("]", 200)+"}"),
		"a pattern again":      repeated(again+`"type":"string","minLength":9,"maxLength":1,"pattern":"`, "a", `"}}}`),
		"a long string of it":  repeated(again+`"type":"string","minLength":60000,"pattern":"^(a?a?a?a?){200}$","x":"`, "a", `"}}}`),
		"many patterns":        repeated(`{"allOf":[`, `{"anyOf":[false,{"type":"string","pattern":"^b{#}$"}]},`, `]}`),
		"a type again":         repeated(again+`"type":"`, "a", `"}}}`),
		"a format again":       repeated(again+`"type":"string","maxLength":1,"minLength":2,"format":"`, "a", `"}}}`),
		"a long reference":     repeated(again+`"$ref":"#`, "/a", `"}}}`),
		"keys of escapes":      repeated(again+`"`, `\u0061`, `":0,"enum":[]}}}`),
		"many keywords":        repeated(again, `"#":1,`, `,"enum":[]}}}`),
		"many names":           repeated(again+`"type":"object","properties":{`, `"#":true,`, `}}}}`),
		"one name":             repeated(again+`"type":"object","minProperties":2,"properties":{`, `"a":true,`, `}}}}`),
		"a long name":          repeated(again+`"type":"object","minProperties":2,"properties":{"`, `a`, `":true}}}}`),
		"many that are needed": repeated(again+`"type":"object","maxProperties":0,"required":[`, `"a",`, `]}}}`),
		"many at one place":    repeated(again+`"allOf":[`, `{},`, `]}}}`),
		"many places":          repeated(again+`"type":"array","maxItems":1,"minItems":2,"prefixItems":[`, `{},`, `]}}}`),
		"the same places":      repeated(`{"type":"array","allOf":[`+strings.Repeat(`{"$ref":"#/$defs/a"},`, 100)+`true],"$defs":{"a":{"prefixItems":[`, `{},`, `]}}}`),
		"an item far away":     repeated(again+`"anyOf":[{"$ref":"#/$defs/a/x/999999"}],"x":[`, `0,`, `]}}}`),
		"many alternatives":    repeated(`{"anyOf":[`, `{"anyOf":[false,false]},`, `]}`),
		"many multiples":       repeated(again+`"type":"integer","minimum":1,"allOf":[{"multipleOf":1.7e300},`, `{"multipleOf":1e300},`, `]}}}`),
		"long numbers":         repeated(again+`"type":"integer","maximum":-1,"minimum":1`, `0`, `}}}`),
	}
}

// Whatever a schema asks for, no more is done than what is paid for.
func TestCostOfSchemas(t *testing.T) {
	for name, input := range worst() {
		t.Run(name, func(t *testing.T) {
			costtest.Linear(t, costtest.Bound{Fixed: 32 << 20}, input, func(schema []byte) {
				var doc jsontext.Doc
				if err := doc.Parse(schema); err != nil {
					t.Fatalf("%v: %.100s", err, schema)
				}
				m := maker{ctx: t.Context(), root: doc.Root(), work: maxWork, maxDepth: 4}
				m.value(0, []jsontext.Value{doc.Root()})
				if left := m.work; left < -maxWork/4 {
					t.Errorf("%d bytes: work of %d was done that was not there", len(schema), -left)
				}
				_, _ = Make(t.Context(), doc.Root())
			})
		})
	}
}

// What takes time in other ways than by its bytes is paid for as well: the search ends before it comes to the last alternative.
func TestWorkIsPaidFor(t *testing.T) {
	for name, c := range map[string]struct {
		schema string
		times  int
	}{
		"matching":     {`{"type":"string","minLength":60000,"pattern":"^a(a?b?){20}a*$"}`, 1},
		"compiling":    {`{"type":"string","minLength":2,"maxLength":1,"pattern":"` + strings.Repeat("(a{999})", 30) + `"}`, 1},
		"tries":        {`{"type":"integer","minimum":1,"multipleOf":1e300,"allOf":[{"multipleOf":1.7182818284e300}]}`, 1000},
		"many members": {`{"enum":[],"a":[` + strings.Repeat("{},", 999) + `{}],"b":{` + strings.Repeat(`"x":1,`, 999) + `"y":1},` + strings.Repeat(`"x":1,`, 999) + `"y":1}`, 400},
	} {
		schema := func(times int) string {
			return `{"anyOf":[` + strings.Repeat(`{"$ref":"#/$defs/a"},`, times) + `{"const":1}],"$defs":{"a":` + c.schema + "}}"
		}
		if got, err := Make(t.Context(), parse(t, schema(c.times))); !errors.Is(err, ErrNone) {
			t.Errorf("%s: %.40s, %v", name, got, err)
		}
		if c.times == 1 {
			continue
		}
		if got, err := Make(t.Context(), parse(t, schema(c.times/40))); got != "1" {
			t.Errorf("%s, a few times: %.40s, %v", name, got, err)
		}
	}
	// A pattern is compiled once.
	again := `{"anyOf":[` + strings.Repeat(`{"$ref":"#/$defs/a"},`, 100) + `{"const":1}],"$defs":{"a":{"type":"string","minLength":2,"maxLength":1,"pattern":"^b+$"}}}`
	if got, err := Make(t.Context(), parse(t, again)); got != "1" {
		t.Errorf("a pattern again: %.40s, %v", got, err)
	}
}

// Who waits for an answer may leave, whatever is being searched for.
func TestMakeGivesUp(t *testing.T) {
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	for name, schema := range worst() {
		if _, err := Make(ctx, parse(t, string(schema(1<<10)))); !errors.Is(err, gone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What stands beside alternatives is looked through for each of them, and paid for each time.
func TestAlternativesBesideManyMembersAreFew(t *testing.T) {
	const members, alternatives = 10_000, 100
	schema := repeated(`{"type":"string","minLength":2,"maxLength":1,"anyOf":[`+strings.Repeat("{},", alternatives-1)+"{}],",
		`"#":0,`, "}")(8 * members)
	var doc jsontext.Doc
	if err := doc.Parse(schema); err != nil {
		t.Fatal(err)
	}
	m := maker{ctx: t.Context(), root: doc.Root(), work: maxWork, maxDepth: 4}
	if _, ok := m.value(0, []jsontext.Value{doc.Root()}); ok || m.work >= 0 {
		t.Errorf("work left after looking through %d members %d times: %d", doc.Root().Len(), alternatives, m.work)
	}
}
