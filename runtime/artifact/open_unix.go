//go:build unix

package artifact

import (
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
