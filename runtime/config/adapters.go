package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

// adapters reads [adapters.NAME] and adds the bundled adapters that the environment configures.
func (l *loader) adapters(raw map[string]any) []Adapter {
	if len(raw) > limits.Adapters {
		l.complain([]string{"adapters"}, onKey, "%d adapters are too many, at most %d are allowed", len(raw), limits.Adapters)
		return nil
	}
	found := l.usableDropIns(raw)
	var list []Adapter
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if table := l.subtable([]string{"adapters"}, name, raw); table != nil && l.validName(name) {
			list = append(list, l.adapter(name, table, found[name]))
		}
	}
	for name, dropIn := range found {
		if _, written := raw[name]; !written {
			list = append(list, l.adapter(name, nil, dropIn))
		}
	}
	for name, bundled := range l.opts.Builtins {
		if _, written := raw[name]; !written && l.wantedByEnv(bundled.Manifest) {
			list = append(list, l.adapter(name, nil, nil))
		}
	}
	slices.SortFunc(list, func(a, b Adapter) int { return cmp.Compare(a.Name, b.Name) })
	l.placeConflicts(list)
	return list
}

func (l *loader) validName(name string) bool {
	if manifest.ValidName(name) {
		return true
	}
	l.complain([]string{"adapters", name}, onKey, "an adapter's name is made of a-z, 0-9, _ and -, at most 64 characters")
	return false
}

// wantedByEnv reports whether the environment alone configures a bundled adapter: by its switch, or by the key or any
// other setting that it cannot do without.
func (l *loader) wantedByEnv(m *manifest.Manifest) bool {
	names := []string{m.EnabledEnv}
	for _, s := range m.Settings {
		if s.Required {
			names = append(names, s.Env...)
		}
	}
	return slices.ContainsFunc(names, func(name string) bool {
		_, ok := l.env(name)
		return name != "" && ok
	})
}

// building is one adapter while it is being read.
type building struct {
	*loader
	Adapter
	path    []string // adapters.NAME
	raw     map[string]any
	own     schema           // the keys that every adapter has
	dropIn  *artifact.DropIn // nil if its module is not in the drop-in folder
	reasons []string         // why it is unconfigured
}

// adapter reads one adapter; raw is nil if only the environment speaks of it, or a file in the drop-in folder.
func (l *loader) adapter(name string, raw map[string]any, dropIn *artifact.DropIn) Adapter {
	before := len(l.errs)
	a := l.readAdapter(name, raw, dropIn)
	if dropIn != nil && len(l.errs) > before {
		if a.Disposition != Disabled {
			a.Disposition, a.Reason = Failed, oneLine(l.errs[before:].Error())
		}
		l.errs = l.errs[:before] // another's file must not keep the rest of the configuration from being used
	}
	return a
}

func (l *loader) readAdapter(name string, raw map[string]any, dropIn *artifact.DropIn) Adapter {
	b := &building{
		loader: l, path: []string{"adapters", name}, raw: raw, own: adapterSchema(), dropIn: dropIn,
		Adapter: Adapter{
			Name: name, DropIn: dropIn != nil, Disposition: Loadable, Settings: map[string]any{}, Secrets: map[string]Secret{},
		},
	}
	own := b.ownKeys()
	b.Grants = b.grants(own)
	b.module(own.text("module"), own["enabled"] == false)
	b.tables()
	if b.Manifest == nil {
		b.switchedOff(own)
		return b.Adapter
	}
	b.unknownKeys()
	if b.switchedOff(own) {
		b.checkLiterals()
		return b.Adapter
	}
	b.settings()
	b.serveAt(own)
	b.ask()
	b.decide()
	return b.Adapter
}

// ownKeys reads module, enabled, listen, mount and grants. Other keys are looked at when the module is known.
func (b *building) ownKeys() values {
	known := map[string]any{}
	for _, k := range b.own.keys {
		if v, ok := b.raw[k.Name]; ok {
			known[k.Name] = v
		}
	}
	return b.loader.table(b.path, b.own, known)
}

// switchedOff applies an explicit "off" from the TOML or the environment, which wins over everything.
func (b *building) switchedOff(own values) bool {
	if enabled, written := own["enabled"].(bool); written && !enabled {
		b.Disposition, b.Reason = Disabled, fmt.Sprintf("enabled = false in [%s]", dotted(b.path))
		return true
	}
	if !b.obeysEnv() || b.Manifest.EnabledEnv == "" {
		return false
	}
	text, ok := b.env(b.Manifest.EnabledEnv)
	if !ok {
		return false
	}
	on, err := (&manifest.Setting{Type: manifest.TypeBool}).CoerceText(text)
	if err != nil {
		b.complainEnv(b.Manifest.EnabledEnv, err)
		return false
	}
	off := on == false
	if off {
		b.Disposition, b.Reason = Disabled, fmt.Sprintf("%s is off in the environment", b.Manifest.EnabledEnv)
	}
	return off
}

// obeysEnv reports whether the manifest's environment names count for this adapter: only for the one that bears the
// module's name. A second adapter of the same module would otherwise get the same key and port.
func (b *building) obeysEnv() bool {
	return b.Manifest != nil && b.Manifest.Name == b.Name
}

// unknownKeys complains about keys that neither the host nor the module knows.
func (b *building) unknownKeys() {
	all := b.own
	all.keys = append(slices.Clip(all.keys), b.Manifest.Settings...)
	b.unknown(b.path, all, b.raw)
}

// tables reads limits, backoff and budgets.
func (b *building) tables() {
	path := func(name string) []string { return append(slices.Clip(b.path), name) }
	b.Limits = b.limits(path("limits"), b.subtable(b.path, "limits", b.raw))
	b.Backoff = b.backoff(path("backoff"), b.subtable(b.path, "backoff", b.raw))
	v := b.loader.table(path("budgets"), budgetsSchema(), b.subtable(b.path, "budgets", b.raw))
	b.Budgets = Budgets{
		Connect: v.duration("connect"), Stall: v.duration("stall"), Drain: v.duration("drain"), Close: v.duration("close"),
		Handover: v.duration("handover"), Hold: v.duration("hold"),
	}
}

// checkLiterals checks the types of what is written for a switched-off adapter. References are not followed: nothing is
// read for it.
func (b *building) checkLiterals() {
	for i := range b.Manifest.Settings {
		s := &b.Manifest.Settings[i]
		raw, written := b.raw[s.Name]
		if text, ok := raw.(string); !written || ok && isReference(text) {
			continue
		}
		if _, err := s.Coerce(raw); err != nil && !hasReferences(raw) {
			b.refuse(b.path, s, err)
		}
	}
}
