package admin

import (
	"os"
	"strconv"
	"strings"
)

func openDescriptors() int { return countDescriptors("/proc/self/fd") }

// residentBytes reads the second field of statm, in pages. https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html
func residentBytes() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return unknown
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return unknown
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return unknown
	}
	return pages * int64(os.Getpagesize())
}
