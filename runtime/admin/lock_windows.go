package admin

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// lockOffset is far behind the content, in units of 4 GiB: Windows keeps others from reading what is locked, and the
// process id is to be read.
const lockOffset = 1 << 30

// tryLock takes an exclusive lock that belongs to the open file.
// https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-lockfileex
func tryLock(file *os.File) error {
	at := &windows.Overlapped{OffsetHigh: lockOffset}
	flags := uint32(windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY)
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errHeld
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	return nil
}
