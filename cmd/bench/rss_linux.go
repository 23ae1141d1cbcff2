package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// residentOf is the resident memory of another process, in bytes. https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html
func residentOf(pid int) (int64, error) {
	path := fmt.Sprintf("/proc/%d/statm", pid)
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, fmt.Errorf("%s: %q", path, text)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}
