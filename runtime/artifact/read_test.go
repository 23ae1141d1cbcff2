package artifact

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/ordinaryfile"
)

const described = "name = \"guest\"\nversion = \"1\"\nfamilies = [\"event\"]\n"

// bare is a module that ends at once, without a manifest.
func bare() []byte {
	b := wt.New()
	b.Main("")
	return b.Build()
}

// packed is a module with a manifest inside.
func packed(t testing.TB, raw []byte, manifest string) []byte {
	t.Helper()
	out, err := module.AppendManifest(raw, []byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t testing.TB, path string, content []byte) string {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadInside(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "guest.wasm"), packed(t, bare(), described))
	write(t, filepath.Join(filepath.Dir(path), "guest.toml"), []byte("another program's file"))
	a, err := Source{}.Read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if a.Reference != path || a.Manifest.Name != "guest" || a.Beside != "" || a.Size != len(a.Bytes()) || len(a.SHA256()) != 64 {
		t.Errorf("%+v", a)
	}
}

func TestReadBeside(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "guest.wasm"), bare())
	var refusal *Refusal
	if _, err := (Source{}).Read(t.Context(), path); !errors.As(err, &refusal) || !errors.Is(err, ErrNoManifest) || !strings.Contains(err.Error(), "guest.toml") {
		t.Errorf("%v", err)
	}
	beside := write(t, filepath.Join(dir, "guest.toml"), []byte(described))
	one, err := Source{}.Read(t.Context(), path)
	if err != nil || one.Manifest.Name != "guest" || one.Beside != beside {
		t.Fatalf("%+v, %v", one, err)
	}
	write(t, beside, []byte(described+"# another\n"))
	other, err := Source{}.Read(t.Context(), path)
	if err != nil || one.Hash != other.Hash || one.Same(other) || !one.Same(one) {
		t.Errorf("another manifest makes another artifact: %v", err)
	}
	write(t, beside, []byte("nmae = 1"))
	if _, err := (Source{}).Read(t.Context(), path); !errors.As(err, &refusal) || !strings.Contains(err.Error(), beside) {
		t.Errorf("%v", err)
	}
}

// A module that was swapped while the manifest beside it was read must not run under that manifest.
func TestModuleSwappedWhileTheManifestIsRead(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "guest.wasm"), bare())
	write(t, filepath.Join(dir, "guest.toml"), []byte(described))
	file, err := readModule(t.Context(), path, ordinaryfile.Follow)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(write(t, path+".new", bare()), path); err != nil {
		t.Fatal(err)
	}
	a := &Artifact{Reference: path, raw: file.Bytes}
	if err := a.readBeside(t.Context(), file, ordinaryfile.Follow); !errors.Is(err, ordinaryfile.ErrChanging) || !Temporary(err) {
		t.Errorf("%v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.wasm")
	write(t, large, nil)
	if err := os.Truncate(large, limits.ModuleBytes+1); err != nil {
		t.Fatal(err)
	}
	var refusal *Refusal
	for name, c := range map[string]struct {
		path string
		is   error
	}{
		"folder":    {dir, ordinaryfile.ErrNotOrdinary},
		"device":    {os.DevNull, ordinaryfile.ErrNotOrdinary},
		"too large": {large, ordinaryfile.ErrTooLarge},
	} {
		if _, err := (Source{}).Read(t.Context(), c.path); !errors.Is(err, c.is) || !errors.As(err, &refusal) || Temporary(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (Source{}).Read(t.Context(), filepath.Join(dir, "gone.wasm")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("gone: %v", err)
	}
	link := filepath.Join(dir, "link.wasm")
	write(t, filepath.Join(dir, "guest.wasm"), packed(t, bare(), described))
	if err := os.Symlink("guest.wasm", link); err != nil {
		t.Skip(err)
	}
	if _, err := (Source{}).Read(t.Context(), link); err != nil {
		t.Errorf("a link that an operator names is fine: %v", err)
	}
	if _, err := readFiles(t.Context(), link, ordinaryfile.NoFollow); !errors.Is(err, ordinaryfile.ErrNotOrdinary) || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("link: %v", err)
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "guest.wasm"), bare())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Source{}).Read(ctx, path); !errors.Is(err, context.Canceled) || !Temporary(err) {
		t.Errorf("%v", err)
	}
}
