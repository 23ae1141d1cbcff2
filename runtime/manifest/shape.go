package manifest

import (
	"cmp"
	"maps"
	"slices"
)

// manifest reads the whole document.
func (r *reader) manifest() *Manifest {
	t := r.root()
	m := &Manifest{
		Name:        t.text("name"),
		Version:     t.text("version"),
		Description: t.text("description"),
		Families:    t.texts("families"),
		Databases:   t.texts("databases"),
		Exclusive:   t.flagOr("exclusive", true),
		EnabledEnv:  t.text("enabled_env"),
		HTTP:        r.http(t.table("http")),
		Settings:    r.settings(t.table("settings")),
	}
	t.done()
	return m
}

// http reads [http] and [[http.routes]].
func (r *reader) http(t *table) *HTTP {
	if t == nil {
		return nil
	}
	h := &HTTP{
		Listen:    t.text("listen"),
		HostEnv:   t.text("host_env"),
		PortEnv:   t.text("port_env"),
		Key:       t.text("key"),
		KeyHeader: t.text("key_header"),
		CORS:      t.text("cors"),
		KeepAlive: t.text("keepalive"),
		Errors:    ErrorShape(t.text("errors")),
	}
	for _, route := range t.tables("routes") {
		h.Routes = append(h.Routes, Route{
			Name:      route.text("name"),
			Method:    route.text("method"),
			Path:      route.text("path"),
			Guard:     Guard(route.text("guard")),
			KeyHeader: route.text("key_header"),
			Errors:    ErrorShape(route.text("errors")),
		})
		route.done()
	}
	t.done()
	return h
}

// settings reads [settings.NAME] in the order of the text.
func (r *reader) settings(t *table) []Setting {
	if t == nil {
		return nil
	}
	names := slices.SortedFunc(maps.Keys(t.values), func(a, b string) int {
		return cmp.Compare(r.offset(t.at(a)), r.offset(t.at(b)))
	})
	settings := make([]Setting, 0, len(names))
	for _, name := range names {
		if s := t.table(name); s != nil {
			settings = append(settings, r.setting(name, s))
		}
	}
	return settings
}

// offset is where a key was first named.
func (r *reader) offset(path []string) int {
	at, _ := r.doc.Key(path...)
	return at.Offset
}

// setting reads one [settings.NAME]. Bounds and default are coerced to the setting's type, so that "5s" is a duration.
func (r *reader) setting(name string, t *table) Setting {
	s := Setting{
		Name:        name,
		Type:        Type(t.text("type")),
		Description: t.text("description"),
		Required:    t.flag("required"),
		Secret:      t.flag("secret"),
		Live:        t.flag("live"),
		Env:         t.texts("env"),
	}
	if !s.Type.known() {
		r.complain(t.at("type"), "must be one of string, int, bool, float, duration, size and strings")
		return s
	}
	s.Min = r.bound(&s, t, "min")
	s.Max = r.bound(&s, t, "max")
	s.Enum = r.enum(&s, t)
	if raw, path, ok := t.take("default"); ok {
		v, err := s.Coerce(raw)
		if err != nil {
			r.complain(path, "%v", err)
		}
		s.Default = v
	}
	t.done()
	return s
}

func (r *reader) bound(s *Setting, t *table, key string) any {
	raw, path, ok := t.take(key)
	if !ok {
		return nil
	}
	v, err := s.convert(raw)
	if err != nil {
		r.complain(path, "%v", err)
	}
	return v
}

func (r *reader) enum(s *Setting, t *table) []any {
	raw, path, ok := t.take("enum")
	items, isList := raw.([]any)
	switch {
	case !ok:
		return nil
	case !isList:
		r.complain(path, "must be a list")
	case !s.Type.enumerable():
		r.complain(path, "goes with the types string and int only")
		return nil
	}
	var values []any
	for _, item := range items {
		v, err := s.convert(item)
		if err != nil {
			r.complain(path, "%v", err)
			continue
		}
		values = append(values, v)
	}
	return values
}

// enumerable reports whether settings of type t may have an enum, ordered whether they may have bounds.
func (t Type) enumerable() bool { return t == TypeString || t == TypeInt }
func (t Type) ordered() bool {
	return t == TypeInt || t == TypeFloat || t == TypeDuration || t == TypeSize
}

// known reports whether t is one of the types.
func (t Type) known() bool {
	switch t {
	case TypeString, TypeInt, TypeBool, TypeFloat, TypeDuration, TypeSize, TypeStrings:
		return true
	}
	return false
}
