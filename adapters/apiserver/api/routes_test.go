package api

import (
	"os"
	"testing"

	"innkeeper/runtime/manifest"
)

func TestRoutesAreThoseOfTheManifest(t *testing.T) {
	text, err := os.ReadFile("../manifest.toml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	routes := map[string]route{}
	for _, r := range (&app{}).routes() {
		routes[r.name] = r
	}
	if len(routes) != len(m.HTTP.Routes) {
		t.Fatalf("%d routes here, %d in the manifest", len(routes), len(m.HTTP.Routes))
	}
	for _, r := range m.HTTP.Routes {
		if got := routes[r.Name]; got.method != r.Method || got.path != r.Path || got.open != (r.Guard == manifest.GuardOpen) {
			t.Errorf("%s is %s %s here and %s %s in the manifest", r.Name, got.method, got.path, r.Method, r.Path)
		}
		wantOpen := r.Name == "health" || r.Name == "v1.health" || r.Name == "openapi"
		if (r.Guard == manifest.GuardOpen) != wantOpen {
			t.Errorf("%s is %s", r.Name, r.Guard)
		}
	}
}
