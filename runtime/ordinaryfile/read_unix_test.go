//go:build unix

package ordinaryfile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe whose other end nobody opens must not hold up whoever names it.
func TestReadOfAPipeDoesNotWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	if _, err := new(Reader).Read(t.Context(), path, 100, Follow); !errors.Is(err, ErrNotOrdinary) {
		t.Errorf("%v", err)
	}
	// Between the look at the name and the opening something else may come to lie there.
	file, err := os.OpenFile(path, openFlags(Follow), 0)
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
}
