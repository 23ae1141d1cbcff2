// Package sample makes a JSON value that satisfies a JSON schema.
//
// It owns the making and the checking of such values, within a fixed amount of work however a schema is built. It
// knows nothing of agents, turns or HTTP.
//
// Understood are the keywords of JSON Schema 2020-12 that describe data, with references inside the same schema, and
// the older spellings of draft 4 to 7 for tuples and exclusive bounds. Keywords that say nothing about data are
// passed over; the few that would, but are not understood, are an error rather than ignored.
//
// https://json-schema.org/draft/2020-12/json-schema-validation
package sample

import (
	"errors"

	"github.com/valyala/fastjson"
)

// ErrNone says that no value was found: the schema contradicts itself, demands endless or enormous nesting, or takes
// more search than is allowed.
var ErrNone = errors.New("sample: no value found that satisfies the schema")

// attemptWork bounds one attempt, counted in schemas looked at; about 10 ms.
const attemptWork = 20_000

// Make returns a value that satisfies all the schemas, as JSON text with a space after each comma and colon. The
// value is the same for the same schemas. References are looked up in the first schema. A schema that is broken or not
// understood gives an error that names the keyword; ErrNone tells that there is no value.
//
// Values are small: nesting no deeper than needed, one element where an array may have any number, and optional
// properties only near the top.
func Make(schemas ...*fastjson.Value) (string, error) {
	for _, depth := range []int{1, 2, 4, 8, 16, 32} {
		for _, full := range []bool{true, false} {
			m := newMaker(schemas[0], depth, full)
			v := m.value(schemas, 0, 0)
			if m.broken != nil {
				return "", m.broken
			}
			if v != nil {
				return string(appendText(nil, v)), nil
			}
		}
	}
	return "", ErrNone
}

// Check reports whether value satisfies schema. The error tells of a schema that is broken, not understood, or too
// much work.
func Check(schema, value *fastjson.Value) (bool, error) {
	c := newChecker(schema)
	ok := c.holds(schema, value)
	return ok && c.broken == nil, c.broken
}

// maker looks for one value.
type maker struct {
	checker
	arena    fastjson.Arena
	maxDepth int  // how deep objects and arrays may nest
	full     bool // whether to fill optional properties and empty arrays
}

func newMaker(root *fastjson.Value, maxDepth int, full bool) *maker {
	return &maker{checker: *newChecker(root), maxDepth: maxDepth, full: full}
}

// value returns a value for which all schemas hold, or nil. Different variants give different values where they can,
// for arrays of unique items.
func (m *maker) value(schemas []*fastjson.Value, depth, variant int) *fastjson.Value {
	for _, alternative := range m.expand(schemas) {
		if m.spent() {
			return nil
		}
		if v := m.fromAlternative(alternative, schemas, depth, variant); v != nil {
			return v
		}
	}
	return nil
}

func (m *maker) fromAlternative(alt conjunction, schemas []*fastjson.Value, depth, variant int) *fastjson.Value {
	given, exhaustive := m.given(alt)
	for i := range given {
		if v := given[(i+variant)%len(given)]; m.all(schemas, v) {
			return v
		}
	}
	if exhaustive {
		return nil
	}
	for _, typ := range alt.types() {
		if v := m.ofType(typ, alt, depth, variant); v != nil && m.all(schemas, v) {
			return v
		}
	}
	return nil
}

func (m *maker) ofType(typ string, alt conjunction, depth, variant int) *fastjson.Value {
	switch typ {
	case "string":
		return m.text(alt, variant)
	case "integer", "number":
		return m.number(alt, typ == "integer", variant)
	case "object":
		return m.object(alt, depth, variant)
	case "array":
		return m.array(alt, depth)
	case "boolean":
		if variant%2 == 1 {
			return m.arena.NewFalse()
		}
		return m.arena.NewTrue()
	case "null":
		return m.arena.NewNull()
	}
	m.fail(unknownType(typ))
	return nil
}

// all reports whether every schema holds for v.
func (m *maker) all(schemas []*fastjson.Value, v *fastjson.Value) bool {
	for _, s := range schemas {
		if !m.holds(s, v) {
			return false
		}
	}
	return true
}
