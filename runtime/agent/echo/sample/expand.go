package sample

import (
	"slices"

	"github.com/valyala/fastjson"
)

// maxAlternatives bounds how many ways through anyOf, oneOf and if are tried at one place.
const maxAlternatives = 64

// conjunction is a list of schema objects that must all hold, with references and combinators already followed.
type conjunction []*fastjson.Value

// expand follows $ref, allOf, anyOf, oneOf and if/then/else, and returns one conjunction for every way through them.
// It may promise too much (a oneOf where two branches hold), so a value made from it must still be checked.
func (m *maker) expand(schemas []*fastjson.Value) []conjunction {
	alternatives := []conjunction{nil}
	for _, s := range schemas {
		alternatives = cross(alternatives, m.expandOne(s))
	}
	return alternatives
}

func (m *maker) expandOne(s *fastjson.Value) []conjunction {
	if m.work(); m.spent() {
		return nil
	}
	switch s.Type() {
	case fastjson.TypeTrue:
		return []conjunction{nil}
	case fastjson.TypeFalse:
		return nil
	case fastjson.TypeObject:
	default:
		m.fail(notSchema(s))
		return nil
	}
	ways := []conjunction{{s}}
	if ref := s.Get("$ref"); ref != nil {
		target := m.resolve(ref)
		if target == nil {
			return nil
		}
		ways = cross(ways, m.expandOne(target))
	}
	for _, sub := range s.GetArray("allOf") {
		ways = cross(ways, m.expandOne(sub))
	}
	for _, key := range []string{"anyOf", "oneOf"} {
		if list := s.Get(key); list != nil {
			ways = cross(ways, m.expandAny(list.GetArray()))
		}
	}
	if cond := s.Get("if"); cond != nil {
		ways = cross(ways, m.expandIf(s, cond))
	}
	return ways
}

func (m *maker) expandAny(list []*fastjson.Value) []conjunction {
	var ways []conjunction
	for _, sub := range list {
		ways = append(ways, m.expandOne(sub)...)
		if len(ways) >= maxAlternatives {
			return ways[:maxAlternatives]
		}
	}
	return ways
}

func (m *maker) expandIf(s, cond *fastjson.Value) []conjunction {
	then := m.expandOne(cond)
	if sub := s.Get("then"); sub != nil {
		then = cross(then, m.expandOne(sub))
	}
	otherwise := []conjunction{nil}
	if sub := s.Get("else"); sub != nil {
		otherwise = m.expandOne(sub)
	}
	return append(then, otherwise...)
}

// cross joins every conjunction of a with every one of b.
func cross(a, b []conjunction) []conjunction {
	var out []conjunction
	for _, x := range a {
		for _, y := range b {
			if len(out) == maxAlternatives {
				return out
			}
			out = append(out, slices.Concat(x, y))
		}
	}
	return out
}

// given returns the values that the schemas themselves offer, and whether these are the only ones (const and enum,
// as against default and examples).
func (m *maker) given(alt conjunction) (values []*fastjson.Value, exhaustive bool) {
	for _, s := range alt {
		if c := s.Get("const"); c != nil {
			return []*fastjson.Value{c}, true
		}
	}
	for _, s := range alt {
		if e := s.Get("enum"); e != nil {
			return m.list("enum", e), true
		}
	}
	for _, s := range alt {
		if d := s.Get("default"); d != nil {
			values = append(values, d)
		}
		values = append(values, s.GetArray("examples")...)
	}
	return values, false
}

// allTypes is every type, in the order in which they are tried where a schema leaves the choice.
var allTypes = [...]string{"string", "object", "array", "integer", "number", "boolean", "null"}

// typeHints are the keywords that tell what a schema without a type has in mind.
var typeHints = [...]struct{ keyword, typ string }{
	{"properties", "object"}, {"required", "object"}, {"additionalProperties", "object"}, {"minProperties", "object"},
	{"items", "array"}, {"prefixItems", "array"}, {"minItems", "array"}, {"contains", "array"},
	{"pattern", "string"}, {"format", "string"}, {"minLength", "string"}, {"maxLength", "string"},
	{"multipleOf", "number"}, {"minimum", "number"}, {"maximum", "number"},
	{"exclusiveMinimum", "number"}, {"exclusiveMaximum", "number"},
}

// types returns the types to try, best first. Whether a value of that type is allowed is left to the check.
func (alt conjunction) types() []string {
	var out []string
	for _, s := range alt {
		switch t := s.Get("type"); {
		case t == nil:
		case t.Type() == fastjson.TypeString:
			return []string{string(t.GetStringBytes())}
		default:
			for _, one := range t.GetArray() {
				out = append(out, string(one.GetStringBytes()))
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, s := range alt {
		for _, h := range typeHints {
			if s.Exists(h.keyword) && !slices.Contains(out, h.typ) {
				out = append(out, h.typ)
			}
		}
	}
	for _, t := range allTypes {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}
