package artifact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/module"
)

// Source is where modules are read.
type Source struct {
	// Bundled gives the bytes of the module behind builtin:NAME, which must not change afterwards.
	Bundled func(name string) ([]byte, error)
}

// Read reads a module by its reference, builtin:NAME or the path of a file, with the manifest inside of it or, if there is
// none, in NAME.toml beside NAME.wasm. What it waits for it waits for within a budget of its own.
func (s Source) Read(ctx context.Context, reference string) (*Artifact, error) {
	if name, ok := strings.CutPrefix(reference, BuiltinPrefix); ok {
		raw, err := s.Bundled(name)
		if err != nil {
			return nil, err
		}
		return New(reference, raw)
	}
	ctx, cancel := context.WithTimeout(ctx, limits.ModuleReadBudget)
	defer cancel()
	return readFiles(ctx, reference, true)
}

// readFiles reads a module file and, if need be, the manifest beside it; follow says whether they may be symbolic links.
func readFiles(ctx context.Context, path string, follow bool) (*Artifact, error) {
	file, err := open(path, follow)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer file.Close()
	raw, err := file.read(ctx, limits.ModuleBytes)
	if err != nil {
		return nil, unreadable(path, err)
	}
	a, err := New(path, raw)
	if !errors.Is(err, ErrNoManifest) {
		return a, err
	}
	return readBeside(ctx, file, raw, follow)
}

// readModule reads a module file alone.
func readModule(ctx context.Context, path string) ([]byte, error) {
	raw, err := ReadFile(ctx, path, limits.ModuleBytes)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return raw, nil
}

// unreadable is why a module file could not be read. What cannot be a module is refused; what could not be read now may be later.
func unreadable(path string, err error) error {
	switch {
	case errors.Is(err, ErrTooLarge):
		return &Refusal{Reference: path, Err: err, Hint: module.StripHint}
	case errors.Is(err, ErrNoFile):
		return &Refusal{Reference: path, Err: err}
	}
	return fmt.Errorf("module[%s]: %w", path, err)
}

// readBeside makes an artifact with the manifest beside its module. The module must still lie there when the manifest has been
// read: the two of them are one value only if they were there at the same time.
func readBeside(ctx context.Context, file *ordinary, raw []byte, follow bool) (*Artifact, error) {
	path := file.path
	beside := manifestPath(path)
	text, err := readFile(ctx, beside, limits.ManifestBytes, follow)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, refuse(path, fmt.Errorf("%w, or put it into %s", ErrNoManifest, beside))
	}
	if err != nil {
		return nil, fmt.Errorf("module[%s] manifest[%s]: %w", path, beside, err)
	}
	if now, err := os.Stat(path); err != nil || !os.SameFile(now, file.info) || changed(now, file.info) {
		return nil, fmt.Errorf("module[%s]: %w", path, ErrChanging)
	}
	a, err := describe(path, raw, text)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		refusal.Reference = beside
	}
	if err != nil {
		return nil, err
	}
	a.Beside = beside
	return a, nil
}

// manifestPath is NAME.toml for NAME.wasm.
func manifestPath(path string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ".toml"
}
