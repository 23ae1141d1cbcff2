package artifact

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The id is what the go command shows, wherever the linker put it.
func TestBuildIDIsTheLinkers(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	want, err := exec.Command("go", "tool", "buildid", path).Output()
	if err != nil {
		t.Skip(err)
	}
	if got, err := buildID(path); err != nil || got != strings.TrimSpace(string(want)) || got == "" {
		t.Errorf("%q, want %q: %v", got, want, err)
	}
	one, err := ProgramID()
	if other, _ := ProgramID(); err != nil || one != other || len(one) != 16 {
		t.Errorf("%q, %q: %v", one, other, err)
	}
}

func TestLinkedID(t *testing.T) {
	for name, c := range map[string]struct{ head, want string }{
		"ELF":          {"\x7fELF....\x04\x00\x00\x00\x07\x00\x00\x00\x04\x00\x00\x00Go\x00\x00abc/def...", "abc/def"},
		"other":        {"MZ...\xff Go build ID: \"abc/def\"\n \xff...", "abc/def"},
		"length lies":  {"\x04\x00\x00\x00\xff\xff\xff\x7f\x04\x00\x00\x00Go\x00\x00abc", ""},
		"without":      {"\x7fELF", ""},
		"nothing":      {"", ""},
		"note at once": {"\x04\x00\x00\x00Go\x00\x00abc", ""},
	} {
		if got := linkedID([]byte(c.head)); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A program without an id is known by its content, and not by its size or time.
func TestBuildIDOfAProgramWithoutOne(t *testing.T) {
	dir := t.TempDir()
	a, err := buildID(write(t, filepath.Join(dir, "a"), []byte("one program")))
	if err != nil {
		t.Fatal(err)
	}
	b, err := buildID(write(t, filepath.Join(dir, "b"), []byte("two program")))
	if err != nil || a == b {
		t.Errorf("%q, %q: %v", a, b, err)
	}
}
