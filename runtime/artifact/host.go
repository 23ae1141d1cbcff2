package artifact

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"innkeeper/runtime/engine"
	"innkeeper/runtime/manifest"
	"innkeeper/runtime/module"
)

// Config says what modules find on this host.
type Config struct {
	// Families is everything that a module can import, by import module name. A family that is not marked as granted is
	// granted to modules whose manifest names it.
	Families map[string]module.Family
	// HostModules gives the code behind the families named, and behind what is granted to all.
	HostModules func(families []string) ([]engine.HostModule, error)
	// Cache keeps what was made of modules; nil keeps nothing.
	Cache *Cache
	// Compiler makes machine code; with nil the engine does it in this process, where nothing bounds or stops it.
	Compiler Compiler
	// Budget is that of the compiler, asked for each module; nil for [DefaultBudget].
	Budget func() Budget
}

// Host decides which modules run, and makes programs of them.
type Host struct {
	cfg   Config
	busy  work
	turns chan struct{} // holds a value for each module that the compiler works on
}

// NewHost makes a host. Close it when all its programs are closed.
func NewHost(cfg Config) *Host { return &Host{cfg: cfg, turns: make(chan struct{}, compileTurns)} }

// Admit holds a module against its manifest and what this host has, without compiling or running anything.
func (h *Host) Admit(a *Artifact) (*module.Module, error) {
	for _, name := range a.Manifest.Families {
		if err := h.checkFamily(name); err != nil {
			err.Reference = a.Reference
			return nil, err
		}
	}
	admitted, err := module.Admit(a.raw, module.Policy{Families: h.families(a.Manifest)})
	if err != nil {
		return nil, refuse(a.Reference, err)
	}
	return admitted, nil
}

// families are those of the host with what a manifest asks for marked as granted. Those that it does not ask for are left in, so
// that a refusal can say what is missing.
func (h *Host) families(m *manifest.Manifest) map[string]module.Family {
	all := maps.Clone(h.cfg.Families)
	for importName, family := range all {
		family.Granted = family.Granted || slices.Contains(m.Families, family.Name)
		all[importName] = family
	}
	return all
}

// checkFamily refuses a family that this host does not have.
func (h *Host) checkFamily(name string) *Refusal {
	var known []string
	for _, family := range h.cfg.Families {
		if family.Name == name && !family.Granted {
			return nil
		}
		if !family.Granted && !slices.Contains(known, family.Name) {
			known = append(known, family.Name)
		}
	}
	slices.Sort(known)
	return &Refusal{
		Err:  fmt.Errorf("the manifest asks for the family %q, which this host does not have", name),
		Hint: "families are " + strings.Join(known, ", "),
	}
}
