package gateway

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"innkeeper/runtime/agent"
	"innkeeper/runtime/artifact"
	"innkeeper/runtime/config"
	"innkeeper/runtime/supervisor"
)

// updates ask for what lies in the file of the puppet's module, by one of the ways to do so.
func updates() map[string]func(*harness) error {
	return map[string]func(*harness) error{
		"reload":  func(h *harness) error { _, err := h.Reload(context.Background()); return err },
		"restart": func(h *harness) error { return h.Restart(context.Background(), puppetName) },
	}
}

// Once, a file that was cut short and a reload ended the healthy adapter and left its port refused.
func TestBrokenModuleLeavesTheLastGoodOneRunning(t *testing.T) {
	for way, update := range updates() {
		for name, damage := range map[string]func(t *testing.T, path string, whole []byte){
			"cut short": func(t *testing.T, path string, whole []byte) { write(t, path, whole[:len(whole)/2]) },
			"no wasm":   func(t *testing.T, path string, _ []byte) { write(t, path, []byte("hello")) },
			"gone": func(t *testing.T, path string, _ []byte) {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			},
			"imports what it was not granted": func(t *testing.T, path string, _ []byte) {
				p := newPuppet()
				p.b.Import("env", "unknown", "", "")
				write(t, path, p.main(p.ready(), p.idle()).packed(t, puppetManifest))
			},
			"invalid code": func(t *testing.T, path string, _ []byte) {
				p := newPuppet()
				write(t, path, p.main(p.ready(), "\x1a").packed(t, puppetManifest)) // drop on an empty stack
			},
		} {
			t.Run(way+"/"+name, func(t *testing.T) {
				dir := t.TempDir()
				file := server(t, dir, "m", "hello")
				h := openIn(t, dir, plan{toml: adapter(puppetName, file, quick)})
				h.await(puppetName, supervisor.Connected)
				whole, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				damage(t, file, whole)
				if err := update(h); !errors.Is(err, ErrUpdateRefused) || !strings.Contains(err.Error(), file) {
					t.Errorf("%s: %v", way, err)
				}
				h.answersWith(puppetName, "hello")
				a := h.Status().Adapters[0]
				if a.State != "connected" || a.Generation != 1 || !strings.HasPrefix(a.Update, "refused: ") {
					t.Errorf("%+v", a)
				}
				write(t, file, whole)
				h.must(update(h))
				if way == "restart" {
					h.await(puppetName, supervisor.Connected)
				}
				if a := h.Status().Adapters[0]; a.Update != "" {
					t.Errorf("mended, and still %q", a.Update)
				}
				h.answersWith(puppetName, "hello")
			})
		}
	}
}

// A change of live settings does not make the module an untried one: what is broken after it is refused like before it.
func TestBrokenModuleAfterALiveChange(t *testing.T) {
	for way, update := range updates() {
		t.Run(way, func(t *testing.T) {
			dir := t.TempDir()
			p := newPuppet()
			file := p.main(p.serve("hello")).write(t, dir, "m", strings.Replace(puppetManifest, `note = { type`, `note = { live = true, type`, 1))
			h := openIn(t, dir, plan{toml: adapter(puppetName, file, quick)})
			h.await(puppetName, supervisor.Connected)
			h.reloads(adapter(puppetName, file, quick, `note = "other"`), puppetName)
			write(t, file, []byte("hello"))
			if err := update(h); !errors.Is(err, ErrUpdateRefused) {
				t.Errorf("%v", err)
			}
			if a := h.Status().Adapters[0]; a.State != "connected" || a.Generation != 1 {
				t.Errorf("%+v", a)
			}
			h.answersWith(puppetName, "hello")
		})
	}
}

// Once, a file that was swapped between two readings ran under the manifest of the one before, and a route that needs the key
// was open. What is read once cannot be swapped: here the file is another whenever the configuration has been read.
func TestSwappedModuleRunsUnderItsOwnManifest(t *testing.T) {
	dir := t.TempDir()
	file := guarded(t, dir, "open")
	h := newHarness(t, dir, plan{toml: adapter(puppetName, file, `key = "`+goodKey+`"`, quick)})
	h.plan.tune = func(*config.Config) { guarded(t, dir, "key") }
	h.start()
	h.await(puppetName, supervisor.Connected)
	if status, _ := h.get(puppetName); status != http.StatusOK {
		t.Errorf("the module that was read has an open route: %d", status)
	}
	h.plan.tune = func(*config.Config) { guarded(t, dir, "open") }
	h.must(h.Restart(context.Background(), puppetName))
	h.await(puppetName, supervisor.Connected)
	if status, _ := h.get(puppetName); status != http.StatusUnauthorized {
		t.Errorf("the module that was read wants the key: %d", status)
	}
}

// An adapter whose update is refused gets the new agent like any other: it asks for no new instance.
func TestRefusedUpdateAndAnotherAgent(t *testing.T) {
	dir := t.TempDir()
	file := server(t, dir, "m", "hello")
	toml := adapter(puppetName, file, quick)
	made := 0
	h := openIn(t, dir, plan{toml: toml})
	h.await(puppetName, supervisor.Connected)
	h.options.NewAgent = func(conf config.Agent) (agent.Agent, error) { made++; return new(house).newAgent(conf) }
	write(t, file, []byte("hello"))
	h.configure("[agent]\ndelay = \"1ms\"\n" + toml)
	touched, err := h.Reload(context.Background())
	if !errors.Is(err, ErrUpdateRefused) || len(touched) != 0 || made != 1 {
		t.Errorf("%v, %v, %d agents", touched, err, made)
	}
	if a := h.Status().Adapters[0]; a.Generation != 1 || a.State != "connected" {
		t.Errorf("%+v", a)
	}
	h.answersWith(puppetName, "hello")
}

// A panic in the compiler, or in a host function's set-up, must not cost the process. Compilation of an artifact without bytes
// is the nearest to it that can be had.
func TestArtifactWithoutBytesIsRefused(t *testing.T) {
	dir := t.TempDir()
	server(t, dir, "m", "hello")
	h := newHarness(t, dir, plan{toml: adapter(puppetName, dir+"/m.wasm", quick)})
	h.plan.tune = func(c *config.Config) {
		c.Adapters[0].Artifact = &artifact.Artifact{Reference: dir + "/m.wasm", Manifest: c.Adapters[0].Manifest}
	}
	h.start()
	if status := h.await(puppetName, supervisor.Failed); !strings.HasPrefix(status.Reason, "module_refused: ") {
		t.Error(status.Reason)
	}
}

// guarded is a server whose routes have the given access.
func guarded(t *testing.T, dir, guard string) string {
	t.Helper()
	manifest := strings.ReplaceAll(puppetManifest, `guard = "open"`, `guard = "`+guard+`"`)
	manifest = strings.Replace(manifest, "[http]\n", "[http]\nkey = \"key\"\n", 1) + `key = { type = "string", secret = true, required = true }`
	p := newPuppet()
	return p.main(p.serve(guard)).write(t, dir, "m", manifest)
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
