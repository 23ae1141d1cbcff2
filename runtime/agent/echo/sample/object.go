package sample

import (
	"slices"
	"strconv"

	"github.com/valyala/fastjson"
)

// optionalDepth is how deep optional properties are filled in; further down only what is required.
const optionalDepth = 3

// maxMembers bounds the items of an array and the made-up properties of an object.
const maxMembers = 2048

func (m *maker) object(alt conjunction, depth, variant int) *fastjson.Value {
	if depth >= m.maxDepth {
		return nil
	}
	names, required := alt.names()
	least, most := alt.lengths("minProperties", "maxProperties")
	out := m.arena.NewObject()
	have := 0
	for i, name := range names {
		must := slices.Contains(required, name)
		needed := have+len(names)-i <= least
		if !must && !needed && (!m.full || depth >= optionalDepth || have+len(required) >= most) {
			continue
		}
		v := m.value(m.propertySchemas(alt, name), depth+1, variant)
		if v == nil && must {
			return nil
		}
		if v != nil {
			out.Set(name, v)
			have++
		}
	}
	return m.padded(out, alt, least-have, depth)
}

// padded adds n properties of made-up names.
func (m *maker) padded(out *fastjson.Value, alt conjunction, n, depth int) *fastjson.Value {
	if n > maxMembers {
		return nil
	}
	for i := 1; n > 0; i++ {
		name := "property" + strconv.Itoa(i)
		if out.Exists(name) {
			continue
		}
		v := m.value(m.propertySchemas(alt, name), depth+1, i)
		if v == nil {
			return nil
		}
		out.Set(name, v)
		n--
	}
	return out
}

// names returns all properties spoken of, in the order of the schema, and which of them are required.
func (alt conjunction) names() (names, required []string) {
	for _, s := range alt {
		for _, r := range s.GetArray("required") {
			if name := string(r.GetStringBytes()); !slices.Contains(required, name) {
				required = append(required, name)
			}
		}
		s.GetObject("properties").Visit(func(key []byte, _ *fastjson.Value) {
			if !slices.Contains(names, string(key)) {
				names = append(names, string(key))
			}
		})
	}
	for _, name := range required {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, required
}

// propertySchemas returns the schemas that a property of that name must satisfy.
func (m *maker) propertySchemas(alt conjunction, name string) []*fastjson.Value {
	var out []*fastjson.Value
	for _, s := range alt {
		out = append(out, m.schemasFor(s, name)...)
	}
	return out
}

func (m *maker) array(alt conjunction, depth int) *fastjson.Value {
	if depth >= m.maxDepth {
		return nil
	}
	least, most := alt.lengths("minItems", "maxItems")
	contains := 0
	for _, s := range alt {
		if s.Exists("contains") {
			contains = max(contains, minContains(s))
		}
	}
	least = max(least, contains)
	if least > maxMembers {
		return nil
	}
	want := least
	if m.full {
		want = min(max(least, 1, alt.prefixLength()), most)
	}
	out := m.arena.NewArray()
	for i := range want {
		v := m.value(alt.itemSchemas(i, i < contains), depth+1, i)
		if v == nil {
			if i < least || m.spent() {
				return nil
			}
			break
		}
		out.SetArrayItem(i, v)
	}
	return out
}

func (alt conjunction) prefixLength() (n int) {
	for _, s := range alt {
		prefix, _ := itemKeywords(s)
		n = max(n, len(prefix))
	}
	return n
}

// itemSchemas returns the schemas that the item at index i must satisfy.
func (alt conjunction) itemSchemas(i int, contained bool) []*fastjson.Value {
	var out []*fastjson.Value
	for _, s := range alt {
		prefix, rest := itemKeywords(s)
		switch {
		case i < len(prefix):
			out = append(out, prefix[i])
		case rest != nil:
			out = append(out, rest)
		}
		if c := s.Get("contains"); c != nil && contained {
			out = append(out, c)
		}
	}
	return out
}
