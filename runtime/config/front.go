package config

import (
	"slices"
	"strings"

	"innkeeper/runtime/manifest"
)

// readFront reads [front].
func (l *loader) readFront(raw map[string]any) Front {
	v := l.table([]string{"front"}, frontSchema(), raw)
	f := Front{Listen: v.text("listen"), AddressLimits: addressLimits(v)}
	if !manifest.ValidListen(f.Listen) {
		l.complain([]string{"front", "listen"}, onValue, "listen must be an address such as %q", frontSchema().key("listen").Default)
	}
	return f
}

func addressLimits(v values) AddressLimits {
	return AddressLimits{
		MaxHeader:         v.size("max_header"),
		MaxConnections:    v.count("max_connections"),
		ReadHeaderTimeout: v.duration("read_header_timeout"),
		IdleTimeout:       v.duration("idle_timeout"),
		WriteStallTimeout: v.duration("write_stall_timeout"),
	}
}

// serveAt settles where the adapter serves: at a mount on the front's address, or at an address of its own. A module that names
// no address is mounted under the adapter's name.
func (b *building) serveAt(own values) {
	listen, mount := own.text("listen"), own.text("mount")
	_, hasListen := b.raw["listen"]
	at := func(key string) []string { return append(slices.Clip(b.path), key) }
	switch h := b.Manifest.HTTP; {
	case h == nil && hasListen:
		b.complain(at("listen"), onKey, "listen has no meaning here, because %s serves no HTTP", b.Module)
	case h == nil && mount != "":
		b.complain(at("mount"), onKey, "mount has no meaning here, because %s serves no HTTP", b.Module)
	case h == nil:
	case mount != "" && hasListen:
		b.complain(at("mount"), onKey, "mount is a place on the address of [front], and listen an address of the adapter's own").Hint =
			"leave one of them out"
	case mount != "" && !validMount(mount):
		b.complain(at("mount"), onValue, "mount must be one segment of a path, such as %q", "/"+b.Name)
	case mount != "":
		b.mount(mount)
	case hasListen || h.Listen != "":
		b.Listen = b.listen(listen)
	default:
		b.mount("/" + b.Name)
	}
}

// mount puts the adapter on the front's address. The limits of an address are the front's then.
func (b *building) mount(mount string) {
	b.Listen, b.Mount, b.Limits.AddressLimits = b.front.Listen, mount, b.front.AddressLimits
	written, _ := b.raw["limits"].(map[string]any)
	for _, k := range addressKeys() {
		if _, ok := written[k.Name]; ok {
			e := b.complain(append(slices.Clip(b.path), "limits", k.Name), onKey, "%s is a limit of the address, and this adapter shares that of [front]", k.Name)
			e.Hint = "set it in [front]"
		}
	}
}

// validMount reports whether s is a slash and one segment that means the same to everybody.
func validMount(s string) bool {
	name, ok := strings.CutPrefix(s, "/")
	return ok && name != "" && !strings.Contains(name, "/") && !strings.Contains(name, "{") && manifest.ValidPath(s)
}

// placeConflicts complains about two adapters that would be at the same place. Only those that are going to be loaded count: one
// that lacks its key must not keep another from running. One from the drop-in folder yields to all others.
func (l *loader) placeConflicts(list []Adapter) {
	var taken []*Adapter
	for _, dropIn := range []bool{false, true} {
		for i := range list {
			a := &list[i]
			if a.DropIn != dropIn || a.Disposition != Loadable || a.Listen == "" {
				continue
			}
			collides := slices.ContainsFunc(taken, func(other *Adapter) bool { return l.collide(a, other) })
			if !collides || !dropIn {
				taken = append(taken, a)
			}
		}
	}
}

// collide complains if two adapters get in each other's way, and reports whether they do.
func (l *loader) collide(a, b *Adapter) bool {
	const anotherPort = "give one of them another port"
	table := func(a *Adapter) string { return dotted([]string{"adapters", a.Name}) }
	switch mounted := a.Mount != "" && b.Mount != ""; {
	case mounted && a.Mount == b.Mount:
		l.conflict(a, "mount", a.Mount, "mount", table(b), "mount one of them somewhere else")
	case mounted, !sameAddress(a.Listen, b.Listen):
		return false
	case a.Mount != "" && a.DropIn:
		l.conflict(a, "mount", a.Mount, "address", table(b), anotherPort)
	case a.Mount != "":
		l.conflict(b, "listen", b.Listen, "address", "front", anotherPort)
	case b.Mount != "":
		l.conflict(a, "listen", a.Listen, "address", "front", anotherPort)
	default:
		l.conflict(a, "listen", a.Listen, "address", table(b), anotherPort)
	}
	return true
}

// conflict points at what an adapter has in common with another table. If it came from the drop-in folder that is its trouble alone.
func (l *loader) conflict(a *Adapter, key, value, what, table, hint string) {
	e := l.complain([]string{"adapters", a.Name, key}, onValue, "%s %q is the %s of [%s], too", key, value, what, table)
	e.Hint = hint
	if a.DropIn {
		a.Disposition, a.Reason = Failed, e.Error()
		l.errs = l.errs[:len(l.errs)-1]
	}
}
