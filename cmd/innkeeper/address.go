package main

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"innkeeper/runtime/config"
	"innkeeper/runtime/manifest"
)

// chatPath is the route that ask uses.
const chatPath = "/v1/chat/completions"

// chatRoute is that route of an adapter's module, nil if it has none.
func chatRoute(a *config.Adapter) *manifest.Route {
	if a.Manifest == nil || a.Manifest.HTTP == nil {
		return nil
	}
	for i := range a.Manifest.HTTP.Routes {
		if r := &a.Manifest.HTTP.Routes[i]; r.Method == http.MethodPost && r.Path == chatPath {
			return r
		}
	}
	return nil
}

// reachable turns the address of an adapter, with its mount if it has one, into one that a client on this machine can use: all
// addresses become loopback.
func reachable(endpoint string) string {
	listen, mount, mounted := strings.Cut(endpoint, "/")
	if mounted {
		return reachable(listen) + "/" + mount
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	addr, err := netip.ParseAddr(host)
	switch {
	case host == "" || err == nil && addr.IsUnspecified() && addr.Is4():
		host = "127.0.0.1"
	case err == nil && addr.IsUnspecified():
		host = "localhost" // such a listener may or may not take IPv4
	}
	return net.JoinHostPort(host, port)
}
