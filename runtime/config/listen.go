package config

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"innkeeper/runtime/manifest"
)

// listen settles the adapter's address: listen in the TOML, else the manifest's default with host and port from the
// environment.
func (b *building) listen(own values) string {
	path := append(slices.Clip(b.path), "listen")
	written, isWritten := own["listen"].(string)
	h := b.Manifest.HTTP
	switch {
	case h == nil && isWritten:
		b.complain(path, onKey, "listen has no meaning here, because %s serves no HTTP", b.Module)
		return ""
	case h == nil:
		return ""
	case isWritten && !manifest.ValidListen(written):
		b.complain(path, onValue, "listen must be an address such as %q", h.Listen)
		return ""
	case isWritten:
		return written
	case !b.obeysEnv():
		return h.Listen
	}
	return b.listenFromEnv(h)
}

func (b *building) listenFromEnv(h *manifest.HTTP) string {
	host, port, _ := net.SplitHostPort(h.Listen)
	for _, part := range []struct {
		name  string
		value *string
	}{{h.HostEnv, &host}, {h.PortEnv, &port}} {
		text, ok := b.env(part.name)
		if part.name == "" || !ok {
			continue
		}
		before := *part.value
		*part.value = strings.Trim(strings.TrimSpace(text), "[]")
		if !manifest.ValidListen(net.JoinHostPort(host, port)) {
			b.complainEnv(part.name, fmt.Errorf("must be a part of an address such as %q", h.Listen))
			*part.value = before
		}
	}
	return net.JoinHostPort(host, port)
}

// listenConflicts complains about two adapters that would listen at the same address. Only those that are going to be
// loaded count: one that lacks its key must not keep another from running.
func (l *loader) listenConflicts(list []Adapter) {
	var taken []*Adapter
	for i := range list {
		a := &list[i]
		if a.Disposition != Loadable || a.Listen == "" {
			continue
		}
		if n := slices.IndexFunc(taken, func(b *Adapter) bool { return sameAddress(a.Listen, b.Listen) }); n >= 0 {
			other := taken[n]
			e := l.complain([]string{"adapters", a.Name, "listen"}, onValue,
				"listen %q is the address of [adapters.%s], too", a.Listen, other.Name)
			e.Hint = "give one of them another port"
		}
		taken = append(taken, a)
	}
}

// sameAddress reports whether two listeners would get in each other's way. Port 0 is a different one each time.
func sameAddress(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" {
		return false
	}
	hostA, hostB = canonicalHost(hostA), canonicalHost(hostB)
	return hostA == hostB || hostA == anyHost || hostB == anyHost
}

// anyHost stands for all addresses of the machine.
const anyHost = "*"

func canonicalHost(host string) string {
	if strings.EqualFold(host, "localhost") {
		return "127.0.0.1"
	}
	addr, err := netip.ParseAddr(host)
	switch {
	case host == "" || err == nil && addr.IsUnspecified():
		return anyHost
	case err == nil:
		return addr.Unmap().String()
	}
	return strings.ToLower(host)
}
