package gateway

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/ledger"
)

// cycles is how many cycles of each combination TestSoak runs: `go test -v -run TestSoak ./cmd/internal/gateway -args
// -cycles 10000`. Without the flag it is a short form of the same table.
var cycles = flag.Int("cycles", 2, "cycles of each combination in TestSoak")

// Whatever a guest leaves open, and however it ends, everything is closed before the next one starts.
func TestCause3TeardownClosesEverything(t *testing.T) {
	for _, p := range paths() {
		for _, l := range lefts() {
			t.Run(p.name+"/"+l.name, func(t *testing.T) { _, _ = soak(t, combination{p, l}, 6) })
		}
	}
}

// The same for many cycles, with a table.
func TestSoak(t *testing.T) {
	var table, samples strings.Builder
	fmt.Fprintf(&samples, "%-21s | %-22s | %9s", "path", "left open", "neighbour")
	for _, q := range quantities {
		fmt.Fprintf(&samples, " | %s", q.name)
	}
	fmt.Fprint(&samples, "\n")
	fmt.Fprintf(&table, "%-21s | %-22s | %6s | %6s | %7s | %7s | %6s | %9s | %10s | %7s | %17s | %s\n", "path", "left open", "cycles", "held", "opened",
		"closed", "failed", "fds", "goroutines", "wal/shm", "cycle p50/p99 ms", "RSS MiB")
	began := time.Now()
	for _, p := range paths() {
		for _, l := range lefts() {
			t.Run(p.name+"/"+l.name, func(t *testing.T) {
				row, sampled := soak(t, combination{p, l}, *cycles)
				table.WriteString(row)
				samples.WriteString(sampled)
			})
		}
	}
	t.Logf("%d cycles of each combination in %s\n%s\nat the end, and in brackets the rise in 10,000 cycles:\n%s",
		*cycles, time.Since(began).Round(time.Second), &table, &samples)
}

// soak runs cycles of one combination, checks that they left nothing, and gives a row of the table.
func soak(t *testing.T, combined combination, cycles int) (row, sampled string) {
	c := newCycler(t, combined, budgetFor(cycles))
	defer c.finish()
	if err := c.arrive(); err != nil {
		t.Fatal(err)
	}
	run := func(n int) {
		every := max(n/samplesOfARow, 1)
		for i := range n {
			if err := c.cycle(); err != nil {
				t.Fatalf("cycle %d: %v", i+1, err)
			}
			if i%every == every-1 {
				c.sampler.look(i + 1)
			}
		}
		c.hangUp()
		c.quiet()
	}
	run(1) // what the first cycle leaves is the baseline: compiled code, the listener
	data := c.harness.dataDir()
	before := read(t, data)
	c.sampler.samples = nil
	c.held, c.times = 0, make([]time.Duration, 0, cycles)
	run(cycles)
	after, more := settle(t, data, before)
	if more != "" {
		t.Errorf("after %d cycles: %s\n%s", cycles, more, stacks())
	}
	total := c.totals()
	if total.Open != 0 || total.Failed != 0 || total.Opened != total.Closed {
		t.Errorf("handles: %+v", total)
	}
	if c.held == 0 || c.held < cycles && !c.hasty() {
		t.Errorf("the guest had everything open in %d of %d cycles", c.held, cycles)
	}
	asked, err := c.sampler.neighbour.finish()
	if err != nil {
		t.Errorf("the neighbour: %v", err)
	}
	return rowOf(c, cycles, total, before, after), fmt.Sprintf("%-21s | %-22s | %9d | %s\n", c.name, c.left.name, asked, c.sampler.judge(t))
}

// samplesOfARow is how many looks at the process there are in a row of the table.
const samplesOfARow = 25

// budgetFor is the budget that a path uses up in each of its cycles. A few can be long enough for a guest on a busy machine;
// ten thousand must be short, and then some guests do not come to their mark.
func budgetFor(cycles int) time.Duration {
	if cycles < 100 {
		return 25 * time.Millisecond
	}
	return 3 * time.Millisecond
}

func rowOf(c *cycler, cycles int, total ledger.Count, before, after reading) string {
	slices.Sort(c.times)
	at := func(q float64) float64 { return float64(c.times[int(q*float64(len(c.times)-1))].Microseconds()) / 1000 }
	const mib = 1 << 20
	return fmt.Sprintf("%-21s | %-22s | %6d | %6d | %7d | %7d | %6d | %3d > %3d | %4d > %3d | %3d > %d | %7.2f / %7.2f | %d > %d\n",
		c.name, c.left.name, cycles, c.held, total.Opened, total.Closed, total.Failed, before.total(), after.total(),
		before.goroutines, after.goroutines, len(before.siblings), len(after.siblings), at(0.5), at(0.99), before.rss/mib, after.rss/mib)
}

// quiet waits until the slot's site has no connection left.
func (c *cycler) quiet() {
	s := c.harness.slotOf(puppetName)
	deadline := time.Now().Add(patience)
	for {
		site := s.openedSite()
		if site == nil || site.Connections() == 0 {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("%d connections are still open", site.Connections())
		}
		time.Sleep(time.Millisecond)
	}
}
