package main

import (
	"os"
	"strconv"
	"strings"
)

// A guest's linear memory is a usable front and a long reserved rest behind it. Go's own reservations look alike, but their
// fronts are shorter, or their rests.
const (
	leastFront = 2 << 20
	leastRest  = 64 << 20
)

// guestMemory is the resident part of all linear memories of this process, in bytes.
// https://man7.org/linux/man-pages/man5/proc_pid_smaps.5.html
func guestMemory() int64 {
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return 0
	}
	var total int64
	var front, here mapping
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if m, ok := parseMapping(fields); ok {
			front, here = here, m
			if m.access == "---p" && m.start == front.end && m.size() >= leastRest && front.access == "rw-p" && front.size() >= leastFront {
				total += front.resident
			}
		} else if len(fields) == 3 && fields[0] == "Rss:" {
			kib, _ := strconv.ParseInt(fields[1], 10, 64) // the kernel writes numbers
			here.resident = kib << 10
		}
	}
	return total
}

// mapping is one line of the kernel's list and what it says of it.
type mapping struct {
	start, end uint64
	access     string
	resident   int64
}

func (m mapping) size() uint64 { return m.end - m.start }

func parseMapping(fields []string) (m mapping, ok bool) {
	if len(fields) < 5 {
		return m, false
	}
	from, to, ok := strings.Cut(fields[0], "-")
	if !ok {
		return m, false
	}
	var errs [2]error
	m.start, errs[0] = strconv.ParseUint(from, 16, 64)
	m.end, errs[1] = strconv.ParseUint(to, 16, 64)
	m.access = fields[1]
	return m, errs[0] == nil && errs[1] == nil
}
