package manifest

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"innkeeper/runtime/limits"
)

// maxPath is the longest route pattern, in bytes.
const maxPath = 256

// http checks the listener, the key and the routes.
func (c *checker) http(m *Manifest) {
	h := m.HTTP
	if h == nil {
		return
	}
	c.that(ValidListen(h.Listen), "must be an address such as 127.0.0.1:8642", "http", "listen")
	c.env(h.HostEnv, "http", "host_env")
	c.env(h.PortEnv, "http", "port_env")
	if h.Key != "" {
		key := m.Setting(h.Key)
		c.that(key != nil && key.Secret && key.Required, "must name a required secret setting", "http", "key")
	}
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
		c.access(r.Access, h.Key, at("access"))
		if c.that(validPattern(r.Path), "must be a path such as /v1/items/{id}", at("path")...) {
			c.unambiguous(r, h.Routes[:i], at("path"))
		}
	}
}

// methods are those that a route may name. HEAD is missing because a GET route answers it, too.
func methods() []string { return []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} }

func (c *checker) access(access Access, key string, path []string) {
	switch access {
	case AccessOpen:
	case AccessKey:
		c.that(key != "", `needs http.key, the setting that is the key`, path...)
	default:
		c.that(false, `must be "open" or "key"`, path...)
	}
}

// unambiguous complains if a request could match r and an earlier route while neither is the more specific one. Which
// of two such routes wins would be an accident, and one of them may be open and the other behind the key.
func (c *checker) unambiguous(r Route, earlier []Route, path []string) {
	for _, other := range earlier {
		if r.Method == other.Method && validPattern(other.Path) && ambiguous(r.Path, other.Path) {
			c.that(false, fmt.Sprintf("overlaps with %s %s", other.Method, other.Path), path...)
			return
		}
	}
}

// ambiguous reports whether patterns a and b overlap although neither is more specific than the other.
func ambiguous(a, b string) bool {
	as, bs := segments(a), segments(b)
	aNarrower, bNarrower := false, false
	for i := 0; ; i++ {
		a, b := segmentAt(as, i), segmentAt(bs, i)
		switch {
		case a.kind == rest || b.kind == rest:
			aNarrower = aNarrower || a.kind != rest
			bNarrower = bNarrower || b.kind != rest
			return aNarrower == bNarrower
		case a.kind == end || b.kind == end:
			return a.kind == b.kind && aNarrower == bNarrower
		case a.kind == literal && b.kind == literal:
			if a.text != b.text {
				return false
			}
		default:
			aNarrower = aNarrower || a.kind == literal && b.kind == param
			bNarrower = bNarrower || b.kind == literal && a.kind == param
		}
	}
}

// segment is one part of a pattern between slashes.
type segment struct {
	kind segmentKind
	text string
}

type segmentKind int

const (
	literal segmentKind = iota
	param               // {name}
	rest                // {name...}, the last one
	end                 // past the last one
)

func segments(pattern string) []segment {
	var list []segment
	for part := range strings.SplitSeq(strings.TrimPrefix(pattern, "/"), "/") {
		kind := literal
		switch {
		case strings.HasSuffix(part, "...}"):
			kind = rest
		case strings.HasPrefix(part, "{"):
			kind = param
		}
		list = append(list, segment{kind, part})
	}
	return list
}

func segmentAt(list []segment, i int) segment {
	if i < len(list) {
		return list[i]
	}
	return segment{kind: end}
}

// validPattern reports whether s is a path of literal and {name} segments, without empty ones and without dots that
// climb, so that the path means the same to everybody. A trailing {name...} takes one or more segments.
func validPattern(s string) bool {
	if len(s) > maxPath || !strings.HasPrefix(s, "/") {
		return false
	}
	if s == "/" {
		return true
	}
	seen := map[string]bool{}
	list := segments(s)
	for i, part := range list {
		name := strings.TrimSuffix(strings.Trim(part.text, "{}"), "...")
		switch {
		case part.kind == literal && !validLiteral(part.text):
			return false
		case part.kind == rest && i != len(list)-1:
			return false
		case part.kind != literal && (!ValidSettingName(name) || seen[name] || part.text != braced(name, part.kind)):
			return false
		case part.kind != literal:
			seen[name] = true
		}
	}
	return true
}

func braced(name string, kind segmentKind) string {
	if kind == rest {
		return "{" + name + "...}"
	}
	return "{" + name + "}"
}

func validLiteral(s string) bool {
	return s != "." && s != ".." && consistsOf(s, maxPath, func(c byte) bool {
		return lower(c) || upper(c) || digit(c) || strings.IndexByte("._~-", c) >= 0
	})
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
