package gateway

import (
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
)

// meteredCache keeps admitted and metered modules on disk, beside the compiled code that the engine keeps: reading a module
// again takes less than admitting and metering it again, which is a third of a warm start. The folder belongs to the
// operator, like the compiled code.
//
// An entry answers for the same file, the same grants, the same memory limit and the same host program; anything else has
// another name. It begins with a checksum of the rest, so that one cut short counts as missing.
type meteredCache struct {
	folder string
	host   string // identifies the program that admitted and metered
	logger *slog.Logger
}

// meteredKept is how long an entry that nobody used stays.
const meteredKept = 30 * 24 * time.Hour

// checksumSize is the size of an entry's checksum, in bytes.
const checksumSize = 4

// checksum finds damage, not malice: whoever can write to the folder can change the compiled code as well.
func checksum(metered []byte) uint32 {
	return crc32.Checksum(metered, crc32.MakeTable(crc32.Castagnoli))
}

// newMeteredCache makes a cache in a folder; nil, which is an empty cache that keeps nothing, if the host program cannot be
// identified.
func newMeteredCache(folder string, logger *slog.Logger) *meteredCache {
	path, err := os.Executable()
	if err != nil {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	host := fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())
	return &meteredCache{folder: folder, host: host, logger: logger}
}

// name is the entry's file name.
func (c *meteredCache) name(raw []byte, families []string, pages uint32) string {
	families = slices.Sorted(slices.Values(families))
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%x\n%s\n%d\n", c.host, sha256.Sum256(raw), strings.Join(families, " "), pages)
	return hex.EncodeToString(hash.Sum(nil)) + ".wasm"
}

// get reads an entry.
func (c *meteredCache) get(name string) ([]byte, bool) {
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
func (c *meteredCache) put(name string, metered []byte) {
	if c == nil {
		return
	}
	if err := c.write(name, metered); err != nil {
		c.logger.Debug("metered module not kept", "error", err)
	}
	c.prune(time.Now().Add(-meteredKept))
}

func (c *meteredCache) write(name string, metered []byte) (err error) {
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
func (c *meteredCache) prune(before time.Time) {
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
