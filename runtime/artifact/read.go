package artifact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/module"
	"innkeeper/runtime/ordinaryfile"
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
	return readFiles(ctx, reference, ordinaryfile.Follow)
}

// readFiles reads a module file and, if need be, the manifest beside it.
func readFiles(ctx context.Context, path string, links ordinaryfile.Links) (*Artifact, error) {
	file, err := readModule(ctx, path, links)
	if err != nil {
		return nil, err
	}
	a, err := look(path, file.Bytes)
	if errors.Is(err, ErrNoManifest) {
		err = a.readBeside(ctx, file, links)
	}
	return a, err
}

// readModule reads a module file alone.
func readModule(ctx context.Context, path string, links ordinaryfile.Links) (ordinaryfile.File, error) {
	file, err := ordinaryfile.Read(ctx, path, limits.ModuleBytes, links)
	if err != nil {
		return ordinaryfile.File{}, unreadable(path, err)
	}
	return file, nil
}

// unreadable is why a module file could not be read. What cannot be a module is refused; what could not be read now may be later.
func unreadable(path string, err error) error {
	switch {
	case errors.Is(err, ordinaryfile.ErrTooLarge):
		return &Refusal{Reference: path, Err: err, Hint: module.StripHint}
	case errors.Is(err, ordinaryfile.ErrNotOrdinary):
		return &Refusal{Reference: path, Err: err}
	}
	return fmt.Errorf("module[%s]: %w", path, err)
}

// readBeside takes the manifest beside the module. The module must still lie there when the manifest has been read: the two of them
// are one value only if they were there at the same time.
func (a *Artifact) readBeside(ctx context.Context, file ordinaryfile.File, links ordinaryfile.Links) error {
	path := manifestPath(a.Reference)
	beside, err := ordinaryfile.Read(ctx, path, limits.ManifestBytes, links)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refuse(a.Reference, fmt.Errorf("%w, or put it into %s", ErrNoManifest, path))
	case errors.Is(err, ordinaryfile.ErrTooLarge), errors.Is(err, ordinaryfile.ErrNotOrdinary):
		return refuse(path, err)
	case err != nil:
		return fmt.Errorf("module[%s] manifest[%s]: %w", a.Reference, path, err)
	}
	if err := file.Still(); err != nil {
		return fmt.Errorf("module[%s]: %w", a.Reference, err)
	}
	err = a.describe(beside.Bytes)
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
