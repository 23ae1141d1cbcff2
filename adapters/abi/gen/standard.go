package main

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
)

// standard imports packages of the standard library. The go command says where their compiled form lies: it knows that also
// where this program does not know where Go is installed, as under -trimpath.
func standard(files *token.FileSet) types.Importer {
	return importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) {
		list := exec.Command("go", "list", "-export", "-f", "{{.Export}}", path)
		list.Stderr = os.Stderr
		file, err := list.Output()
		if err != nil {
			return nil, fmt.Errorf("package[%s]: go list -export: %w", path, err)
		}
		return os.Open(strings.TrimSpace(string(file)))
	})
}
