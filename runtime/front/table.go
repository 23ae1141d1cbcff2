package front

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"innkeeper/runtime/manifest"
)

// table says which site gets a request: the one site of an address, or one of several by the first segment of the path. It is
// never changed, only replaced.
type table struct {
	whole  *place
	mounts map[string]*place
}

// all lists the places.
func (t *table) all() []*place {
	if t.whole != nil {
		return []*place{t.whole}
	}
	return slices.Collect(maps.Values(t.mounts))
}

// find returns the place of a path, and the path as the site sees it.
func (t *table) find(path string) (p *place, below string) {
	if t.whole != nil {
		return t.whole, path
	}
	end := strings.IndexByte(path[min(1, len(path)):], '/') + 1
	if end == 0 {
		return t.mounts[path], "/"
	}
	return t.mounts[path[:end]], path[end:]
}

// errors is the shape of errors before it is known which site a request is for.
func (t *table) errors() manifest.ErrorShape {
	if t.whole != nil {
		return t.whole.site.rules.Load().errors
	}
	return manifest.ErrorsProblem
}

// join gives a place its requests.
func (l *listener) join(p *place) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.mount == "" {
		l.table.Store(&table{whole: p})
		return nil
	}
	now := l.table.Load()
	if now.mounts[p.mount] != nil {
		return fmt.Errorf("listen[%s] mount[%s]: %w", l.address, p.mount, ErrMountInUse)
	}
	mounts := map[string]*place{p.mount: p}
	maps.Copy(mounts, now.mounts)
	l.table.Store(&table{mounts: mounts})
	return nil
}

// part takes the requests from a place. Those in progress there are remembered for the listener's end.
func (l *listener) part(p *place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	mounts := maps.Clone(l.table.Load().mounts)
	if mounts[p.mount] == p {
		delete(mounts, p.mount)
	}
	l.table.Store(&table{mounts: mounts})
	l.parted = slices.DeleteFunc(l.parted, func(other *place) bool { return other.busy.n.Load() == 0 })
	l.parted = append(l.parted, p)
}
