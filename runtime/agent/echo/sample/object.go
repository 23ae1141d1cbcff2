package sample

import (
	"strings"

	"github.com/valyala/fastjson"
)

const (
	maxMembers    = 1000 // of one array or object
	optionalDepth = 3    // how deep there are optional properties; they may multiply with each level
)

// object makes the properties in the order of the schemas. It makes up no names.
func (m *maker) object(depth int, all conjunction) (string, bool) {
	names, required := m.names(all)
	least, most := m.lengths(all, "minProperties", "maxProperties")
	if depth >= m.maxDepth || len(names) > maxMembers {
		return "", false
	}
	var members []string
	room := most - len(required)
	for _, name := range names {
		if !required[name] && (depth >= optionalDepth || len(members) >= room) {
			continue
		}
		made, ok := m.value(depth+1, propertySchemas(all, name))
		if ok {
			members = append(members, Quote(name)+": "+made)
		} else if required[name] {
			return "", false
		}
	}
	return "{" + strings.Join(members, ", ") + "}", least <= len(members) && len(members) <= most
}

// names returns all properties spoken of, in the order of the schemas, and which of them are required.
func (m *maker) names(all conjunction) (names []string, required map[string]bool) {
	known, required := map[string]bool{}, map[string]bool{}
	mention := func(name []byte, _ *fastjson.Value) {
		if !known[string(name)] {
			known[string(name)] = true
			names = append(names, string(name))
		}
	}
	for _, s := range all {
		s.GetObject("properties").Visit(mention)
	}
	for _, s := range all {
		for _, name := range m.list(s, "required") {
			mention(name.GetStringBytes(), nil)
			required[text(name)] = true
		}
	}
	m.steps -= len(names)
	return names, required
}

// propertySchemas returns the schemas that the property of that name must satisfy.
func propertySchemas(all conjunction, name string) (schemas []*fastjson.Value) {
	for _, s := range all {
		if property := s.Get("properties", name); property != nil {
			schemas = append(schemas, property)
		} else if rest := s.Get("additionalProperties"); rest != nil {
			schemas = append(schemas, rest)
		}
	}
	return schemas
}
