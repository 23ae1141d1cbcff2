// Package sample makes a JSON value from a JSON schema.
//
// It owns the making of such values, within a fixed amount of work however a schema is built. It knows nothing of agents,
// turns or HTTP.
//
// A value is put together so that it satisfies the schema; it is not validated afterwards. Understood are the keywords of
// JSON Schema 2020-12 that describe data, with references inside the same schema, and the older spelling of tuples. oneOf
// is read as anyOf; propertyNames and patternProperties are passed over. The few others that would restrict a value are an
// error.
//
// https://json-schema.org/draft/2020-12/json-schema-validation
package sample

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"innkeeper/adapters/lib/jsontext"
)

// ErrNone says that no value was found: the schema contradicts itself, demands endless or enormous nesting, or takes
// more search than is allowed.
var ErrNone = errors.New("no value found that satisfies the schema")

const maxAtPlace = 256 // schemas that must hold for one and the same value, such as through references

// unsupported are the keywords that restrict a value, and that no value is made for.
var unsupported = [...]string{
	"not", "if", "contains", "dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties", "unevaluatedItems",
	"$dynamicRef", "$recursiveRef",
}

// Make returns a value for which all the schemas hold, as JSON text with a space after each comma and colon. The value
// is the same for the same schemas. References are looked up in the first schema. A schema that is broken or not
// understood gives an error that names the keyword; ErrNone says that there is no value. It gives up when ctx ends.
//
// Values are small: nesting no deeper than needed, and one item where an array may have any number.
func Make(ctx context.Context, schemas ...jsontext.Value) (string, error) {
	m := maker{ctx: ctx, root: schemas[0], work: maxWork}
	for _, m.maxDepth = range [...]int{1, 2, 4, 8, 16, 32} {
		made, ok := m.value(0, schemas)
		if m.broken != nil {
			return "", m.broken
		}
		if ok && !m.over() {
			return made, nil
		}
	}
	return "", ErrNone
}

// maker looks for one value.
type maker struct {
	ctx      context.Context
	root     jsontext.Value
	work     int   // left, in units
	broken   error // the first trouble with the schema itself, or why there is no time any more
	maxDepth int   // how deep objects and arrays may nest
	patterns map[string]*pattern
}

// conjunction is a list of schema objects that must all hold for one value.
type conjunction []jsontext.Value

// value makes a value for which all schemas hold, inside of as many objects and arrays as depth says.
func (m *maker) value(depth int, schemas []jsontext.Value) (string, bool) {
	made, ok := m.follow(depth, nil, schemas)
	m.spend(len(made))
	return made, ok
}

// follow adds the schemas of todo to those of all, one by one with what they refer to, until a value can be made.
func (m *maker) follow(depth int, all conjunction, todo []jsontext.Value) (string, bool) {
	if m.spend(stepWork + copyWork*(len(all)+len(todo))); m.over() {
		return "", false
	}
	if len(todo) == 0 {
		return m.fromAll(depth, all)
	}
	s, todo := todo[0], todo[1:]
	switch s.Kind() {
	case jsontext.Bool:
		if holds, _ := s.Bool(); !holds {
			return "", false
		}
		return m.follow(depth, all, todo)
	case jsontext.Object:
		m.spend(memberWork * s.Len())
		return m.choose(depth, slices.Concat(all, conjunction{s}), slices.Concat(todo, m.inPlace(s)), m.alternatives(s))
	}
	m.fail("schema: an object or a boolean is needed, not %s", s.Kind())
	return "", false
}

// choose tries every way through the alternatives until one leads to a value.
func (m *maker) choose(depth int, all conjunction, todo, alternatives []jsontext.Value) (string, bool) {
	if len(all)+len(todo) > maxAtPlace {
		return "", false
	}
	if len(alternatives) == 0 {
		return m.follow(depth, all, todo)
	}
	for one := alternatives[0].Items(); one.Next() && !m.over(); {
		if made, ok := m.choose(depth, all, slices.Concat(todo, conjunction{one.Value}), alternatives[1:]); ok {
			return made, true
		}
	}
	return "", false
}

// inPlace returns the schemas that must hold for the same value as s, or so many that they are too many.
func (m *maker) inPlace(s jsontext.Value) (schemas []jsontext.Value) {
	for _, keyword := range unsupported {
		if exists(s, keyword) {
			m.fail("schema[%s]: this keyword is not supported", keyword)
		}
	}
	if ref := s.Get("$ref"); ref.Kind() != jsontext.None {
		schemas = append(schemas, m.resolve(ref))
	}
	for one := m.list(s, "allOf").Items(); one.Next() && len(schemas) <= maxAtPlace; {
		schemas = append(schemas, one.Value)
	}
	m.spend(4 * copyWork * len(schemas))
	return schemas
}

// alternatives returns the lists of schemas of which one each must hold.
func (m *maker) alternatives(s jsontext.Value) (lists []jsontext.Value) {
	for _, keyword := range [...]string{"anyOf", "oneOf"} {
		if exists(s, keyword) {
			lists = append(lists, m.list(s, keyword))
		}
	}
	return lists
}

// fail notes the first trouble with the schema.
func (m *maker) fail(format string, args ...any) {
	if m.broken == nil {
		m.broken = fmt.Errorf(format, args...)
	}
}
