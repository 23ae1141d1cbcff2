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
	return whole(s.Look(ctx, reference))
}

// Look is Read for somebody who wants to see what there is: with an error it returns an artifact without a manifest, or none if
// not even the bytes could be read.
func (s Source) Look(ctx context.Context, reference string) (*Artifact, error) {
	if name, ok := strings.CutPrefix(reference, BuiltinPrefix); ok {
		raw, err := s.Bundled(name)
		if err != nil {
			return nil, err
		}
		return look(reference, raw)
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
	a, err := look(path, raw)
	if errors.Is(err, ErrNoManifest) {
		err = a.readBeside(ctx, file, follow)
	}
	return a, err
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

// readBeside takes the manifest beside the module. The module must still lie there when the manifest has been read: the two of them
// are one value only if they were there at the same time.
func (a *Artifact) readBeside(ctx context.Context, file *ordinary, follow bool) error {
	path := manifestPath(a.Reference)
	text, err := readFile(ctx, path, limits.ManifestBytes, follow)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refuse(a.Reference, fmt.Errorf("%w, or put it into %s", ErrNoManifest, path))
	case errors.Is(err, ErrTooLarge), errors.Is(err, ErrNoFile):
		return refuse(path, err)
	case err != nil:
		return fmt.Errorf("module[%s] manifest[%s]: %w", a.Reference, path, err)
	}
	if now, err := os.Stat(a.Reference); err != nil || !os.SameFile(now, file.info) || changed(now, file.info) {
		return fmt.Errorf("module[%s]: %w", a.Reference, ErrChanging)
	}
	err = a.describe(text)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		refusal.Reference = path
	}
	a.Beside = path
	return err
}

// manifestPath is NAME.toml for NAME.wasm.
func manifestPath(path string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ".toml"
}
