//go:build unix

package main

import (
	"syscall"
	"time"
)

// cpuTime is the CPU time of this process. https://man7.org/linux/man-pages/man2/getrusage.2.html
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
