package adapters_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"innkeeper/adapters"
)

func TestSourcesAreForAuthors(t *testing.T) {
	sources, err := adapters.Sources()
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, s := range sources {
		paths = append(paths, s.Path)
		test := strings.HasSuffix(s.Path, "_test.go") && path.Dir(s.Path) != "hello"
		if test || strings.Contains(s.Path, "/gen/") || strings.HasPrefix(s.Path, "apiserver") || len(s.Text) == 0 {
			t.Errorf("%s (%d bytes) is of no use to an author", s.Path, len(s.Text))
		}
	}
	for _, want := range []string{
		"abi/families.go", "abi/innkeeper.h", "sdk/loop.go", "sdk/main_wasip1.go", "sdk/internal/buffer/buffer.go", "sdk/sqlite/db.go",
		"sdk/sdktest/host.go", "lib/jsontext/doc.go", "hello/main.go", "hello/main_test.go", "hello/manifest.toml",
	} {
		if !slices.Contains(paths, want) {
			t.Errorf("%s is missing", want)
		}
	}
}
