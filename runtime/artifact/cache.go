package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"innkeeper/runtime/limits"
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

	keeps room // of entries that nobody uses

	mu   sync.Mutex
	open map[string]*entry // those in use, by name
}

// room is what entries take.
type room struct {
	entries int
	bytes   int64
}

// OpenCache opens the cache in a folder, which is made if there is none, and removes what other builds of the host and modules
// long gone left in it.
func OpenCache(folder string, logger *slog.Logger) (*Cache, error) {
	build, err := buildName(folder)
	if err != nil {
		return nil, fmt.Errorf("cache[%s]: %w", folder, err)
	}
	c := &Cache{
		folder: filepath.Join(folder, build), logger: logger, open: map[string]*entry{},
		keeps: room{limits.CacheEntries, limits.CacheBytes},
	}
	if err := os.MkdirAll(c.folder, 0o700); err != nil {
		return nil, fmt.Errorf("cache[%s]: %w", folder, err)
	}
	for _, name := range namesIn(folder) {
		if name != build {
			c.remove(filepath.Join(folder, name))
		}
	}
	c.prune(room{math.MaxInt, math.MaxInt64}) // which of them are going to be used is not known yet
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
		fresh := !exists(filepath.Join(c.folder, name))
		e = &entry{cache: c, name: name, folder: filepath.Join(c.folder, name), turn: make(chan struct{}, 1)}
		if err := os.MkdirAll(e.folder, 0o700); err != nil {
			c.logger.Warn("cannot keep what is made of modules", "error", err)
			return nil
		}
		c.open[name] = e
		if fresh {
			c.prune(c.keeps)
		}
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

// prune removes entries that nobody uses: those that nobody has used for long, and the longest unused of those that are more than
// is kept. The caller has the lock, unless the cache is new.
func (c *Cache) prune(keep room) {
	long := time.Now().Add(-limits.CacheAge)
	var all room
	for _, u := range c.unused() {
		all.entries++
		all.bytes += u.bytes
		if u.last.Before(long) || all.entries > keep.entries || all.bytes > keep.bytes {
			c.remove(u.folder)
		}
	}
}

// unused is an entry that nobody uses.
type unused struct {
	folder string
	last   time.Time // when somebody did
	bytes  int64
}

// unused lists them, the one that was used last first.
func (c *Cache) unused() (list []unused) {
	for _, name := range namesIn(c.folder) {
		folder := filepath.Join(c.folder, name)
		info, err := os.Stat(folder)
		if err != nil || c.open[name] != nil {
			continue
		}
		u := unused{folder: folder, last: info.ModTime()}
		for _, path := range filesBelow(folder) {
			if info, err := os.Lstat(path); err == nil {
				u.bytes += info.Size()
			}
		}
		list = append(list, u)
	}
	slices.SortStableFunc(list, func(a, b unused) int { return b.last.Compare(a.last) })
	return list
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
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
