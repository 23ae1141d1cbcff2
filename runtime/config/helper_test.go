package config

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/machine"
	"innkeeper/runtime/manifest"
)

// A key that the checks accept, and one that only differs.
const (
	goodKey  = "q7Jw0zPv2Lk9xTeR5mYd"
	otherKey = "b4Nc8sUa1Vf6hGiW3oXq"
)

// apiServer is the bundled adapter's manifest, whose settings the sample shows.
func apiServer(t testing.TB) *manifest.Manifest {
	t.Helper()
	data, err := os.ReadFile("../../adapters/apiserver/manifest.toml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// relayManifest is the manifest of a module that serves no HTTP and has a setting of every kind.
const relayManifest = `name = "relay"
version = "1"
[settings]
token = { type = "string", secret = true }
room = { type = "string", required = true, env = "RELAY_ROOM" }
mode = { type = "string", enum = ["fast", "slow"], default = "fast" }
retries = { type = "int", min = 0, max = 9, default = 3, env = "RELAY_RETRIES" }
ratio = { type = "float", default = 0.5 }
loud = { type = "bool", default = false }
pause = { type = "duration", default = "2s", live = true }
buffer = { type = "size", default = "64KiB" }
users = { type = "strings", live = true }
`

// greeterManifest is the manifest of a module that serves HTTP and has no address of its own.
const greeterManifest = `name = "greeter"
version = "1"
families = ["http"]
[http]
cors = "pages"
keepalive = "patience"
routes = [{ name = "greet", method = "GET", path = "/", guard = "open" }]
[settings]
pages = { type = "strings" }
patience = { type = "duration" }
`

func parsed(t testing.TB, text string) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// testHandles are the kinds of handles that the sample shows.
func testHandles() map[string]int {
	return map[string]int{"sqlite.connection": 16, "sqlite.statement": 1024, "http.exchange": 8192, "agent.turn": 8192}
}

// world is what a test lets Load see.
type world struct {
	text  string            // of the TOML file
	none  bool              // no TOML file
	env   map[string]string // the environment
	files map[string]string // further files by their paths below /etc/inn
	allow bool              // AllowMissing
	// machine is what there is; the zero one tells nothing.
	machine machine.Machine
}

func (w world) load(t testing.TB) (*Config, error) {
	t.Helper()
	modules := map[string]*manifest.Manifest{"relay.wasm": parsed(t, relayManifest), "greeter.wasm": parsed(t, greeterManifest)}
	return Load("/etc/inn/innkeeper.toml", Options{
		Env:      func(name string) (string, bool) { v, ok := w.env[name]; return v, ok },
		Builtins: map[string]*artifact.Artifact{"api_server": {Manifest: apiServer(t)}},
		Module: func(path string) (*artifact.Artifact, error) {
			m := modules[filepath.Base(path)]
			if m == nil {
				return nil, fmt.Errorf("module[%s]: %w", path, fs.ErrNotExist)
			}
			return &artifact.Artifact{Manifest: m}, nil
		},
		ReadFile: func(path string) ([]byte, error) {
			name, _ := strings.CutPrefix(path, "/etc/inn/")
			text, ok := w.files[name]
			if name == "innkeeper.toml" && !w.none {
				text, ok = w.text, true
			}
			if !ok {
				return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
			}
			return []byte(text), nil
		},
		Machine:      func() machine.Machine { return w.machine },
		Handles:      testHandles(),
		AllowMissing: w.allow,
	})
}

// must loads a world that has no errors.
func (w world) must(t testing.TB) *Config {
	t.Helper()
	c, err := w.load(t)
	if err != nil {
		t.Fatalf("load:\n%v", err)
	}
	return c
}

// one loads a world with exactly one adapter.
func (w world) one(t testing.TB) *Adapter {
	t.Helper()
	c := w.must(t)
	if len(c.Adapters) != 1 {
		t.Fatalf("%d adapters, want 1", len(c.Adapters))
	}
	return &c.Adapters[0]
}
