package front

import (
	"strings"
	"testing"

	"innkeeper/runtime/manifest"
)

func route(name, method, path string) rule {
	return rule{Route: manifest.Route{Name: name, Method: method, Path: path}}
}

func TestMatch(t *testing.T) {
	patterns := []rule{
		route("r0", "GET", "/"),
		route("r1", "GET", "/health"),
		route("r2", "POST", "/v1/runs"),
		route("r3", "GET", "/v1/runs/{id}"),
		route("r4", "DELETE", "/v1/runs/{id}"),
		route("r5", "POST", "/v1/runs/compact"),
		route("r6", "GET", "/v1/runs/{id}/events"),
		route("r7", "GET", "/files/{path...}"),
		route("r8", "GET", "/files/{name}"),
		route("r10", "GET", "/a/{one}/b/{two}/{rest...}"),
		route("r9", "HEAD", "/files/{name}"),
	}
	cases := []struct {
		method, path string
		route        string // its name and values; empty: none
		allowed      string
	}{
		{"GET", "/", "r0", ""},
		{"GET", "/health", "r1", ""},
		{"HEAD", "/health", "r1", ""},
		{"POST", "/health", "", "GET HEAD"},
		{"GET", "/Health", "", ""},
		{"GET", "/health/", "", ""},
		{"GET", "//health", "", ""},
		{"GET", "health", "", ""},
		{"GET", "", "", ""},
		{"OPTIONS", "*", "", ""},
		{"POST", "/v1/runs", "r2", ""},
		{"GET", "/v1", "", ""},
		{"GET", "/v1/runs/", "", ""},
		{"GET", "/v1/runs/abc", "r3 id=abc", ""},
		{"DELETE", "/v1/runs/abc", "r4 id=abc", ""},
		{"POST", "/v1/runs/compact", "r5", ""},
		{"GET", "/v1/runs/compact", "r3 id=compact", ""}, // the literal has no GET, the parameter has
		{"PUT", "/v1/runs/compact", "", "POST GET HEAD DELETE"},
		{"GET", "/v1/runs/abc/events", "r6 id=abc", ""},
		{"GET", "/v1/runs//events", "", ""},
		{"GET", "/v1/runs/../events", "", ""},
		{"GET", "/v1/runs/.", "", ""},
		{"GET", "/v1/runs/a b\x00", "r3 id=a b\x00", ""},
		{"GET", "/files/a", "r8 name=a", ""},
		{"HEAD", "/files/a", "r9 name=a", ""},
		{"GET", "/files/a/b", "r7 path=a/b", ""},
		{"HEAD", "/files/a/b", "r7 path=a/b", ""},
		{"GET", "/a/1/b/2/3", "r10 one=1 two=2 rest=3", ""},
		{"GET", "/a/x y/b/ä/3/4", "r10 one=x y two=ä rest=3/4", ""},
		{"GET", "/files/a//b", "", ""},
		{"GET", "/files/a/../../etc", "", ""},
		{"GET", "/files/", "", ""},
		{"GET", "/files", "", ""},
	}
	table := newRoutes(patterns)
	for _, c := range cases {
		found, allowed := table.match(c.method, c.path)
		route := ""
		if found != nil {
			route = found.Name
			for _, v := range found.values(c.path) {
				route += " " + v.Name + "=" + v.Value
			}
		}
		if got := strings.Join(allowed, " "); route != c.route || got != c.allowed {
			t.Errorf("%s %s: route %q, allowed %q; want %q, %q", c.method, c.path, route, got, c.route, c.allowed)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	table := newRoutes([]rule{route("create", "POST", "/v1/responses"), route("get", "GET", "/v1/responses/{id}")})
	for name, path := range map[string]string{"literal": "/v1/responses", "param": "/v1/responses/resp_123"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				table.match("GET", path)
			}
		})
	}
}
