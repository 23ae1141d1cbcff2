package sample

import (
	"slices"
	"strings"

	"innkeeper/adapters/lib/jsontext"
)

// fromAll makes a value for which all hold. References and combinators were followed already. A const, or the first value
// of an enum, is taken as it is.
func (m *maker) fromAll(depth int, all conjunction) (string, bool) {
	for _, s := range all {
		m.spend(memberWork * s.Len()) // for each alternative again
	}
	if m.over() {
		return "", false
	}
	for _, s := range all {
		if c := s.Get("const"); c.Kind() != jsontext.None {
			return string(appendJSON(nil, c)), true
		}
	}
	for _, s := range all {
		if values := m.list(s, "enum").Items(); values.Next() {
			return string(appendJSON(nil, values.Value)), true
		} else if exists(s, "enum") {
			return "", false
		}
	}
	for _, typ := range m.types(all) {
		if m.over() {
			return "", false
		}
		if !m.allowsType(all, typ) {
			continue
		}
		if made, ok := m.ofType(typ, depth, all); ok {
			return made, true
		}
	}
	return "", false
}

func (m *maker) ofType(typ string, depth int, all conjunction) (string, bool) {
	switch typ {
	case "string":
		return m.string(all)
	case "number", "integer":
		return m.number(all, typ == "integer")
	case "object":
		return m.object(depth, all)
	case "array":
		return m.array(depth, all)
	case "boolean":
		return "true", true
	case "null":
		return "null", true
	}
	m.fail("schema[type]: %.40q is not a type", typ)
	return "", false
}

// allowsType reports whether no schema excludes the type. An integer is a number, too.
func (m *maker) allowsType(all conjunction, typ string) bool {
	return !slices.ContainsFunc(all, func(s jsontext.Value) bool {
		types := m.typesOf(s)
		return types != nil && !slices.Contains(types, typ) && (typ != "integer" || !slices.Contains(types, "number"))
	})
}

func (m *maker) typesOf(s jsontext.Value) (types []string) {
	typ := s.Get("type")
	if typ.Kind() == jsontext.String {
		return []string{m.text(typ)}
	}
	for one := m.list(s, "type").Items(); one.Next(); {
		if len(types) == typeCount {
			m.fail("schema[type]: there are no more than %d types", typeCount)
			return nil
		}
		types = append(types, m.text(one.Value))
	}
	return types
}

// typeCount is how many types there are.
const typeCount = 7

// hints are the keywords that show what a schema without a type has in mind.
var hints = [...]struct{ typ, keywords string }{
	{"object", "properties required additionalProperties patternProperties minProperties"},
	{"array", "items prefixItems minItems"},
	{"string", "pattern format minLength maxLength"},
	{"number", "multipleOf minimum maximum exclusiveMinimum exclusiveMaximum"},
}

// types returns the types to try, best first.
func (m *maker) types(all conjunction) (types []string) {
	for _, s := range all {
		if types = append(types, m.typesOf(s)...); len(types) > 0 {
			return append(types, "integer") // where another schema does not take every number
		}
	}
	for _, h := range hints {
		for keyword := range strings.FieldsSeq(h.keywords) {
			if slices.ContainsFunc(all, func(s jsontext.Value) bool { return exists(s, keyword) }) {
				types = append(types, h.typ)
			}
		}
	}
	return append(types, "string", "object")
}
