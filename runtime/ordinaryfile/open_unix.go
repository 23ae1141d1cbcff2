//go:build unix

package ordinaryfile

import (
	"os"
	"syscall"
)

// openFlags open without waiting for the other end of a pipe.
func openFlags(links Links) int {
	flags := os.O_RDONLY | syscall.O_NONBLOCK
	if links == NoFollow {
		flags |= syscall.O_NOFOLLOW
	}
	return flags
}
