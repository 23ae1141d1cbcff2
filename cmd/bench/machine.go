package main

import (
	"cmp"
	"fmt"
	"runtime"
	"time"
)

// machine says where and when the table was measured.
func machine() string {
	return fmt.Sprintf("%s, %d cores, %s/%s, %s, %s", cmp.Or(cpuModel(), "unknown processor"), runtime.NumCPU(),
		runtime.GOOS, runtime.GOARCH, runtime.Version(), time.Now().Format(time.DateOnly))
}
