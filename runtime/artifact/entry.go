package artifact

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/tetratelabs/wazero"
)

// The parts of an entry.
const (
	// meteredFile is the admitted and metered module, behind its checksum.
	meteredFile = "metered"
	// codeFolder is what the engine keeps: machine code. The engine's own checksum covers a part of it only.
	codeFolder = "code"
	// sealFile is the checksum of everything in the code folder.
	sealFile = "seal"
)

// entry is what came of one module. Its methods, but for close, are for whoever has the turn.
type entry struct {
	cache  *Cache
	name   string
	folder string
	users  int           // under the cache's lock
	turn   chan struct{} // holds one value while somebody works on the entry

	code   wazero.CompilationCache // nil until it was needed; shared by all programs of the entry
	sealed bool                    // what lies in the code folder has its checksum
}

// lock waits for the turn: two programs of one module are not compiled at the same time, for the second finds the first one's code.
func (e *entry) lock(ctx context.Context) error {
	if e == nil {
		return nil
	}
	select {
	case e.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (e *entry) unlock() {
	if e != nil {
		<-e.turn
	}
}

// touch delays the removal of the entry.
func (e *entry) touch() {
	now := time.Now()
	_ = os.Chtimes(e.folder, now, now)
}

// close gives the entry back. The last one closes what the engine has of it.
func (e *entry) close(ctx context.Context) error {
	if e == nil {
		return nil
	}
	e.cache.mu.Lock()
	defer e.cache.mu.Unlock()
	if e.users--; e.users > 0 {
		return nil
	}
	delete(e.cache.open, e.name)
	e.touch()
	if e.code == nil {
		return nil
	}
	return e.code.Close(ctx)
}

// damaged removes a part that is not what was written, and says so: it may be the disk.
func (e *entry) damaged(path string) {
	e.cache.logger.Warn("damaged, made again", "cached", path)
	e.cache.remove(path)
}

func (e *entry) path(part string) string { return filepath.Join(e.folder, part) }

// metered reads the metered module.
func (e *entry) metered() ([]byte, bool) {
	if e == nil {
		return nil, false
	}
	kept, err := os.ReadFile(e.path(meteredFile))
	if err != nil {
		return nil, false
	}
	if len(kept) < checksumSize || checksum(kept[checksumSize:]) != [checksumSize]byte(kept) {
		e.damaged(e.path(meteredFile))
		return nil, false
	}
	return kept[checksumSize:], true
}

// keepMetered writes the metered module.
func (e *entry) keepMetered(metered []byte) {
	if e == nil {
		return
	}
	sum := checksum(metered)
	if err := writeFile(e.path(meteredFile), sum[:], metered); err != nil {
		e.cache.logger.Debug("not kept", "error", err)
	}
}

// compiled is where the engine finds and keeps code; nil for nowhere. What lies there is looked at before the engine sees it,
// unless the engine has it in memory already.
func (e *entry) compiled() wazero.CompilationCache {
	if e == nil || e.code != nil {
		return e.shared()
	}
	if e.sealed = e.isSealed(); !e.sealed {
		e.discard()
	}
	code, err := wazero.NewCompilationCacheWithDir(e.path(codeFolder))
	if err != nil {
		e.cache.logger.Debug("not kept", "error", err)
		return nil
	}
	e.code = code
	return code
}

// isSealed reports whether the code that lies there is what was sealed.
func (e *entry) isSealed() bool {
	seal, err := os.ReadFile(e.path(sealFile))
	if err != nil {
		return false // none yet, or the host was ended before it had one
	}
	sum, err := folderChecksum(e.path(codeFolder))
	if err != nil || string(seal) != string(sum[:]) {
		e.damaged(e.path(codeFolder))
		return false
	}
	return true
}

func (e *entry) shared() wazero.CompilationCache {
	if e == nil {
		return nil
	}
	return e.code
}

// seal notes the checksum of the code that lies there now, if it is new.
func (e *entry) seal() {
	if e == nil || e.code == nil || e.sealed {
		return
	}
	sum, err := folderChecksum(e.path(codeFolder))
	if err == nil {
		err = writeFile(e.path(sealFile), sum[:])
	}
	if err != nil {
		e.cache.logger.Debug("not kept", "error", err)
	}
	e.sealed = err == nil
}

// discard removes the code that lies there.
func (e *entry) discard() {
	if e == nil {
		return
	}
	e.cache.remove(e.path(sealFile))
	e.cache.remove(e.path(codeFolder))
	e.sealed = false
}
