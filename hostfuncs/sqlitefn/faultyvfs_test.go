package sqlitefn_test

import (
	"errors"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// faultyVFS is the system's files, of which one operation goes wrong. Databases open after their operations are counted.
type faultyVFS struct {
	vfs.VFSFilename
	mode    string // error, panic, memory, delay or cancel
	lasting bool   // not only the n-th, but each from there on
	delay   time.Duration
	cancel  func() // ends the instance

	mu            sync.Mutex
	target, calls int // no target: nothing goes wrong
	met           []string
}

// faultyName is what it is registered as.
const faultyName = "faulty"

// register makes it known to SQLite until the test ends.
func (v *faultyVFS) register(t *testing.T) {
	v.VFSFilename = vfs.Find("").(vfs.VFSFilename)
	vfs.Register(faultyName, v)
	t.Cleanup(func() { vfs.Unregister(faultyName) })
}

// arm begins to count; the n-th operation goes wrong, none for 0.
func (v *faultyVFS) arm(n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.target, v.calls, v.met = n, 0, nil
}

// disarm ends it, and gives how many operations there were.
func (v *faultyVFS) disarm() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.target = 0
	return v.calls
}

// due counts an operation, and reports whether it is to go wrong.
func (v *faultyVFS) due(operation string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls++
	due := v.target > 0 && (v.calls == v.target || v.lasting && v.calls > v.target)
	if due && !slices.Contains(v.met, operation) {
		v.met = append(v.met, operation)
	}
	return due
}

// errFault is what the library panics with.
var errFault = errors.New("a fault in the library")

// meet is called before each operation, with what it fails with.
func (v *faultyVFS) meet(operation string, err error) error {
	if !v.due(operation) {
		return nil
	}
	switch v.mode {
	case "error":
		return err
	case "panic":
		panic(errFault)
	case "memory":
		panic(syscall.ENOMEM) // as the library does where its memory grows, which is anywhere
	case "delay":
		time.Sleep(v.delay) // the operation itself is what takes too long
	case "cancel":
		v.cancel()
	}
	return nil
}

func (v *faultyVFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if err := v.meet("open", sqlite3.CANTOPEN); err != nil {
		return nil, flags, err
	}
	file, flags, err := v.VFSFilename.OpenFilename(name, flags)
	if err != nil {
		return nil, flags, err
	}
	return &faultyFile{file, v}, flags, nil
}

func (v *faultyVFS) Delete(name string, syncDir bool) error {
	if err := v.meet("delete", sqlite3.IOERR_DELETE); err != nil {
		return err
	}
	return v.VFSFilename.Delete(name, syncDir)
}

func (v *faultyVFS) Access(name string, flags vfs.AccessFlag) (bool, error) {
	if err := v.meet("access", sqlite3.IOERR_ACCESS); err != nil {
		return false, err
	}
	return v.VFSFilename.Access(name, flags)
}

// faultyFile is one of its files.
type faultyFile struct {
	vfs.File
	v *faultyVFS
}

var (
	_ vfs.FileUnwrap       = (*faultyFile)(nil)
	_ vfs.FileSharedMemory = (*faultyFile)(nil)
)

func (f *faultyFile) Unwrap() vfs.File { return f.File }

func (f *faultyFile) SharedMemory() vfs.SharedMemory {
	return f.File.(vfs.FileSharedMemory).SharedMemory()
}

func (f *faultyFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.v.meet("read", sqlite3.IOERR_READ); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

func (f *faultyFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.v.meet("write", sqlite3.FULL); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, off)
}

func (f *faultyFile) Truncate(size int64) error {
	if err := f.v.meet("truncate", sqlite3.IOERR_TRUNCATE); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f *faultyFile) Sync(flags vfs.SyncFlag) error {
	if err := f.v.meet("sync", sqlite3.IOERR_FSYNC); err != nil {
		return err
	}
	return f.File.Sync(flags)
}

func (f *faultyFile) Size() (int64, error) {
	if err := f.v.meet("size", sqlite3.IOERR_FSTAT); err != nil {
		return 0, err
	}
	return f.File.Size()
}

func (f *faultyFile) Lock(level vfs.LockLevel) error {
	if err := f.v.meet("lock", sqlite3.IOERR_LOCK); err != nil {
		return err
	}
	return f.File.Lock(level)
}

func (f *faultyFile) Unlock(level vfs.LockLevel) error {
	if err := f.v.meet("unlock", sqlite3.IOERR_UNLOCK); err != nil {
		return err
	}
	return f.File.Unlock(level)
}
