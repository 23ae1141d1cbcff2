package front

import (
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	patterns := []Route{
		0: {Method: "GET", Pattern: "/"},
		1: {Method: "GET", Pattern: "/health"},
		2: {Method: "POST", Pattern: "/v1/runs"},
		3: {Method: "GET", Pattern: "/v1/runs/{id}"},
		4: {Method: "DELETE", Pattern: "/v1/runs/{id}"},
		5: {Method: "POST", Pattern: "/v1/runs/compact"},
		6: {Method: "GET", Pattern: "/v1/runs/{id}/events"},
		7: {Method: "GET", Pattern: "/files/{path...}"},
		8: {Method: "GET", Pattern: "/files/{name}"},
		9: {Method: "HEAD", Pattern: "/files/{name}"},
	}
	cases := []struct {
		method, path string
		index        int // -1: none
		allowed      string
	}{
		{"GET", "/", 0, ""},
		{"GET", "/health", 1, ""},
		{"HEAD", "/health", 1, ""},
		{"POST", "/health", -1, "GET HEAD"},
		{"GET", "/Health", -1, ""},
		{"GET", "/health/", -1, ""},
		{"GET", "//health", -1, ""},
		{"GET", "health", -1, ""},
		{"GET", "", -1, ""},
		{"OPTIONS", "*", -1, ""},
		{"POST", "/v1/runs", 2, ""},
		{"GET", "/v1", -1, ""},
		{"GET", "/v1/runs/", -1, ""},
		{"GET", "/v1/runs/abc", 3, ""},
		{"DELETE", "/v1/runs/abc", 4, ""},
		{"POST", "/v1/runs/compact", 5, ""},
		{"GET", "/v1/runs/compact", 3, ""}, // the literal has no GET, the parameter has
		{"PUT", "/v1/runs/compact", -1, "POST GET HEAD DELETE"},
		{"GET", "/v1/runs/abc/events", 6, ""},
		{"GET", "/v1/runs//events", -1, ""},
		{"GET", "/v1/runs/../events", -1, ""},
		{"GET", "/v1/runs/.", -1, ""},
		{"GET", "/v1/runs/a b\x00", 3, ""},
		{"GET", "/files/a", 8, ""},
		{"HEAD", "/files/a", 9, ""},
		{"GET", "/files/a/b", 7, ""},
		{"HEAD", "/files/a/b", 7, ""},
		{"GET", "/files/a//b", -1, ""},
		{"GET", "/files/a/../../etc", -1, ""},
		{"GET", "/files/", -1, ""},
		{"GET", "/files", -1, ""},
	}
	table := newRoutes(patterns)
	for _, c := range cases {
		found, ok, allowed := table.match(c.method, c.path)
		index := -1
		if ok {
			index = found.index
		}
		if got := strings.Join(allowed, " "); index != c.index || got != c.allowed {
			t.Errorf("%s %s: route %d, allowed %q; want %d, %q", c.method, c.path, index, got, c.index, c.allowed)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	table := newRoutes([]Route{{Method: "POST", Pattern: "/v1/responses"}, {Method: "GET", Pattern: "/v1/responses/{id}"}})
	for name, path := range map[string]string{"literal": "/v1/responses", "param": "/v1/responses/resp_123"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				table.match("GET", path)
			}
		})
	}
}
