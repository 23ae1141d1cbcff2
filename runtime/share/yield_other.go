//go:build !linux

package share

import "runtime"

// yield lets other goroutines run.
func yield() { runtime.Gosched() }
