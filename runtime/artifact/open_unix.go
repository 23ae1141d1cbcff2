//go:build unix

package artifact

import (
	"io/fs"
	"os"
	"syscall"
)

// openFlags open without waiting for the other end of a pipe.
func openFlags(follow bool) int {
	flags := os.O_RDONLY | syscall.O_NONBLOCK
	if !follow {
		flags |= syscall.O_NOFOLLOW
	}
	return flags
}

// worldWritable reports whether every user of the system may write it.
func worldWritable(info fs.FileInfo) bool { return info.Mode().Perm()&0o002 != 0 }
