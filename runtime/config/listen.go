package config

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

// listen settles an address of the adapter's own: listen in the TOML, else the manifest's default with host and port from the
// environment.
func (b *building) listen(written string) string {
	h := b.Manifest.HTTP
	switch {
	case written != "" && !manifest.ValidListen(written):
		b.complain(append(slices.Clip(b.path), "listen"), onValue, "listen must be an address such as %q", cmp.Or(h.Listen, limits.FrontListen))
		return ""
	case written != "":
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
