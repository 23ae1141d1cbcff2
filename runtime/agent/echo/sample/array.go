package sample

import (
	"slices"
	"strings"

	"innkeeper/adapters/lib/jsontext"
)

// array makes one item, or one for each place in a tuple, or as many as are asked for.
func (m *maker) array(depth int, all conjunction) (string, bool) {
	least, most := m.lengths(all, "minItems", "maxItems")
	if depth >= m.maxDepth || least > min(most, maxMembers) {
		return "", false
	}
	places, longest := m.places(all)
	var items []string
	for i := range max(least, min(max(1, longest), most)) {
		m.spend(copyWork * len(all))
		item, ok := m.value(depth+1, schemasAt(places, i))
		if !ok {
			break
		}
		items = append(items, item)
	}
	if isUnique(all) && len(slices.Compact(slices.Sorted(slices.Values(items)))) < len(items) {
		return "", false
	}
	return "[" + strings.Join(items, ", ") + "]", len(items) >= least
}

func isUnique(all conjunction) bool {
	return slices.ContainsFunc(all, func(s jsontext.Value) bool {
		unique, _ := s.Get("uniqueItems").Bool()
		return unique
	})
}

// places are what one schema says of items: of the first ones each by itself, and of all others.
type places struct {
	tuple []jsontext.Value
	rest  jsontext.Value // does not exist if it says nothing
}

// places reads what the schemas say of items, and how long the longest tuple is.
func (m *maker) places(all conjunction) (list []places, longest int) {
	for _, s := range all {
		tuple, rest := itemKeywords(s)
		p := places{rest: rest}
		for item := tuple.Items(); item.Next() && m.work >= 0; {
			m.spend(2 * copyWork)
			p.tuple = append(p.tuple, item.Value)
		}
		list, longest = append(list, p), max(longest, len(p.tuple))
	}
	return list, longest
}

// schemasAt returns the schemas that the item at index i must satisfy.
func schemasAt(list []places, i int) (schemas []jsontext.Value) {
	for _, p := range list {
		if i < len(p.tuple) {
			schemas = append(schemas, p.tuple[i])
		} else if p.rest.Kind() != jsontext.None {
			schemas = append(schemas, p.rest)
		}
	}
	return schemas
}

// itemKeywords returns the schemas of the first items and the one of all others, in the spelling of 2020-12 (prefixItems, items)
// or of draft 4 to 2019-09 (items as an array, additionalItems).
func itemKeywords(s jsontext.Value) (tuple, rest jsontext.Value) {
	items := s.Get("items")
	if items.Kind() == jsontext.Array {
		return items, s.Get("additionalItems")
	}
	return s.Get("prefixItems"), items
}
