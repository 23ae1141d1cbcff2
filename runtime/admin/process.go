package admin

import (
	"os"
	"runtime"
)

// unknown stands for a figure that the system does not tell.
const unknown = -1

// ProcessNow measures the process that it runs in. What only the host knows (version, start, paths) is left empty.
func ProcessNow() Process {
	return Process{PID: os.Getpid(), FDs: openDescriptors(), Goroutines: runtime.NumGoroutine(), RSSBytes: residentBytes()}
}

// countDescriptors counts the entries of a folder that lists the process's descriptors, such as /proc/self/fd.
func countDescriptors(folder string) int {
	f, err := os.Open(folder)
	if err != nil {
		return unknown
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return unknown
	}
	return len(names) - 1 // one of them is f
}
