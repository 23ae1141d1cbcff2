package sample

import (
	"strings"

	"innkeeper/adapters/lib/jsontext"
)

const (
	maxMembers    = 1000 // of one array or object
	optionalDepth = 3    // how deep there are optional properties; they may multiply with each level
)

// object makes the properties in the order of the schemas. It makes up no names.
func (m *maker) object(depth int, all conjunction) (string, bool) {
	least, most := m.lengths(all, "minProperties", "maxProperties")
	if depth >= m.maxDepth {
		return "", false
	}
	p := m.properties(all)
	if len(p.names) > maxMembers {
		return "", false
	}
	var members []string
	room := most - len(p.required)
	for _, name := range p.names {
		if !p.required[name] && (depth >= optionalDepth || len(members) >= room) {
			continue
		}
		m.spend(copyWork * len(all))
		made, ok := m.value(depth+1, p.schemasOf(name))
		if ok {
			members = append(members, quote(name)+": "+made)
		} else if p.required[name] {
			return "", false
		}
	}
	return "{" + strings.Join(members, ", ") + "}", least <= len(members) && len(members) <= most
}

// properties are what schemas say of the properties of one object.
type properties struct {
	names    []string // in the order of the schemas
	required map[string]bool
	each     []propertySchemas // one for each schema
}

type propertySchemas struct {
	of   map[string]jsontext.Value
	rest jsontext.Value // of all others; does not exist if it says nothing
}

// properties reads all properties spoken of, or so many that they are too many.
func (m *maker) properties(all conjunction) properties {
	p, known := properties{required: map[string]bool{}}, map[string]bool{}
	mention := func(key jsontext.Value) string {
		m.spend(nameWork)
		name := m.text(key)
		if !known[name] {
			known[name] = true
			p.names = append(p.names, name)
		}
		return name
	}
	for _, s := range all {
		own := propertySchemas{of: map[string]jsontext.Value{}, rest: s.Get("additionalProperties")}
		for member := s.Get("properties").Members(); member.Next() && m.mayMention(&p); {
			own.of[mention(member.Key)] = member.Value
		}
		p.each = append(p.each, own)
	}
	for _, s := range all {
		for name := m.list(s, "required").Items(); name.Next() && m.mayMention(&p); {
			p.required[mention(name.Value)] = true
		}
	}
	return p
}

func (m *maker) mayMention(p *properties) bool { return m.work >= 0 && len(p.names) <= maxMembers }

// schemasOf returns the schemas that the property of that name must satisfy.
func (p *properties) schemasOf(name string) (schemas []jsontext.Value) {
	for _, s := range p.each {
		if property, ok := s.of[name]; ok {
			schemas = append(schemas, property)
		} else if s.rest.Kind() != jsontext.None {
			schemas = append(schemas, s.rest)
		}
	}
	return schemas
}
