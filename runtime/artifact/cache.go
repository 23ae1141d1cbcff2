package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
)

// Cache keeps what was made of modules on disk: admitted and metered modules, which are a third of a warm start, and beside
// them the compiled code that the engine keeps. The folder belongs to the operator. A nil cache keeps nothing.
//
// An entry answers for the same module, the same grants, the same memory limit and the same host program; anything else has
// another name. It begins with a checksum of the rest, so that one cut short counts as missing.
type Cache struct {
	folder string
	host   string // identifies the program that admitted and metered
	logger *slog.Logger
	engine wazero.CompilationCache
}

// meteredKept is how long an entry that nobody used stays.
const meteredKept = 30 * 24 * time.Hour

// checksumSize is the size of an entry's checksum, in bytes.
const checksumSize = 4

// checksum finds damage, not malice: whoever can write to the folder can change the compiled code as well.
func checksum(metered []byte) uint32 {
	return crc32.Checksum(metered, crc32.MakeTable(crc32.Castagnoli))
}

// OpenCache opens the cache in a folder, and makes the folder if there is none.
func OpenCache(folder string, logger *slog.Logger) (*Cache, error) {
	host, err := hostProgram()
	if err != nil {
		return nil, fmt.Errorf("cache[%s]: %w", folder, err)
	}
	c := &Cache{folder: filepath.Join(folder, "metered"), host: host, logger: logger}
	if err := os.MkdirAll(c.folder, 0o700); err != nil {
		return nil, fmt.Errorf("cache[%s]: %w", folder, err)
	}
	if c.engine, err = wazero.NewCompilationCacheWithDir(folder); err != nil {
		return nil, fmt.Errorf("cache[%s]: %w", folder, err)
	}
	return c, nil
}

func hostProgram() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano()), nil
}

func (c *Cache) compiled() wazero.CompilationCache {
	if c == nil {
		return nil
	}
	return c.engine
}

func (c *Cache) close(ctx context.Context) error {
	if c == nil {
		return nil
	}
	return c.engine.Close(ctx)
}

// name is the entry's file name.
func (c *Cache) name(a *Artifact, o Options) string {
	if c == nil {
		return ""
	}
	families := slices.Sorted(slices.Values(a.Manifest.Families))
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%x\n%s\n%d\n", c.host, a.Hash, strings.Join(families, " "), o.pages())
	return hex.EncodeToString(hash.Sum(nil)) + ".wasm"
}

// get reads an entry.
func (c *Cache) get(name string) ([]byte, bool) {
	if c == nil {
		return nil, false
	}
	path := filepath.Join(c.folder, name)
	entry, err := os.ReadFile(path)
	if err != nil || len(entry) < checksumSize {
		return nil, false
	}
	metered := entry[checksumSize:]
	if checksum(metered) != binary.LittleEndian.Uint32(entry) {
		return nil, false
	}
	now := time.Now()
	_ = os.Chtimes(path, now, now) // only delays its removal
	return metered, true
}

// put writes an entry whole or not at all, and removes old ones. What fails costs the next start some time, nothing else.
func (c *Cache) put(name string, metered []byte) {
	if c == nil {
		return
	}
	if err := c.write(name, metered); err != nil {
		c.logger.Debug("metered module not kept", "error", err)
	}
	c.prune(time.Now().Add(-meteredKept))
}

func (c *Cache) write(name string, metered []byte) (err error) {
	if err := os.MkdirAll(c.folder, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(c.folder, "new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	_, err = file.Write(append(binary.LittleEndian.AppendUint32(nil, checksum(metered)), metered...))
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), filepath.Join(c.folder, name))
}

// prune removes entries that nobody used since then, and what a killed writer left.
func (c *Cache) prune(before time.Time) {
	entries, err := os.ReadDir(c.folder)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.ModTime().Before(before) {
			_ = os.Remove(filepath.Join(c.folder, entry.Name()))
		}
	}
}
