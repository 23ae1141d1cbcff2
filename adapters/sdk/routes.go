package sdk

import (
	"errors"
	"sort"
	"strings"

	"innkeeper/adapters/abi"
)

// routes is who answers which request.
type routes struct {
	byName map[string]func(*Exchange)
	rest   func(*Exchange)
}

// compareRoutes finds out whether the handlers are those that the manifest wants. A host that does not name its routes is
// believed.
func (l *Loop) compareRoutes() error {
	answer, err := l.scratch.Fill(0, l.host.HTTP.Routes)
	if errors.Is(err, abi.ENOSYS) {
		return nil
	}
	if err != nil {
		return Temporary("routes", "the host did not name the routes: "+err.Error())
	}
	var routes abi.HTTPRoutes
	if !routes.Read(answer) {
		return Temporary("routes", "the host's list of routes is cut")
	}
	return l.routes.compare(routes.Names)
}

func (r *routes) compare(declared []string) error {
	var faults []string
	known := map[string]bool{}
	for _, name := range declared {
		known[name] = true
		if r.byName[name] == nil && r.rest == nil {
			faults = append(faults, "the manifest's route "+name+" has no handler")
		}
	}
	for name := range r.byName {
		if !known[name] {
			faults = append(faults, "the handler "+name+" has no route in the manifest")
		}
	}
	if len(faults) == 0 {
		return nil
	}
	sort.Strings(faults)
	return Permanent("routes", strings.Join(faults, "; "))
}
