package main

import (
	"os"
	"strings"
)

// cpuModel reads the processor's name. https://man7.org/linux/man-pages/man5/proc_cpuinfo.5.html
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
