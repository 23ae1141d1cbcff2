package config

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/manifest"
)

// askListen is the word for an address that others than this machine reach.
const askListen = "listen "

// ask collects what the module asks for that an operator must grant. Local families, databases of its own, the agent, and
// addresses that only this machine reaches are free; so is what the operator wrote down, which is a grant.
func (b *building) ask() {
	if b.Artifact == nil || strings.HasPrefix(b.Module, artifact.BuiltinPrefix) {
		return
	}
	if b.choseListen() {
		b.Asks = asksForAddress(b.Listen)
	}
}

// Asks is what a module asks for that an operator must grant, as long as nothing was written down of it.
func Asks(m *manifest.Manifest) []string {
	if m.HTTP == nil || m.HTTP.Listen == "" {
		return nil
	}
	return asksForAddress(m.HTTP.Listen)
}

func asksForAddress(address string) []string {
	if isLoopback(address) {
		return nil
	}
	return []string{askListen + address}
}

// choseListen reports whether it was the module that chose the adapter's address.
func (b *building) choseListen() bool {
	h := b.Manifest.HTTP
	if _, written := b.raw["listen"]; written || h == nil || h.Listen == "" || b.Mount != "" || b.Listen == "" {
		return false
	}
	_, chosen := b.env(h.HostEnv)
	return !chosen || !b.obeysEnv()
}

// MissingGrants is what the module asks for and was not granted.
func (a *Adapter) MissingGrants() []string {
	return slices.DeleteFunc(slices.Clone(a.Asks), func(ask string) bool { return slices.Contains(a.Grants, ask) })
}

// grants reads what the operator has granted. A word that nothing asks for in that way would be a grant of nothing.
func (b *building) grants(own values) []string {
	granted, _ := own["grants"].([]string)
	for _, grant := range granted {
		if address, ok := strings.CutPrefix(grant, askListen); !ok || !manifest.ValidListen(address) {
			b.complain(append(slices.Clip(b.path), "grants"), onValue, "grants has %q, which is nothing that an adapter can ask for", grant).Hint =
				fmt.Sprintf("it is written by: innkeeper grant %s", b.Name)
		}
	}
	return granted
}

// isLoopback reports whether only this machine reaches an address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(canonicalHost(host))
	return err == nil && addr.IsLoopback()
}
