// Package costtest is the cost oracle, for tests: it runs something with inputs of growing size and fails when what that costs
// grows faster than the input, or is more than the input explains.
//
// Cost is counted, not timed. A test that calls [Linear] sees to the bytes that are allocated. `make cost` sees to the steps: it
// builds the same tests with Go's coverage, whose counters say how often each block of code was executed, and runs each of
// them in a process of its own at one size after the other.
package costtest

import (
	"os"
	"runtime"
	"strconv"
	"testing"
)

// Bound is what may be allocated, in bytes.
type Bound struct {
	// Fixed is for any input, PerByte for each byte of it beside that; 0 means the constant PerByte.
	Fixed, PerByte int
}

// PerByte is how many bytes may be allocated for a byte that comes in, unless a test says otherwise.
const PerByte = 16

// Sizes of inputs, in bytes: from what a person sends to where a cost that is quadratic is a thousand times too much.
const (
	smallest = 8 << 10
	largest  = 256 << 10
)

// SizeVariable is the environment variable with the only size that Linear runs, once and without judging. It is for counting
// steps from outside.
const SizeVariable = "COSTTEST_SIZE"

// cost is what one run took.
type cost struct {
	size  int // of the input
	taken int // bytes or steps
}

// Linear runs the function with inputs of about the sizes asked for of the maker, doubling up to a quarter of a megabyte. Nothing else may
// run meanwhile.
func Linear(t *testing.T, bound Bound, input func(size int) []byte, run func(input []byte)) {
	t.Helper()
	if size, err := strconv.Atoi(os.Getenv(SizeVariable)); err == nil {
		run(input(size))
		return
	}
	if bound.PerByte == 0 {
		bound.PerByte = PerByte
	}
	run(input(smallest)) // pools and tables that are made once
	if raced {
		return
	}
	var costs []cost
	for size := smallest; size <= largest; size *= 2 {
		text := input(size)
		took := cost{len(text), allocated(func() { run(text) })}
		costs = append(costs, took)
		if most := bound.Fixed + bound.PerByte*len(text); took.taken > most {
			t.Fatalf("%d bytes of input: %d bytes were allocated, want %d at most", took.size, took.taken, most)
		}
		if !isLinear(costs, bound.Fixed) {
			t.Fatalf("allocated bytes grow faster than the input: %v", costs)
		}
	}
}

// isLinear reports whether a cost grows as the size does, or less. What is below the fixed part is no growth. Over three
// doublings a cost that is linear grows by 8, one that is quadratic by 64; buffers that double make steps of 2.
func isLinear(costs []cost, fixed int) bool {
	const doublings, slack = 3, 2.5
	for i := doublings; i < len(costs); i++ {
		before, now := costs[i-doublings], costs[i]
		growth := float64(now.size) / float64(max(before.size, 1))
		// A run that found its memory in a pool has taken nearly nothing, and a later one did not find it there.
		if least := max(before.taken, before.size); float64(now.taken-fixed) > slack*growth*float64(least) {
			return false
		}
	}
	return true
}

// allocated returns how many bytes a run allocates.
func allocated(run func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}
