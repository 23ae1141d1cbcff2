package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"innkeeper/runtime/manifest"
)

// table reads the keys of the table at path and complains about those that the schema does not have.
func (l *loader) table(path []string, s schema, raw map[string]any) values {
	l.unknown(path, s, raw)
	v := values{}
	for i := range s.keys {
		k := &s.keys[i]
		v[k.Name] = k.Default
		written, ok := raw[k.Name]
		if !ok {
			continue
		}
		if read, err := l.value(k, written); err != nil {
			l.refuse(path, k, err)
		} else {
			v[k.Name] = read
		}
	}
	return v
}

// refuse complains about the value of a key.
func (l *loader) refuse(path []string, k *manifest.Setting, err error) {
	m := onValue
	if k.Secret {
		m = onSecret
	}
	l.complain(append(slices.Clip(path), k.Name), m, "%s %v", quoteKey(k.Name), err)
}

// value reads one value, following references. A secret becomes a Secret.
func (l *loader) value(k *manifest.Setting, raw any) (any, error) {
	v, err := l.plainValue(k, raw)
	if text, ok := v.(string); ok && err == nil && k.Secret {
		return NewSecret(text), nil
	}
	return v, err
}

func (l *loader) plainValue(k *manifest.Setting, raw any) (any, error) {
	switch raw := raw.(type) {
	case string:
		text, isReference, err := l.dereference(raw)
		if err != nil || !isReference {
			return orCoerce(k, raw, err)
		}
		v, err := withoutContent(k).CoerceText(text)
		if err != nil {
			return nil, fmt.Errorf("%w (the content of %s)", err, raw)
		}
		return v, nil
	case []any:
		items, err := l.dereferenceItems(raw)
		if err != nil {
			return nil, err
		}
		return k.Coerce(items)
	}
	return k.Coerce(raw)
}

func orCoerce(k *manifest.Setting, raw any, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return k.Coerce(raw)
}

// withoutContent is the setting as if it were secret, so that messages do not show what a reference led to.
func withoutContent(k *manifest.Setting) *manifest.Setting {
	hidden := *k
	hidden.Secret = true
	return &hidden
}

// subtable returns the table under a key of the table at path; nil if it is absent or no table.
func (l *loader) subtable(path []string, key string, raw map[string]any) map[string]any {
	v, ok := raw[key]
	if !ok {
		return nil
	}
	table, isTable := v.(map[string]any)
	if !isTable {
		l.complain(append(slices.Clip(path), key), onKey, "%s must be a table", key)
	}
	return table
}

// unknown complains about keys that the schema does not have, and says where they may belong.
func (l *loader) unknown(path []string, s schema, raw map[string]any) {
	names := s.names()
	for key := range maps.Keys(raw) {
		if slices.Contains(names, key) {
			continue
		}
		e := l.complain(append(slices.Clip(path), key), onKey, "unknown key %s", strconv.Quote(key))
		switch word := nearest(key, names); {
		case word != "":
			e.Hint = fmt.Sprintf("did you mean %s?", quoteKey(word))
		default:
			e.Hint = l.elsewhere(path, key)
		}
	}
}

// elsewhere says in which other table a key is known: a key below a table's header belongs to that table, which
// surprises people.
func (l *loader) elsewhere(path []string, key string) string {
	adapter := "adapters.NAME"
	if len(path) > 1 && path[0] == "adapters" {
		adapter = dotted(path[:2])
	}
	for _, place := range []struct {
		table string
		schema
	}{
		{"front", schema{keys: frontSchema().keys[:1]}}, // its limits are known from the adapters
		{"agent", agentSchema()},
		{adapter, adapterSchema()},
		{adapter + ".limits", limitsSchema()},
		{adapter + ".limits.handles", handlesSchema(l.opts.Handles)},
		{adapter + ".backoff", backoffSchema()},
		{adapter + ".budgets", budgetsSchema()},
		{"limits", hostLimitsSchema()},
	} {
		if place.key(key) != nil {
			return fmt.Sprintf("%s belongs in [%s]", quoteKey(key), place.table)
		}
	}
	if rootSchema().key(key) != nil {
		return quoteKey(key) + " belongs at the top of the file, before the first table"
	}
	return ""
}

// dotted writes a path as it is written in a table's header.
func dotted(path []string) string {
	parts := make([]string, len(path))
	for i, part := range path {
		parts[i] = quoteKey(part)
	}
	return strings.Join(parts, ".")
}

// quoteKey writes a key as TOML wants it: bare if possible.
func quoteKey(key string) string {
	for i := range len(key) {
		c := key[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return strconv.Quote(key)
		}
	}
	if key == "" {
		return `""`
	}
	return key
}
