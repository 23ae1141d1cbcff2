package artifact

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
	// jobPrefix is what the names of folders begin with in which code is made. One that is left is from a host that was killed.
	jobPrefix = "job-"
)

// entry is what came of one module. Its methods, but for close, are for whoever has the turn.
type entry struct {
	cache  *Cache
	name   string
	folder string
	users  int           // under the cache's lock
	turn   chan struct{} // holds one value while somebody works on the entry

	code    wazero.CompilationCache // nil until it was needed; shared by all programs of the entry
	looked  bool                    // at what lay in the code folder
	present bool                    // whole code lies there
	tried   bool                    // the interpreter takes the module
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

// compiled is where the engine finds and keeps code; nil for nowhere. What lies there is looked at before the engine sees it.
func (e *entry) compiled() wazero.CompilationCache {
	if e == nil || e.code != nil {
		return e.shared()
	}
	e.look()
	code, err := wazero.NewCompilationCacheWithDir(e.path(codeFolder))
	if err != nil {
		e.cache.logger.Debug("not kept", "error", err)
		return nil
	}
	e.code = code
	return code
}

// look removes what lies there and is not whole. Once is enough: afterwards what lies there was put there by this process.
func (e *entry) look() {
	if e.looked {
		return
	}
	e.looked = true
	for _, name := range namesIn(e.folder) {
		if strings.HasPrefix(name, jobPrefix) {
			e.cache.remove(e.path(name))
		}
	}
	if e.present = e.isSealed(); !e.present {
		e.discard()
	}
}

// ready reports whether the engine would find what it needs, and so has nothing to compile.
func (e *entry) ready(interpreter bool) bool {
	if interpreter {
		return e.tried
	}
	e.look()
	return e.present && len(filesBelow(e.path(codeFolder))) > 0
}

// jobFolder makes an empty folder in which code can be made.
func (e *entry) jobFolder() (string, error) {
	folder, err := os.MkdirTemp(e.folder, jobPrefix)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoRoom, err)
	}
	return folder, nil
}

// install takes the code that was made in a folder.
func (e *entry) install(made string) error {
	e.discard()
	if err := os.Rename(made, e.path(codeFolder)); err != nil {
		return fmt.Errorf("%w: %w", ErrNoRoom, err)
	}
	e.seal()
	e.present = true
	return nil
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
	if e == nil || e.present {
		return
	}
	sum, err := folderChecksum(e.path(codeFolder))
	if err == nil {
		err = writeFile(e.path(sealFile), sum[:])
	}
	if err != nil {
		e.cache.logger.Debug("not kept", "error", err)
	}
	e.present = err == nil
}

// discard removes the code that lies there.
func (e *entry) discard() {
	if e == nil {
		return
	}
	e.cache.remove(e.path(sealFile))
	e.cache.remove(e.path(codeFolder))
	e.present = false
}
