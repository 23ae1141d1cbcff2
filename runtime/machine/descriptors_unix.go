//go:build unix

package machine

import (
	"math"
	"syscall"
)

// descriptorLimit is the limit that holds. Go has raised it as far as the system allows by the time that a program's own code runs.
// https://go.dev/doc/go1.19#os
func descriptorLimit() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	if uint64(limit.Cur) > math.MaxInt32 {
		return 0 // no bound
	}
	return int(limit.Cur)
}
