package share

import (
	"runtime"
	"syscall"
)

// yield lets other goroutines run, and then other threads: those of the clients and agents on the same machine, and our own that
// the network has woken. A thread that never sleeps would keep its processor from them for the system's slice, 3 ms.
func yield() {
	runtime.Gosched()
	_, _, _ = syscall.Syscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) // it always succeeds
}
