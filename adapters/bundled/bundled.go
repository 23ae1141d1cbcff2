// Package bundled holds the adapters that come with the binary, as built WebAssembly modules.
//
// It owns the embedding and nothing else. The modules are built by make and are not committed; a binary built without them
// has none, and says so.
package bundled

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed wasm
var files embed.FS

// ErrNotBuilt means that the binary was built without this module.
var ErrNotBuilt = errors.New("this binary was built without bundled adapters, build it with make")

const extension = ".wasm"

// Names lists the bundled modules, sorted.
func Names() []string {
	entries, err := fs.ReadDir(files, "wasm")
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), extension); ok {
			names = append(names, name)
		}
	}
	return names
}

// Module gives a bundled module's bytes.
func Module(name string) ([]byte, error) {
	raw, err := files.ReadFile(path.Join("wasm", name+extension))
	if errors.Is(err, fs.ErrNotExist) && len(Names()) == 0 {
		return nil, fmt.Errorf("module[builtin:%s]: %w", name, ErrNotBuilt)
	}
	if err != nil {
		return nil, fmt.Errorf("module[builtin:%s]: there is no bundled adapter of that name; there are: %s", name, strings.Join(Names(), ", "))
	}
	return raw, nil
}
