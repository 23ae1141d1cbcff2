package sqlitefn_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/sqlitefn"
)

// Row 18: labels.
func TestLabels(t *testing.T) {
	in := start(t)
	var handle uint32
	for _, label := range []string{"", "../main", "a/b", "file:main", "main\x00y", "main.db", "Main", "mäin", ":memory:", " main",
		strings.Repeat("a", 65), strings.Repeat("a", 4096)} {
		in.wantErrno(abi.EINVAL, in.Open([]byte(label), &handle))
	}
	in.wantErrno(abi.EACCES, in.Open([]byte("unnamed"), &handle))
	in.wantErrno(abi.EACCES, in.Open([]byte(strings.Repeat("a", 64)), &handle))
	if _, err := os.Lstat(in.dir); !os.IsNotExist(err) {
		t.Errorf("a refused label touched the disk: %v", err)
	}
}

// Row 18: what stands in the place of the file, or beside it.
func TestFileIsNoPlainFile(t *testing.T) {
	kinds := map[string]func(path string) error{
		"symlink":  func(path string) error { return os.Symlink("/etc/passwd", path) },
		"dangling": func(path string) error { return os.Symlink("/nowhere/at/all", path) },
		"fifo":     func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"folder":   func(path string) error { return os.Mkdir(path, 0o700) },
		"device":   func(path string) error { return syscall.Mknod(path, syscall.S_IFCHR|0o600, 1<<8|5) },
		"socket": func(path string) error {
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
			if err == nil {
				l.SetUnlinkOnClose(false)
				err = l.Close()
			}
			return err
		},
	}
	for kind, place := range kinds {
		for _, name := range []string{"main.db", "main.db-wal", "main.db-shm", "main.db-journal"} {
			t.Run(kind+" "+name, func(t *testing.T) {
				in := start(t)
				if err := os.MkdirAll(in.dir, 0o700); err != nil {
					t.Fatal(err)
				}
				if err := place(in.file(name)); err != nil {
					t.Skipf("cannot make one here: %v", err)
				}
				before, _ := os.Lstat(in.file(name))
				var handle uint32
				in.wantErrno(abi.EPERM, in.Open([]byte("main"), &handle))
				if len(in.fatals) != 1 || !strings.HasPrefix(in.fatals[0], sqlitefn.CodeRefused+": ") {
					t.Errorf("fatal: %q", in.fatals)
				}
				after, err := os.Lstat(in.file(name))
				if err != nil || after.Mode() != before.Mode() {
					t.Errorf("changed: %v %v", after, err)
				}
				if entries, _ := os.ReadDir(in.dir); len(entries) != 1 {
					t.Errorf("files were made: %v", entries)
				}
				in.exec(in.open("other"), "CREATE TABLE t(a)") // the neighbour is as well as ever
			})
		}
	}
}

func TestFolderIsALink(t *testing.T) {
	real := t.TempDir()
	link := filepath.Join(t.TempDir(), "adapter")
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	in := start(t, withDir(link))
	var handle uint32
	in.wantErrno(abi.EPERM, in.Open([]byte("main"), &handle))

	// A link further up is the operator's own business.
	above := start(t, withDir(filepath.Join(link, "adapter")))
	above.exec(above.open("main"), "CREATE TABLE t(a)")
	if _, err := os.Stat(filepath.Join(real, "adapter", "main.db")); err != nil {
		t.Error(err)
	}
}

func TestModesAreNarrowed(t *testing.T) {
	in := start(t)
	in.want(0, in.Close(in.open("main")))
	os.Chmod(in.dir, 0o755)
	os.Chmod(in.file("main.db"), 0o644)
	in.open("main")
	for name, want := range map[string]os.FileMode{"": 0o700, "main.db": 0o600} {
		info, err := os.Stat(in.file(name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q: %v %v", name, info.Mode(), err)
		}
	}
}
