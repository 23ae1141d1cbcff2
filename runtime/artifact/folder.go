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
	"innkeeper/runtime/manifest"
	"innkeeper/runtime/ordinaryfile"
)

// Extension is what the name of a module file ends with.
const Extension = ".wasm"

// DropIn is a module file in a drop-in folder: either an artifact, or why it is none.
type DropIn struct {
	Name     string // of the adapter: the file's without its extension
	Path     string
	Artifact *Artifact
	Err      error
}

// Folder is a drop-in folder as it was read.
type Folder struct {
	// State tells this state of the folder from another; see [Watcher].
	State   string
	DropIns []DropIn // by name
}

// ReadFolder reads the modules at the top level of a drop-in folder. What lies there has no other word of an
// operator than that it lies there, so it is taken only if nobody but the operator can have put it there: no symbolic links, and
// nothing that everybody may write. A folder that is not there is an error that matches fs.ErrNotExist.
func (s Source) ReadFolder(ctx context.Context, folder string) (Folder, error) {
	read := Folder{State: snapshot(folder)} // before anything is read: what changes meanwhile makes another state
	entries, err := os.ReadDir(folder)
	if err != nil {
		return read, fmt.Errorf("adapters_dir[%s]: %w", folder, err)
	}
	open := guarded(folder)
	for _, entry := range entries {
		if !isModuleFile(entry.Name()) {
			continue
		}
		found := DropIn{Name: strings.TrimSuffix(entry.Name(), Extension), Path: filepath.Join(folder, entry.Name())}
		if found.Err = open; open == nil {
			found.Artifact, found.Err = readDropIn(ctx, found)
		}
		read.DropIns = append(read.DropIns, found)
	}
	return read, nil
}

// isModuleFile reports whether a file in the folder is meant to be an adapter. Programs that copy give hidden names to what is not
// whole yet.
func isModuleFile(name string) bool {
	return strings.HasSuffix(name, Extension) && !strings.HasPrefix(name, ".")
}

func readDropIn(ctx context.Context, found DropIn) (*Artifact, error) {
	if !manifest.ValidName(found.Name) {
		return nil, &Refusal{
			Reference: found.Path, Err: fmt.Errorf("%q %w", found.Name, ErrNoName),
			Hint: "rename the file: a name is made of a-z, 0-9, _ and -, at most 64 characters",
		}
	}
	for _, path := range []string{found.Path, manifestPath(found.Path)} {
		if err := guarded(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, limits.ModuleReadBudget)
	defer cancel()
	return whole(readFiles(ctx, found.Path, ordinaryfile.NoFollow))
}

// guarded refuses a file or folder that everybody may write.
func guarded(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if worldWritable(info) {
		return &Refusal{Reference: path, Err: ErrWorldWritable, Hint: "take that away: chmod o-w " + path}
	}
	return nil
}
