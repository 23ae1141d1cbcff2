package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"innkeeper/runtime/tomldoc"
)

func TestGrant(t *testing.T) {
	path := filepath.Join(t.TempDir(), "innkeeper.toml")
	text := "# mine\n[adapters.public] # on the net\nnote = \"x\"\n"
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	link := path + ".link"
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	for _, grant := range []string{"listen 0.0.0.0:80", "listen [::]:81"} {
		if err := Grant(link, "public", []string{grant}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	want := "# mine\n[adapters.public] # on the net\ngrants = [\"listen 0.0.0.0:80\", \"listen [::]:81\"]\nnote = \"x\"\n"
	if err != nil || string(got) != want {
		t.Errorf("%q, want %q: %v", got, want, err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != 0o640 {
		t.Errorf("%v: %v", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestGrantMakesAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "innkeeper.toml")
	if err := Grant(path, "public", []string{"listen 0.0.0.0:80"}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// What cannot be edited, or was edited by somebody else at the same time, is left alone.
func TestGrantLeavesAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "innkeeper.toml")
	for text, want := range map[string]error{"[adapters]\npublic.note = \"x\"\n": tomldoc.ErrNoPlace, "[[[": nil} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := Grant(path, "public", []string{"listen 0.0.0.0:80"})
		if got, _ := os.ReadFile(path); err == nil || want != nil && !errors.Is(err, want) || string(got) != text || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v, %q", text, err, got)
		}
	}
	if err := replace(path, []byte("what was read"), []byte("what is written"), 0o600); !errors.Is(err, ErrEdited) {
		t.Errorf("%v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestDataDirOfABrokenConfiguration(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "innkeeper.toml")
	options := Options{Env: func(name string) (string, bool) { return "/from/env", name == "WHERE" }}
	for text, want := range map[string]string{
		"nonsense = 1\n":                         filepath.Join(dir, "data"),
		"nonsense = 1\ndata_dir = \"d\"\n":       filepath.Join(dir, "d"),
		"data_dir = \"env:WHERE\"\n[agent]\nx=1": "/from/env",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := DataDir(path, options); err != nil || got != want {
			t.Errorf("%q: %q, want %q: %v", text, got, want, err)
		}
	}
	if got, err := DataDir(filepath.Join(dir, "none.toml"), options); err != nil || got != filepath.Join(dir, "data") {
		t.Errorf("%q: %v", got, err)
	}
	if err := os.WriteFile(path, []byte("[[["), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := DataDir(path, options); err == nil {
		t.Errorf("no TOML: %q", got)
	}
}
