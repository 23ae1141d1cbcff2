package artifact

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// folder is a drop-in folder with a file for each name.
func folder(t testing.TB, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		content := packed(t, bare(), described)
		if strings.HasSuffix(name, ".toml") {
			content = []byte(described)
		}
		write(t, filepath.Join(dir, name), content)
	}
	return dir
}

func TestReadFolder(t *testing.T) {
	dir := folder(t, "two.wasm", "one.wasm", "one.toml", "notes.txt", ".half.wasm", "three.wasm.part")
	write(t, filepath.Join(dir, "beside.wasm"), bare())
	write(t, filepath.Join(dir, "beside.toml"), []byte(described))
	if err := os.MkdirAll(filepath.Join(dir, "deeper", "x.wasm"), 0o700); err != nil {
		t.Fatal(err)
	}
	read, err := Source{}.ReadFolder(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, found := range read.DropIns {
		names = append(names, found.Name)
		if found.Err != nil || found.Artifact.Manifest.Name != "guest" || found.Artifact.Reference != filepath.Join(dir, found.Name+".wasm") {
			t.Errorf("%+v", found)
		}
	}
	if !slices.Equal(names, []string{"beside", "one", "two"}) || read.State != snapshot(dir) {
		t.Errorf("%q", names)
	}
	if _, err := (Source{}).ReadFolder(t.Context(), filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// What anybody could have put there is not run, and each file says for itself why not.
func TestReadFolderRefuses(t *testing.T) {
	link := func(dir, name string) error {
		return os.Symlink(filepath.Join(dir, "good.wasm"), filepath.Join(dir, name))
	}
	for name, c := range map[string]struct {
		spoil func(dir string) error
		says  string
	}{
		"link": {func(dir string) error { return link(dir, "bad.wasm") }, "symbolic link"},
		"link beside": {func(dir string) error {
			return errors.Join(os.WriteFile(dir+"/bad.wasm", bare(), 0o600), link(dir, "bad.toml"))
		}, "symbolic link"},
		"writable": {func(dir string) error {
			return errors.Join(os.WriteFile(dir+"/bad.wasm", nil, 0o600), os.Chmod(dir+"/bad.wasm", 0o602))
		}, "everybody may write"},
		"folder":         {func(dir string) error { return os.Mkdir(dir+"/bad.wasm", 0o700) }, "it is a folder"},
		"no module":      {func(dir string) error { return os.WriteFile(dir+"/bad.wasm", []byte("hello"), 0o600) }, "text"},
		"no name":        {func(dir string) error { return os.WriteFile(dir+"/Bad\x1b[1m.wasm", bare(), 0o600) }, `"Bad\x1b[1m" is no name`},
		"no manifest":    {func(dir string) error { return os.WriteFile(dir+"/bad.wasm", bare(), 0o600) }, "bad.toml"},
		"half of a file": {func(dir string) error { return os.WriteFile(dir+"/bad.wasm", packed(t, bare(), described)[:20], 0o600) }, "module["},
	} {
		dir := folder(t, "good.wasm")
		if err := c.spoil(dir); err != nil {
			t.Fatal(err)
		}
		read, err := Source{}.ReadFolder(t.Context(), dir)
		if err != nil || len(read.DropIns) != 2 {
			t.Fatalf("%s: %+v, %v", name, read, err)
		}
		for _, found := range read.DropIns {
			if good := found.Name == "good"; good != (found.Err == nil) || !good && !strings.Contains(found.Err.Error(), c.says) {
				t.Errorf("%s: %s: %v", name, found.Name, found.Err)
			}
		}
	}
}

func TestFolderThatEverybodyMayWrite(t *testing.T) {
	dir := folder(t, "one.wasm")
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	read, err := Source{}.ReadFolder(t.Context(), dir)
	if err != nil || len(read.DropIns) != 1 || !errors.Is(read.DropIns[0].Err, ErrWorldWritable) || !strings.Contains(read.DropIns[0].Err.Error(), dir) {
		t.Errorf("%+v, %v", read, err)
	}
}
