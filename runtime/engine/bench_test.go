package engine_test

import (
	"context"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/engine"
	"innkeeper/runtime/outcome"
)

// BenchmarkCycle is a retry: a Go guest is instantiated, says ready, is asked to end, and everything of it is closed.
func BenchmarkCycle(b *testing.B) {
	raw := buildGuest(b, "idle")
	for _, memory := range []struct {
		name   string
		change func(*engine.Program)
	}{{"mapped", func(*engine.Program) {}}, {"heap", (*engine.Program).OnHeap}} {
		b.Run(memory.name, func(b *testing.B) {
			program, err := engine.Compile(b.Context(), config(b, raw, nil, false, goPages))
			if err != nil {
				b.Fatal(err)
			}
			defer program.Close(context.Background())
			memory.change(program)
			cycle(b, program)
			var took []time.Duration
			debug.FreeOSMemory() // what compiling left behind would hide the growth
			before := residentBytes(b)
			peak := before
			for b.Loop() {
				start := time.Now()
				cycle(b, program)
				took = append(took, time.Since(start))
				if len(took)%20 == 0 {
					peak = max(peak, residentBytes(b))
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1e3, "p99-ms")
			b.ReportMetric(float64(peak-before)/(1<<20), "rss-growth-MB")
		})
	}
}

// cycle is one generation of a guest that behaves.
func cycle(t testing.TB, program *engine.Program) {
	t.Helper()
	s := newStay()
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	s.OnReady = func() { stop(asked("restart")) }
	check(t, s.finished(t, program.Run(ctx, s.Instance)), outcome.Done, "exit")
}

// residentBytes returns the process's resident memory, 0 where that is not known.
func residentBytes(t testing.TB) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
