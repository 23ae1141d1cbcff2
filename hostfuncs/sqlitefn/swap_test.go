package sqlitefn

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"innkeeper/runtime/ledger"
)

// Between the check of a file and its opening somebody may put another in its place: a link to one elsewhere, or another file.
// Neither is opened, and neither is changed.
func TestFileIsExchangedWhileItIsOpened(t *testing.T) {
	for name, exchange := range map[string]func(path, other string) error{
		"a link": func(path, other string) error { return os.Symlink(other, path) },
		"a file": func(path, other string) error { return os.Link(other, path) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			other := filepath.Join(dir, "other.db")
			if err := os.WriteFile(other, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			f := New(t.Context(), Config{Dir: filepath.Join(dir, "adapter"), Labels: []string{"main"}, Ledger: ledger.New(ledger.Quota{})})
			place, err := locate(f.dir, "main")
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.Remove(place.path), exchange(place.path, other)); err != nil {
				t.Fatal(err)
			}
			c, err := f.openAt(place, "main")
			var refused *refusedError
			if !errors.As(err, &refused) {
				t.Errorf("opened: %v", err)
			}
			if c != nil {
				_ = c.CloseHandle(context.Background())
			}
			if info, err := os.Stat(other); err != nil || info.Size() != 0 {
				t.Errorf("the other file was written: %v", err)
			}
		})
	}
}
