package machine

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

func systemRoot() fs.FS { return nil } // there are no control groups

func physicalMemory() int64 {
	size, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return int64(size)
}
