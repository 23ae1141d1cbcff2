//go:build unix

package artifact

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"innkeeper/runtime/ordinaryfile"
)

// A pipe whose other end nobody opens must not hold up a start.
func TestReadOfAPipeDoesNotWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guest.wasm")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	if _, err := (Source{}).Read(t.Context(), path); !errors.Is(err, ordinaryfile.ErrNotOrdinary) {
		t.Errorf("%v", err)
	}
}
