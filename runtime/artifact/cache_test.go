package artifact

import (
	"bytes"
	"context"
	"crypto/sha256"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

func testMeteredCache(t *testing.T) *Cache {
	t.Helper()
	c, err := OpenCache(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

// nameOf is the name of the entry that answers for a module, grants and a memory limit in pages.
func nameOf(c *Cache, raw string, families []string, pages int64) string {
	a := &Artifact{Hash: sha256.Sum256([]byte(raw)), Manifest: &manifest.Manifest{Families: families}}
	return c.name(a, Options{Memory: pages * limits.MemoryPageBytes})
}

func TestMeteredModuleIsKept(t *testing.T) {
	c := testMeteredCache(t)
	name := nameOf(c, "raw", []string{"http", "event"}, 100)
	if _, ok := c.get(name); ok {
		t.Error("an empty cache has an entry")
	}
	c.put(name, []byte("metered"))
	got, ok := c.get(nameOf(c, "raw", []string{"event", "http"}, 100))
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
	name := nameOf(c, "raw", []string{"event", "http"}, 100)
	for what, got := range map[string]string{
		"file": nameOf(c, "rew", []string{"event", "http"}, 100), "grants": nameOf(c, "raw", []string{"event"}, 100),
		"limit": nameOf(c, "raw", []string{"event", "http"}, 101), "host": nameOf(&other, "raw", []string{"event", "http"}, 100),
	} {
		if got == name {
			t.Errorf("another %s has the same name", what)
		}
	}
}

func TestDamagedMeteredModuleCountsAsMissing(t *testing.T) {
	c := testMeteredCache(t)
	name := nameOf(c, "raw", nil, 1)
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
	old, used := nameOf(c, "old", nil, 1), nameOf(c, "used", nil, 1)
	c.put(old, []byte("a"))
	c.put(used, []byte("b"))
	long := time.Now().Add(-2 * meteredKept)
	for _, name := range []string{old, used} {
		if err := os.Chtimes(filepath.Join(c.folder, name), long, long); err != nil {
			t.Fatal(err)
		}
	}
	c.get(used)
	c.put(nameOf(c, "new", nil, 1), []byte("c"))
	if _, ok := c.get(old); ok {
		t.Error("an old entry is still there")
	}
	if _, ok := c.get(used); !ok {
		t.Error("an entry in use was removed")
	}
}
