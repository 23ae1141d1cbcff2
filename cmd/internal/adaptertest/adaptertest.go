// Package adaptertest builds the adapters that come with the binary from the sources as they are now, for tests: what was
// bundled with the binary says nothing of what has changed since.
package adaptertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"innkeeper/runtime/module"
)

// APIServer is the module of the API server with its manifest, the same bytes as make bundled puts into the binary. The go
// command keeps what it built, so only the first test run after a change waits.
func APIServer(t testing.TB) []byte {
	t.Helper()
	packed, err := apiServer()
	if err != nil {
		t.Fatalf("the API server could not be built for the test: %v", err)
	}
	return packed
}

// APIServerFile is the module of the API server as a file in a folder.
func APIServerFile(t testing.TB, dir string) string {
	t.Helper()
	file := filepath.Join(dir, "api_server.wasm")
	if err := os.WriteFile(file, APIServer(t), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// apiServer is built once for each process of tests.
var apiServer = sync.OnceValues(func() ([]byte, error) { return build("innkeeper/adapters/apiserver") })

// build does what the Makefile does for the target bundled.
func build(pkg string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "adaptertest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	raw := filepath.Join(dir, "raw.wasm")
	command := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", raw, pkg)
	command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%v: %w\n%s", command.Args, err, out)
	}
	code, err := os.ReadFile(raw)
	if err != nil {
		return nil, err
	}
	manifest, err := manifestOf(pkg)
	if err != nil {
		return nil, err
	}
	return module.AppendManifest(code, manifest)
}

// manifestOf reads the manifest beside a package's sources.
func manifestOf(pkg string) ([]byte, error) {
	folder, err := exec.Command("go", "list", "-f", "{{.Dir}}", pkg).Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", pkg, err)
	}
	return os.ReadFile(filepath.Join(string(folder[:len(folder)-1]), "manifest.toml"))
}
