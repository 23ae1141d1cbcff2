// Package adapters carries the sources that an adapter in a module of its own is built from: the ABI, the SDK, what adapters share,
// and the example.
//
// It owns the embedding and what of the folders is for authors. It knows nothing of who writes them where.
package adapters

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed abi sdk lib hello
var files embed.FS

// Source is one file.
type Source struct {
	Path string // in this folder, with slashes
	Text []byte
}

// Sources are the files that authors need. Tests are not among them, but for the example's, and generators neither.
func Sources() ([]Source, error) {
	var all []Source
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !forAuthors(name) {
			return err
		}
		text, err := files.ReadFile(name)
		all = append(all, Source{name, text})
		return err
	})
	return all, err
}

func forAuthors(name string) bool {
	folder := path.Dir(name)
	switch {
	case folder == "hello":
		return true
	case path.Base(folder) == "gen", path.Base(folder) == "testdata", strings.HasSuffix(name, "_test.go"):
		return false
	}
	return path.Ext(name) == ".go" || path.Ext(name) == ".h"
}
