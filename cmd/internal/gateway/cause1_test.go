package gateway

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/supervisor"
)

// keyedManifest is a puppet whose routes are behind a required key.
const keyedManifest = `name = "puppet"
version = "1"
families = ["lifecycle", "event", "config", "log", "sqlite", "http", "agent"]
databases = ["main"]
enabled_env = "PUPPET_ENABLED"
[http]
listen = "127.0.0.1:0"
key = "key"
[[http.routes]]
name = "get"
method = "GET"
path = "/"
guard = "key"
[settings]
key = { type = "string", required = true, secret = true, env = "PUPPET_KEY" }
note = { type = "string", default = "" }
`

const goodKey = "q7Jw0zPv2Lk9xTeR5mYd"

// An adapter without a usable key is not instantiated, opens nothing and is not tried again, for as long as the host runs.
func TestCause1EnabledWithoutAUsableKey(t *testing.T) {
	for name, lines := range map[string]string{
		"no key":                   "",
		"enabled, no key":          "enabled = true",
		"empty key":                `key = ""`,
		"short key":                `key = "hunter2"`,
		"placeholder":              `key = "your-api-key-here"`,
		"reference to nothing":     `key = "env:NOT_SET"`,
		"enabled, reference to no": "enabled = true\nkey = \"file:gone\"",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			p := newPuppet()
			file := p.main(p.openDatabase(), p.idle()).write(t, dir, puppetName, keyedManifest)
			synctest.Test(t, func(t *testing.T) { staysUnconfigured(t, dir, adapter(puppetName, file, lines)) })
		})
	}
}

func staysUnconfigured(t *testing.T, dir, toml string) {
	var calls atomic.Int32
	before := descriptors()
	h := openIn(t, dir, plan{toml: toml, fault: func(string, string) (int32, bool) {
		calls.Add(1)
		return 0, false
	}})
	files := tree(t, h.dataDir())
	for range 3 {
		time.Sleep(30 * 24 * time.Hour) // of the test's own clock
		synctest.Wait()
		if err := h.Restart(context.Background(), puppetName); !errors.Is(err, supervisor.ErrRefused) || !strings.Contains(err.Error(), `"key"`) {
			t.Errorf("restart: %v", err)
		}
		if touched, err := h.Reload(context.Background()); err != nil || len(touched) > 0 {
			t.Errorf("reload of the same: %v, %v", touched, err)
		}
	}
	a := h.Status().Adapters[0]
	if a.State != "unconfigured" || !strings.Contains(a.Reason, `"key"`) || !strings.Contains(a.Reason, "PUPPET_KEY") {
		t.Errorf("%s: %s", a.State, a.Reason)
	}
	if a.Generation != 0 || a.Attempts != 0 || a.NextAttempt != nil || a.LastError != "" || a.Attention {
		t.Errorf("something was tried: %+v", a)
	}
	if a.Handles.Opened != 0 || a.Listen != "" || calls.Load() != 0 {
		t.Errorf("something was opened: %+v, listening at %q, %d host calls", a.Handles, a.Listen, calls.Load())
	}
	if s := h.slotOf(puppetName); s.wanted().compiled() || s.site != nil {
		t.Error("the module was compiled, or a socket opened")
	}
	for _, state := range h.states(puppetName) {
		if state != supervisor.Unconfigured {
			t.Errorf("was %s", state)
		}
	}
	if now := tree(t, h.dataDir()); !slices.Equal(now, files) || slices.Contains(now, puppetName) {
		t.Errorf("data folder: %v, was %v", now, files)
	}
	for target, n := range descriptors() {
		if n > before[target] {
			t.Errorf("%d descriptors of %s, %d before", n, target, before[target])
		}
	}
}

// tree lists everything below a folder.
func tree(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		relative, _ := filepath.Rel(dir, path)
		paths = append(paths, relative)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// The key alone loads the adapter; no second switch is needed. It may come later, with a reload.
func TestCause1TheKeyAloneLoads(t *testing.T) {
	dir := t.TempDir()
	p := newPuppet()
	file := p.main(p.ready(), p.idle()).write(t, dir, puppetName, keyedManifest)
	t.Run("in the TOML", func(t *testing.T) {
		h := open(t, plan{toml: adapter(puppetName, file, `key = "`+goodKey+`"`)})
		h.await(puppetName, supervisor.Connected)
	})
	t.Run("in the environment", func(t *testing.T) {
		h := open(t, plan{toml: adapter(puppetName, file), env: map[string]string{"PUPPET_KEY": goodKey}})
		h.await(puppetName, supervisor.Connected)
	})
	t.Run("later", func(t *testing.T) {
		h := open(t, plan{toml: adapter(puppetName, file)})
		h.await(puppetName, supervisor.Unconfigured)
		h.configure(adapter(puppetName, file, `key = "`+goodKey+`"`))
		if touched, err := h.Reload(context.Background()); err != nil || !slices.Equal(touched, []string{puppetName}) {
			t.Fatalf("%v, %v", touched, err)
		}
		if status := h.await(puppetName, supervisor.Connected); status.Generation != 1 {
			t.Errorf("generation %d", status.Generation)
		}
		h.configure(adapter(puppetName, file))
		if _, err := h.Reload(context.Background()); err != nil {
			t.Fatal(err)
		}
		h.await(puppetName, supervisor.Unconfigured)
		if a := h.Status().Adapters[0]; a.Listen != "" {
			t.Errorf("without a key it still listens at %s", a.Listen)
		}
	})
}

// An explicit "off" wins over the key, wherever both come from.
func TestCause1ExplicitOffWins(t *testing.T) {
	dir := t.TempDir()
	p := newPuppet()
	file := p.main(p.ready(), p.idle()).write(t, dir, puppetName, keyedManifest)
	for name, c := range map[string]struct {
		lines string
		env   map[string]string
	}{
		"TOML":        {"enabled = false\nkey = \"" + goodKey + `"`, map[string]string{"PUPPET_KEY": goodKey, "PUPPET_ENABLED": "true"}},
		"environment": {"enabled = true\nkey = \"" + goodKey + `"`, map[string]string{"PUPPET_ENABLED": "false"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, plan{toml: adapter(puppetName, file, c.lines), env: c.env})
			h.await(puppetName, supervisor.Disabled)
			if err := h.Restart(context.Background(), puppetName); !errors.Is(err, supervisor.ErrRefused) {
				t.Errorf("restart: %v", err)
			}
			if a := h.Status().Adapters[0]; a.State != "disabled" || a.Generation != 0 || a.Listen != "" {
				t.Errorf("%+v", a)
			}
		})
	}
}
