package ordinaryfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t testing.TB, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRead(t *testing.T) {
	dir, r := t.TempDir(), &Reader{}
	path := write(t, filepath.Join(dir, "f"), "content")
	file, err := r.Read(t.Context(), path, 7, NoFollow)
	if err != nil || string(file.Bytes) != "content" || file.Path != path || file.Info.Size() != 7 {
		t.Errorf("%+v, %v", file, err)
	}
	if file, err := r.Read(t.Context(), write(t, filepath.Join(dir, "empty"), ""), 7, Follow); err != nil || len(file.Bytes) != 0 {
		t.Errorf("empty: %+v, %v", file, err)
	}
	large := write(t, filepath.Join(dir, "large"), strings.Repeat("0123456789abcdef", 3*stride/16)+"end")
	if file, err := r.Read(t.Context(), large, 4*stride, Follow); err != nil || len(file.Bytes) != 3*stride+3 || !strings.HasSuffix(string(file.Bytes), "end") {
		t.Errorf("large: %d bytes, %v", len(file.Bytes), err)
	}
}

func TestReadOnlyOrdinaryFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "f"), "12345678")
	for name, c := range map[string]struct {
		path string
		is   error
	}{
		"folder":    {dir, ErrNotOrdinary},
		"device":    {os.DevNull, ErrNotOrdinary},
		"too large": {filepath.Join(dir, "f"), ErrTooLarge},
		"gone":      {filepath.Join(dir, "gone"), os.ErrNotExist},
	} {
		if file, err := new(Reader).Read(t.Context(), c.path, 7, Follow); !errors.Is(err, c.is) || file.Bytes != nil {
			t.Errorf("%s: %q, %v", name, file.Bytes, err)
		}
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("f", link); err != nil {
		t.Skip(err)
	}
	if file, err := new(Reader).Read(t.Context(), link, 8, Follow); err != nil || string(file.Bytes) != "12345678" {
		t.Errorf("a link that may be followed: %v", err)
	}
	if _, err := new(Reader).Read(t.Context(), link, 8, NoFollow); !errors.Is(err, ErrNotOrdinary) || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("a link: %v", err)
	}
}

// A file that grows, shrinks or is written again while it is read is half of one state and half of another.
func TestReadOfAFileThatChanges(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"grows":   func(path string) error { return os.WriteFile(path, []byte("12345"), 0o600) },
		"shrinks": func(path string) error { return os.Truncate(path, 2) },
		"changes": func(path string) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			return os.Chtimes(path, info.ModTime(), info.ModTime().Add(1))
		},
	} {
		path := write(t, filepath.Join(t.TempDir(), "f"), "1234")
		file, info, err := open(path, Follow)
		if err != nil {
			t.Fatal(err)
		}
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		if _, err := content(t.Context(), file, info, 100); !errors.Is(err, ErrChanging) {
			t.Errorf("%s: %v", name, err)
		}
		file.Close()
	}
}

// Who reads a second file that belongs to the first asks whether the first one still lies there.
func TestStill(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"nothing": nil,
		"gone":    os.Remove,
		"swapped": func(path string) error { return os.Rename(write(t, path+".new", "1234"), path) },
		"longer":  func(path string) error { return os.WriteFile(path, []byte("12345"), 0o600) },
		"written": func(path string) error { return os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)) },
	} {
		file, err := Read(t.Context(), write(t, filepath.Join(t.TempDir(), "f"), "1234"), 4, NoFollow)
		if err == nil && change != nil {
			err = change(file.Path)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Still(); errors.Is(err, ErrChanging) != (change != nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file that grows past the bound while it is read is not read to its end.
func TestReadIsBounded(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "f"), "1234")
	file, info, err := open(path, Follow)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Skip(err)
	}
	if raw, err := content(t.Context(), file, info, 2*stride); !errors.Is(err, ErrTooLarge) || raw != nil {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "f"), "1234")
	file, info, err := open(path, Follow)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := content(ctx, file, info, 100); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
