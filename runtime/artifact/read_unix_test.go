//go:build unix

package artifact

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe whose other end nobody opens must not hold up a start.
func TestReadOfAPipeDoesNotWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guest.wasm")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	if _, err := (Source{}).Read(t.Context(), path); !errors.Is(err, ErrNoFile) {
		t.Errorf("%v", err)
	}
	// Between the look at the name and the opening something else may come to lie there.
	file, err := os.OpenFile(path, openFlags(true), 0)
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
}
