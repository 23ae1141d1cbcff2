package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"innkeeper/runtime/tomldoc"
)

// reader walks a document and collects what is wrong with it.
type reader struct {
	doc      *tomldoc.Document
	problems []problem
}

func (r *reader) complain(path []string, format string, args ...any) {
	r.problems = append(r.problems, problem{path, fmt.Sprintf(format, args...)})
}

// table is one table of the document and the keys in it that nobody has asked for yet.
type table struct {
	r      *reader
	path   []string
	values map[string]any
}

func (r *reader) root() *table {
	return &table{r: r, values: maps.Clone(r.doc.Root())}
}

// take returns the value of a key and marks it as known.
func (t *table) take(key string) (any, []string, bool) {
	v, ok := t.values[key]
	delete(t.values, key)
	return v, t.at(key), ok
}

// at is the path of a key in the table; it never shares memory with another path.
func (t *table) at(key string) []string {
	return append(slices.Clip(t.path), key)
}

func (t *table) text(key string) string { return take[string](t, key, "a string") }
func (t *table) flag(key string) bool   { return take[bool](t, key, "true or false") }

// flagOr is flag with another default than false.
func (t *table) flagOr(key string, absent bool) bool {
	if _, written := t.values[key]; !written {
		return absent
	}
	return t.flag(key)
}

// take returns the value of a key, or the zero value if it is absent or has another type.
func take[T any](t *table, key, wanted string) T {
	v, path, ok := t.take(key)
	typed, fits := v.(T)
	if ok && !fits {
		t.r.complain(path, "must be %s", wanted)
	}
	return typed
}

// texts returns a list of strings; a single string counts as a list of one.
func (t *table) texts(key string) []string {
	v, path, ok := t.take(key)
	if !ok {
		return nil
	}
	if one, single := v.(string); single {
		return []string{one}
	}
	list, err := (&Setting{Type: TypeStrings}).list(v)
	if err != nil {
		t.r.complain(path, "%v", err)
		return nil
	}
	return list.([]string)
}

// table returns the table under a key, or nil if there is none.
func (t *table) table(key string) *table {
	v, path, ok := t.take(key)
	values, fits := v.(map[string]any)
	if ok && !fits {
		t.r.complain(path, "must be a table")
	}
	if !fits {
		return nil
	}
	return &table{r: t.r, path: path, values: maps.Clone(values)}
}

// tables returns the items of an array of tables.
func (t *table) tables(key string) []*table {
	v, path, ok := t.take(key)
	items, fits := tableList(v)
	if ok && !fits {
		t.r.complain(path, "must be a list of tables")
	}
	tables := make([]*table, len(items))
	for i, values := range items {
		tables[i] = &table{r: t.r, path: append(slices.Clip(path), strconv.Itoa(i)), values: maps.Clone(values)}
	}
	return tables
}

// tableList accepts both ways to write a list of tables: [[name]] and name = [{...}].
func tableList(v any) ([]map[string]any, bool) {
	if tables, ok := v.([]map[string]any); ok {
		return tables, true
	}
	items, ok := v.([]any)
	if !ok {
		return nil, false
	}
	tables := make([]map[string]any, len(items))
	for i, item := range items {
		if tables[i], ok = item.(map[string]any); !ok {
			return nil, false
		}
	}
	return tables, true
}

// done complains about every key that nobody has asked for.
func (t *table) done() {
	for _, key := range slices.Sorted(maps.Keys(t.values)) {
		t.r.complain(t.at(key), "unknown key")
	}
}

// dotted writes a path as it is written in TOML, with quotes where a part needs them.
func dotted(path []string) string {
	parts := make([]string, len(path))
	for i, part := range path {
		parts[i] = part
		if !consistsOf(part, NameMax, func(c byte) bool { return lower(c) || upper(c) || digit(c) || c == '_' || c == '-' }) {
			parts[i] = shorten(part)
		}
	}
	return strings.Join(parts, ".")
}
