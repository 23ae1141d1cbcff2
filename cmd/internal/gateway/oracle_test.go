package gateway

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/admin"
)

// reading is what the process holds, as far as a slot's instances could have left it.
type reading struct {
	descriptors map[string]int // by target
	goroutines  int
	siblings    []string // -wal and -shm files
	rss         int64
}

// read takes a reading. Nothing here collects garbage.
func read(t testing.TB, data string) reading {
	t.Helper()
	siblings, err := filepath.Glob(filepath.Join(data, "*", "*.db-*"))
	if err != nil {
		t.Fatal(err)
	}
	return reading{descriptors: descriptors(), goroutines: runtime.NumGoroutine(), siblings: siblings, rss: admin.ProcessNow().RSSBytes}
}

// descriptors counts the process's descriptors by target; nil where the system does not tell.
func descriptors() map[string]int {
	const folder = "/proc/self/fd"
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	byTarget := map[string]int{}
	for _, e := range entries {
		target, err := os.Readlink(filepath.Join(folder, e.Name()))
		if err != nil {
			continue // it was the one that the folder was read with
		}
		if kind, _, numbered := strings.Cut(target, ":["); numbered {
			target = kind // socket:[4711]
		}
		byTarget[target]++
	}
	return byTarget
}

func (r reading) total() (n int) {
	for _, count := range r.descriptors {
		n += count
	}
	return n
}

// exceeds says what a later reading has more than r; empty if nothing.
func (r reading) exceeds(before reading) string {
	var more []string
	for _, target := range slices.Sorted(maps.Keys(r.descriptors)) {
		if n := r.descriptors[target]; n > before.descriptors[target] {
			more = append(more, fmt.Sprintf("descriptors of %s: %d, were %d", target, n, before.descriptors[target]))
		}
	}
	if r.goroutines > before.goroutines {
		more = append(more, fmt.Sprintf("goroutines: %d, were %d", r.goroutines, before.goroutines))
	}
	for _, file := range r.siblings {
		if !slices.Contains(before.siblings, file) {
			more = append(more, "file "+filepath.Base(file))
		}
	}
	return strings.Join(more, "; ")
}

// settle reads until nothing exceeds the baseline, or gives the last reading after a while: goroutines of the HTTP server end
// a moment after the connection that they served, without a signal.
func settle(t testing.TB, data string, before reading) (reading, string) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		now := read(t, data)
		more := now.exceeds(before)
		if more == "" || time.Now().After(deadline) {
			return now, more
		}
		time.Sleep(time.Millisecond)
	}
}

// stacks are the stacks of all goroutines, for messages.
func stacks() string {
	buffer := make([]byte, 1<<20)
	return string(buffer[:runtime.Stack(buffer, true)])
}
