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

// answersChat reports whether an adapter's module has that route.
func answersChat(a *config.Adapter) bool {
	if a.Manifest == nil || a.Manifest.HTTP == nil {
		return false
	}
	for _, route := range a.Manifest.HTTP.Routes {
		if route.Method == http.MethodPost && route.Path == chatPath {
			return true
		}
	}
	return false
}

// bearsKey reports whether the route asks for the key.
func bearsKey(a *config.Adapter) bool {
	for _, route := range a.Manifest.HTTP.Routes {
		if route.Path == chatPath {
			return route.Guard == manifest.GuardKey
		}
	}
	return false
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
