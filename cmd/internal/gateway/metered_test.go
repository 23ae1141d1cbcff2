package gateway

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func testMeteredCache(t *testing.T) *meteredCache {
	t.Helper()
	c := newMeteredCache(filepath.Join(t.TempDir(), "metered"), slog.New(slog.DiscardHandler))
	if c == nil {
		t.Fatal("no cache")
	}
	return c
}

func TestMeteredModuleIsKept(t *testing.T) {
	c := testMeteredCache(t)
	name := c.name([]byte("raw"), []string{"http", "event"}, 100)
	if _, ok := c.get(name); ok {
		t.Error("an empty cache has an entry")
	}
	c.put(name, []byte("metered"))
	got, ok := c.get(c.name([]byte("raw"), []string{"event", "http"}, 100))
	if !ok || !bytes.Equal(got, []byte("metered")) {
		t.Errorf("got %q, %v", got, ok)
	}
	entries, err := os.ReadDir(c.folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files: %v", len(entries), err)
	}
}

// An entry must never answer for another file, other grants, another limit or another host.
func TestMeteredModuleIsKeptForOneQuestion(t *testing.T) {
	c := testMeteredCache(t)
	other := *c
	other.host = "another program"
	name := c.name([]byte("raw"), []string{"event", "http"}, 100)
	for what, got := range map[string]string{
		"file": c.name([]byte("rew"), []string{"event", "http"}, 100), "grants": c.name([]byte("raw"), []string{"event"}, 100),
		"limit": c.name([]byte("raw"), []string{"event", "http"}, 101), "host": other.name([]byte("raw"), []string{"event", "http"}, 100),
	} {
		if got == name {
			t.Errorf("another %s has the same name", what)
		}
	}
}

func TestDamagedMeteredModuleCountsAsMissing(t *testing.T) {
	c := testMeteredCache(t)
	name := c.name([]byte("raw"), nil, 1)
	c.put(name, []byte("metered module"))
	path := filepath.Join(c.folder, name)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok := c.get(name); ok {
			t.Fatalf("an entry cut to %d of %d bytes is taken", n, len(whole))
		}
	}
	c.put(name, []byte("metered module"))
	if _, ok := c.get(name); !ok {
		t.Error("a damaged entry cannot be replaced")
	}
}

func TestOldMeteredModulesAreRemoved(t *testing.T) {
	c := testMeteredCache(t)
	old, used := c.name([]byte("old"), nil, 1), c.name([]byte("used"), nil, 1)
	c.put(old, []byte("a"))
	c.put(used, []byte("b"))
	long := time.Now().Add(-2 * meteredKept)
	for _, name := range []string{old, used} {
		if err := os.Chtimes(filepath.Join(c.folder, name), long, long); err != nil {
			t.Fatal(err)
		}
	}
	c.get(used)
	c.put(c.name([]byte("new"), nil, 1), []byte("c"))
	if _, ok := c.get(old); ok {
		t.Error("an old entry is still there")
	}
	if _, ok := c.get(used); !ok {
		t.Error("an entry in use was removed")
	}
}
