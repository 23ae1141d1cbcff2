package main

import (
	"runtime"
	"runtime/debug"
	"time"

	"innkeeper/runtime/admin"
)

// figures are what a server has used. Sizes are in bytes.
type figures struct {
	CPU        time.Duration // user and system time since the start
	RSS        int64
	Heap       uint64 // in use
	Stacks     uint64 // of goroutines
	Guest      int64  // of RSS, the guests' linear memories
	Goroutines int
	FDs        int
	// Opened, Closed, Failed and Open count handles over all generations; 0 for servers without a ledger.
	Opened, Closed, Failed uint64
	Open                   int
}

// measureSelf fills in what any process knows of itself.
func measureSelf() figures {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	p := admin.ProcessNow()
	return figures{
		CPU: cpuTime(), RSS: p.RSSBytes, Heap: mem.HeapInuse, Stacks: mem.StackInuse,
		Guest: guestMemory(), Goroutines: p.Goroutines, FDs: p.FDs,
	}
}

// settle collects the garbage and gives free memory back to the system, so that RSS is what is in use. The second time takes
// what the first one only moved out of pools.
func settle() {
	runtime.GC()
	debug.FreeOSMemory()
}
