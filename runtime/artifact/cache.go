package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Cache keeps what was made of modules on disk. The folder belongs to the operator and to one running host. A nil cache keeps
// nothing.
//
// Each build of the host has a folder of its own in it, and in that each entry: what came of one module with the same grants and
// the same memory limit. An entry is a hint: everything in it carries a checksum, what is damaged is made again, and what cannot
// be written costs the next start some time and nothing else.
type Cache struct {
	folder string // of this build
	logger *slog.Logger

	mu   sync.Mutex
	open map[string]*entry // those in use, by name
}

// entryKept is how long an entry stays that nobody used.
const entryKept = 30 * 24 * time.Hour

// OpenCache opens the cache in a folder, which is made if there is none, and removes what other builds of the host and modules
// long gone left in it.
func OpenCache(folder string, logger *slog.Logger) (*Cache, error) {
	build, err := buildName(folder)
	if err != nil {
		return nil, fmt.Errorf("cache[%s]: %w", folder, err)
	}
	c := &Cache{folder: filepath.Join(folder, build), logger: logger, open: map[string]*entry{}}
	if err := os.MkdirAll(c.folder, 0o700); err != nil {
		return nil, fmt.Errorf("cache[%s]: %w", folder, err)
	}
	for _, name := range namesIn(folder) {
		if name != build {
			c.remove(filepath.Join(folder, name))
		}
	}
	c.prune(time.Now().Add(-entryKept))
	return c, nil
}

// scratch is a cache for one compilation, in a folder for temporary files, which is to be removed.
func scratch() (*Cache, error) {
	folder, err := os.MkdirTemp("", "innkeeper-compile-")
	if err != nil {
		return nil, fmt.Errorf("nowhere to compile: %w", err)
	}
	return &Cache{folder: folder, logger: slog.New(slog.DiscardHandler), open: map[string]*entry{}}, nil
}

// nameOf is the name of the entry that answers for a module. Whatever could make a difference to what is kept is in it.
func nameOf(a *Artifact, o Options) string {
	families := slices.Sorted(slices.Values(a.Manifest.Families))
	hash := sha256.New()
	fmt.Fprintf(hash, "%x\n%s\n%d\n", a.Hash, strings.Join(families, " "), o.pages())
	return hex.EncodeToString(hash.Sum(nil))
}

// entry opens the entry of a module; nil, which keeps nothing, if there is no cache or no room for one. It must be closed.
func (c *Cache) entry(a *Artifact, o Options) *entry {
	if c == nil {
		return nil
	}
	name := nameOf(a, o)
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.open[name]
	if e == nil {
		e = &entry{cache: c, name: name, folder: filepath.Join(c.folder, name), turn: make(chan struct{}, 1)}
		if err := os.MkdirAll(e.folder, 0o700); err != nil {
			c.logger.Warn("cannot keep what is made of modules", "error", err)
			return nil
		}
		c.open[name] = e
	}
	e.users++
	e.touch()
	return e
}

// Close fails if a program is still in use that was made with the cache.
func (c *Cache) Close() error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.open); n > 0 {
		return fmt.Errorf("cache[%s]: %d entries are in use", c.folder, n)
	}
	return nil
}

// prune removes the entries that nobody has used since then.
func (c *Cache) prune(before time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range namesIn(c.folder) {
		folder := filepath.Join(c.folder, name)
		info, err := os.Stat(folder)
		if err == nil && info.ModTime().Before(before) && c.open[name] == nil {
			c.remove(folder)
		}
	}
}

// remove removes a file or folder; what stays takes room and nothing else.
func (c *Cache) remove(path string) {
	if err := os.RemoveAll(path); err != nil {
		c.logger.Debug("stays in the cache", "error", err)
	}
}

// filesBelow are the ordinary files in a folder and below it.
func filesBelow(folder string) (paths []string) {
	_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			paths = append(paths, path)
		}
		return err
	})
	return paths
}

func namesIn(folder string) (names []string) {
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
