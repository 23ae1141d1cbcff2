package sample

import (
	"slices"
	"strings"

	"github.com/valyala/fastjson"
)

// array makes one item, or one for each place in a tuple, or as many as are asked for.
func (m *maker) array(depth int, all conjunction) (string, bool) {
	least, most := m.lengths(all, "minItems", "maxItems")
	if depth >= m.maxDepth || least > min(most, maxMembers) {
		return "", false
	}
	var items []string
	for i := range max(least, min(max(1, tupleLen(all)), most)) {
		item, ok := m.value(depth+1, itemSchemas(all, i))
		if !ok {
			break
		}
		items = append(items, item)
	}
	unique := slices.ContainsFunc(all, func(s *fastjson.Value) bool { return s.GetBool("uniqueItems") })
	if unique && len(slices.Compact(slices.Sorted(slices.Values(items)))) < len(items) {
		return "", false
	}
	return "[" + strings.Join(items, ", ") + "]", len(items) >= least
}

func tupleLen(all conjunction) (n int) {
	for _, s := range all {
		tuple, _ := itemKeywords(s)
		n = max(n, len(tuple))
	}
	return n
}

// itemSchemas returns the schemas that the item at index i must satisfy.
func itemSchemas(all conjunction, i int) (schemas []*fastjson.Value) {
	for _, s := range all {
		tuple, rest := itemKeywords(s)
		switch {
		case i < len(tuple):
			schemas = append(schemas, tuple[i])
		case rest != nil:
			schemas = append(schemas, rest)
		}
	}
	return schemas
}

// itemKeywords returns the schemas of the first items and the one of all others, nil for any, in the spelling of
// 2020-12 (prefixItems, items) or of draft 4 to 2019-09 (items as an array, additionalItems).
func itemKeywords(s *fastjson.Value) (tuple []*fastjson.Value, rest *fastjson.Value) {
	items := s.Get("items")
	if items != nil && items.Type() == fastjson.TypeArray {
		return items.GetArray(), s.Get("additionalItems")
	}
	return s.GetArray("prefixItems"), items
}
