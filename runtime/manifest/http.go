package manifest

import (
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"innkeeper/runtime/limits"
)

// http checks what the front does for the module.
func (c *checker) http(m *Manifest) {
	h := m.HTTP
	if h == nil {
		return
	}
	c.that(h.Listen == "" || ValidListen(h.Listen), "must be an address such as 127.0.0.1:8642", "http", "listen")
	c.env(h.HostEnv, "http", "host_env")
	c.env(h.PortEnv, "http", "port_env")
	c.that(h.Listen != "" || h.HostEnv == "", "needs http.listen, the address that it is a part of", "http", "host_env")
	c.that(h.Listen != "" || h.PortEnv == "", "needs http.listen, the address that it is a part of", "http", "port_env")
	if h.Key != "" {
		key := m.Setting(h.Key)
		c.that(key != nil && key.Secret && key.Required, "must name a required secret setting", "http", "key")
	}
	c.that(h.Key != "" || h.KeyHeader == "", "needs http.key, the setting that is the key", "http", "key_header")
	c.keyHeader(h.KeyHeader, "http", "key_header")
	c.filledBy(m, h.CORS, TypeStrings, "http", "cors")
	c.filledBy(m, h.KeepAlive, TypeDuration, "http", "keepalive")
	c.errorShape(h.Errors, "http", "errors")
	c.routes(h)
}

// filledBy checks the name of a setting from which the host takes a value.
func (c *checker) filledBy(m *Manifest, name string, kind Type, path ...string) {
	if name == "" {
		return
	}
	s := m.Setting(name)
	c.that(s != nil && s.Type == kind && !s.Secret, fmt.Sprintf("must name a setting of type %s", kind), path...)
}

func (c *checker) routes(h *HTTP) {
	if !c.atMost(len(h.Routes), limits.ManifestRoutes, "http", "routes") {
		return
	}
	names := map[string]bool{}
	for i, r := range h.Routes {
		at := func(key string) []string { return []string{"http", "routes", strconv.Itoa(i), key} }
		c.that(validRouteName(r.Name), "must be a name of a-z, 0-9, _, . and -, at most 64 characters", at("name")...)
		c.that(!names[r.Name], "is the name of another route, too", at("name")...)
		names[r.Name] = true
		c.that(slices.Contains(methods(), r.Method), "must be one of "+strings.Join(methods(), ", "), at("method")...)
		c.guard(r, h, at)
		c.errorShape(r.Errors, at("errors")...)
		if c.that(ValidPath(r.Path), "must be a path such as /v1/items/{id}", at("path")...) {
			c.unambiguous(r, h.Routes[:i], at("path"))
		}
	}
}

// methods are those that a route may name. HEAD is missing because a GET route answers it, too.
func methods() []string { return []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} }

func (c *checker) guard(r Route, h *HTTP, at func(string) []string) {
	switch r.Guard {
	case GuardOpen:
	case GuardKey:
		c.that(h.Key != "", `needs http.key, the setting that is the key`, at("guard")...)
	case GuardSignature:
		c.that(false, `is "signature", which this version of the host cannot check; use "key" or "open"`, at("guard")...)
	default:
		c.that(false, `must be "open", "key" or "signature"`, at("guard")...)
	}
	c.that(r.KeyHeader == "" || r.Guard == GuardKey, `goes with guard = "key" only`, at("key_header")...)
	c.keyHeader(r.KeyHeader, at("key_header")...)
}

// keyHeader checks the name of the header that carries the key; it may be empty.
func (c *checker) keyHeader(name string, path ...string) {
	if name == "" {
		return
	}
	token := consistsOf(name, NameMax, func(b byte) bool {
		return lower(b) || upper(b) || digit(b) || strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0
	})
	c.that(token, "must be the name of a header, such as x-api-key", path...)
	c.that(!slices.Contains(protocolHeaders(), textproto.CanonicalMIMEHeaderKey(name)), "is a header that HTTP itself uses", path...)
}

// protocolHeaders are those whose values say something else already, to the host or to whoever is on the way. Browsers send
// cookies without being asked, so a key in one would let every page call.
func protocolHeaders() []string {
	return []string{
		"Accept", "Accept-Encoding", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Cookie", "Expect", "Host",
		"Keep-Alive", "Origin", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "X-Request-Id",
	}
}

func (c *checker) errorShape(shape ErrorShape, path ...string) {
	switch shape {
	case "", ErrorsOpenAI, ErrorsAnthropic, ErrorsProblem, ErrorsPlain:
	default:
		c.that(false, `must be "openai", "anthropic", "problem+json" or "plain"`, path...)
	}
}

// ValidListen reports whether s is HOST:PORT with a port from 0 to 65535; the host is a name, an IP address, in
// brackets if it has colons, or empty for all addresses.
func ValidListen(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil || len(host) > 253 {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && strconv.FormatUint(n, 10) == port && validHost(host)
}

// validHost reports whether host is empty, an IP address or made of what host names are made of.
func validHost(host string) bool {
	return host == "" || net.ParseIP(host) != nil || consistsOf(host, 253, func(c byte) bool {
		return lower(c) || upper(c) || digit(c) || strings.IndexByte(".-_%:", c) >= 0
	})
}
