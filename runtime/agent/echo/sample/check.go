package sample

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"slices"

	"github.com/valyala/fastjson"
)

// checker tells whether values satisfy the schemas under one root.
type checker struct {
	root    *fastjson.Value
	left    int   // work left
	broken  error // the first trouble with the schema itself
	regexps map[string]*regexp.Regexp
}

func newChecker(root *fastjson.Value) *checker {
	return &checker{root: root, left: attemptWork, regexps: map[string]*regexp.Regexp{}}
}

func (c *checker) work()       { c.left-- }
func (c *checker) spent() bool { return c.left < 0 || c.broken != nil }

func (c *checker) fail(err error) {
	if c.broken == nil {
		c.broken = err
	}
}

// holds reports whether v satisfies schema. When the work is used up it does not.
func (c *checker) holds(schema, v *fastjson.Value) bool {
	if c.work(); c.spent() {
		return false
	}
	switch schema.Type() {
	case fastjson.TypeTrue:
		return true
	case fastjson.TypeFalse:
		return false
	case fastjson.TypeObject:
	default:
		c.fail(notSchema(schema))
		return false
	}
	ok := true
	schema.GetObject().Visit(func(key []byte, arg *fastjson.Value) {
		ok = ok && c.keyword(string(key), arg, schema, v)
	})
	return ok && !c.spent()
}

// keyword dispatches one keyword. Each group passes over values that it does not speak of.
func (c *checker) keyword(key string, arg, schema, v *fastjson.Value) bool {
	switch key {
	case "type":
		return c.isType(arg, v)
	case "enum":
		return slices.ContainsFunc(c.list(key, arg), func(e *fastjson.Value) bool { return equal(e, v) })
	case "const":
		return equal(arg, v)
	case "$ref", "allOf", "anyOf", "oneOf", "not", "if":
		return c.combinator(key, arg, schema, v)
	case "unevaluatedProperties", "unevaluatedItems", "dependentSchemas", "dependencies", "$dynamicRef", "$recursiveRef":
		c.fail(fmt.Errorf("schema[%s]: this keyword is not supported", key))
		return false
	}
	switch v.Type() {
	case fastjson.TypeNumber:
		return c.numeric(key, arg, schema, v)
	case fastjson.TypeString:
		return c.textual(key, arg, v)
	case fastjson.TypeArray:
		return c.arrayed(key, arg, schema, v)
	case fastjson.TypeObject:
		return c.keyed(key, arg, schema, v)
	}
	return true
}

func (c *checker) combinator(key string, arg, schema, v *fastjson.Value) bool {
	switch key {
	case "$ref":
		target := c.resolve(arg)
		return target != nil && c.holds(target, v)
	case "not":
		return !c.holds(arg, v) && !c.spent()
	case "if":
		branch := "else"
		if c.holds(arg, v) {
			branch = "then"
		}
		sub := schema.Get(branch)
		return sub == nil || c.holds(sub, v)
	}
	held := 0
	list := c.list(key, arg)
	for _, sub := range list {
		if c.holds(sub, v) {
			held++
			if key == "anyOf" {
				break
			}
		}
	}
	return (key == "allOf" && held == len(list)) || (key == "oneOf" && held == 1) || (key == "anyOf" && held > 0)
}

// list reads a keyword whose value must be an array.
func (c *checker) list(key string, arg *fastjson.Value) []*fastjson.Value {
	if arg.Type() != fastjson.TypeArray {
		c.fail(fmt.Errorf("schema[%s]: an array is needed, not %s", key, arg.Type()))
	}
	return arg.GetArray()
}

func (c *checker) isType(arg, v *fastjson.Value) bool {
	if arg.Type() == fastjson.TypeString {
		return c.isNamedType(string(arg.GetStringBytes()), v)
	}
	return slices.ContainsFunc(c.list("type", arg), func(t *fastjson.Value) bool {
		return c.isNamedType(string(t.GetStringBytes()), v)
	})
}

func (c *checker) isNamedType(name string, v *fastjson.Value) bool {
	t := v.Type()
	switch name {
	case "string":
		return t == fastjson.TypeString
	case "number":
		return t == fastjson.TypeNumber
	case "integer":
		return t == fastjson.TypeNumber && v.GetFloat64() == math.Trunc(v.GetFloat64())
	case "boolean":
		return t == fastjson.TypeTrue || t == fastjson.TypeFalse
	case "null":
		return t == fastjson.TypeNull
	case "array":
		return t == fastjson.TypeArray
	case "object":
		return t == fastjson.TypeObject
	}
	c.fail(unknownType(name))
	return false
}

func unknownType(name string) error { return fmt.Errorf("schema[type]: %q is not a type", name) }

func notSchema(v *fastjson.Value) error {
	return fmt.Errorf("schema: an object or a boolean is needed, not %s", v.Type())
}

// equal compares as JSON Schema does: 1 and 1.0 are the same, the order of properties does not count.
func equal(a, b *fastjson.Value) bool {
	if a.Type() != b.Type() {
		return false
	}
	switch a.Type() {
	case fastjson.TypeString:
		return bytes.Equal(a.GetStringBytes(), b.GetStringBytes())
	case fastjson.TypeNumber:
		return a.GetFloat64() == b.GetFloat64()
	case fastjson.TypeArray:
		return slices.EqualFunc(a.GetArray(), b.GetArray(), equal)
	case fastjson.TypeObject:
		same := a.GetObject().Len() == b.GetObject().Len()
		a.GetObject().Visit(func(key []byte, v *fastjson.Value) {
			other := b.Get(string(key))
			same = same && other != nil && equal(v, other)
		})
		return same
	}
	return true
}
