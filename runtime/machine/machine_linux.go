package machine

import (
	"io/fs"
	"os"
	"syscall"
)

func systemRoot() fs.FS { return os.DirFS("/") }

func physicalMemory() int64 {
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) != nil {
		return 0
	}
	return int64(info.Totalram) * int64(info.Unit)
}
