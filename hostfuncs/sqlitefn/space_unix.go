//go:build linux || darwin

package sqlitefn

import "syscall"

// littleSpace is how much room a file system has left, in bytes, when a failed write may be put down to that: more than
// the page and its frame that a write needs.
const littleSpace = 64 << 10

// diskFull reports whether the file system of a path has no room left.
func diskFull(path string) bool {
	var stat syscall.Statfs_t
	return syscall.Statfs(path, &stat) == nil && stat.Bavail*uint64(stat.Bsize) < littleSpace
}
