package sample

import (
	"slices"

	"github.com/valyala/fastjson"
)

func (c *checker) arrayed(key string, arg, schema, v *fastjson.Value) bool {
	items := v.GetArray()
	switch key {
	case "minItems":
		return len(items) >= c.length(key, arg)
	case "maxItems":
		return len(items) <= c.length(key, arg)
	case "uniqueItems":
		return !arg.GetBool() || unique(items)
	case "prefixItems", "items", "additionalItems":
		return c.itemsHold(key, schema, items)
	case "contains":
		return c.containsHolds(arg, schema, items)
	}
	return true
}

// itemKeywords returns the schemas of the first items and the one of all others (nil for any), in the spelling of
// 2020-12 (prefixItems, items) or of draft 4 to 2019-09 (items as an array, additionalItems).
func itemKeywords(schema *fastjson.Value) (prefix []*fastjson.Value, rest *fastjson.Value) {
	items := schema.Get("items")
	if items != nil && items.Type() == fastjson.TypeArray {
		return items.GetArray(), schema.Get("additionalItems")
	}
	return schema.GetArray("prefixItems"), items
}

// itemsHold checks all item keywords together, once: at the first of them that the schema has.
func (c *checker) itemsHold(key string, schema *fastjson.Value, items []*fastjson.Value) bool {
	if key != "items" && schema.Exists("items") {
		return true
	}
	prefix, rest := itemKeywords(schema)
	for i, item := range items {
		switch {
		case i < len(prefix):
			if !c.holds(prefix[i], item) {
				return false
			}
		case rest != nil:
			if !c.holds(rest, item) {
				return false
			}
		}
	}
	return true
}

func (c *checker) containsHolds(arg, schema *fastjson.Value, items []*fastjson.Value) bool {
	n := 0
	for _, item := range items {
		if c.holds(arg, item) {
			n++
		}
	}
	most := schema.Get("maxContains")
	return n >= minContains(schema) && (most == nil || n <= count(most))
}

func minContains(schema *fastjson.Value) int {
	if least := schema.Get("minContains"); least != nil {
		return count(least)
	}
	return 1
}

func unique(items []*fastjson.Value) bool {
	for i, a := range items {
		if slices.ContainsFunc(items[:i], func(b *fastjson.Value) bool { return equal(a, b) }) {
			return false
		}
	}
	return true
}

func (c *checker) keyed(key string, arg, schema, v *fastjson.Value) bool {
	switch key {
	case "required":
		return !slices.ContainsFunc(c.list(key, arg), func(name *fastjson.Value) bool {
			return !v.Exists(string(name.GetStringBytes()))
		})
	case "minProperties":
		return v.GetObject().Len() >= c.length(key, arg)
	case "maxProperties":
		return v.GetObject().Len() <= c.length(key, arg)
	case "properties", "patternProperties", "additionalProperties":
		return c.propertiesHold(key, schema, v)
	case "propertyNames":
		return c.namesHold(arg, v)
	case "dependentRequired":
		return c.dependentsHold(arg, v)
	}
	return true
}

// propertiesHold checks all property keywords together, once: at the first in this order that the schema has.
func (c *checker) propertiesHold(key string, schema, v *fastjson.Value) bool {
	for _, first := range []string{"properties", "patternProperties", "additionalProperties"} {
		if first == key {
			break
		}
		if schema.Exists(first) {
			return true
		}
	}
	ok := true
	v.GetObject().Visit(func(name []byte, value *fastjson.Value) {
		for _, sub := range c.schemasFor(schema, string(name)) {
			ok = ok && c.holds(sub, value)
		}
	})
	return ok
}

// schemasFor returns what one schema says of the property of that name.
func (c *checker) schemasFor(schema *fastjson.Value, name string) []*fastjson.Value {
	var out []*fastjson.Value
	if sub := schema.Get("properties", name); sub != nil {
		out = append(out, sub)
	}
	schema.GetObject("patternProperties").Visit(func(pattern []byte, sub *fastjson.Value) {
		var a fastjson.Arena
		if re := c.compile(a.NewStringBytes(pattern)); re != nil && re.MatchString(name) {
			out = append(out, sub)
		}
	})
	if rest := schema.Get("additionalProperties"); rest != nil && len(out) == 0 {
		out = append(out, rest)
	}
	return out
}

func (c *checker) namesHold(arg, v *fastjson.Value) bool {
	ok := true
	v.GetObject().Visit(func(name []byte, _ *fastjson.Value) {
		var a fastjson.Arena
		ok = ok && c.holds(arg, a.NewStringBytes(name))
	})
	return ok
}

func (c *checker) dependentsHold(arg, v *fastjson.Value) bool {
	ok := true
	arg.GetObject().Visit(func(name []byte, needs *fastjson.Value) {
		if v.Exists(string(name)) {
			ok = ok && c.keyed("required", needs, nil, v)
		}
	})
	return ok
}
