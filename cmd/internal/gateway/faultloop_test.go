package gateway

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/config"
	"innkeeper/runtime/supervisor"
)

// everyFault makes TestEveryHostOperationMayFail fail each operation in turn: `go test -v -run TestEveryHostOperationMayFail
// ./cmd/internal/gateway -args -faults`. Without the flag it fails a few of each scenario, spread over it.
var everyFault = flag.Bool("faults", false, "fail every host operation in TestEveryHostOperationMayFail, not a few of each scenario")

// Fail the first host operation of a scenario, then the second, and so on until it runs through without meeting the last one:
// an error, a panic, a delay that is longer than the budget, or a kill meanwhile; that one alone, or every one from there on.
// Whatever fails, everything is closed, callers get an answer or an end, a neighbour serves, and the slot can start again.
func TestEveryHostOperationMayFail(t *testing.T) {
	var table strings.Builder
	fmt.Fprintf(&table, "%-15s | %-7s | %-6s | %-7s | %10s | %5s | %s\n", "scenario", "where", "how", "lasting", "operations", "runs", "ended as")
	total, began := 0, time.Now()
	for _, s := range faultScenarios() {
		t.Run(s.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, delays := range map[string]bool{"at once": false, "delayed": true} {
				t.Run(name, func(t *testing.T) {
					b := openBreaker(t, dir, s, delays)
					for _, f := range faults(delays) {
						runs, row := b.failEach(f)
						total += runs
						table.WriteString(row)
					}
				})
			}
		})
	}
	t.Logf("%d runs in %s\n%s", total, time.Since(began).Round(time.Second), &table)
}

// failEach fails one operation of the scenario after the other, in one way.
func (b *breaker) failEach(f fault) (runs int, row string) {
	b.t.Helper()
	b.use(f)
	whole := b.runThrough() // so many operations there are
	if whole.calls == 0 {
		return 0, "" // the scenario has nothing of the kind
	}
	ends, again := map[supervisor.State]int{}, 0
	for n := int64(1); ; n += b.stride(whole.calls) {
		what := fmt.Sprintf("%+v: operation %d", f, n)
		end := b.run(n)
		runs++
		b.clean(what)
		ends[end.status.State]++
		if end.calls >= n {
			continue
		}
		if end.err == nil {
			break
		}
		// Nothing failed, and still it did not run through: the machine was too busy for a budget that is short for a delay.
		if again++; again > 10 || f.mode != "delay" && !f.starves() {
			b.t.Fatalf("%s: nothing failed, but it ended as %s (%s) with: %v", what, end.status.State, end.status.Reason, end.err)
		}
		n -= b.stride(whole.calls)
	}
	b.sound()
	return runs, fmt.Sprintf("%-15s | %-7s | %-6s | %-7v | %10d | %5d | %v\n", b.scenario.name, f.seam, f.mode, f.lasting, whole.calls, runs, ends)
}

// fewFaults is how many operations of a scenario fail in the short form.
const fewFaults = 2

// stride is the distance between the operations that are failed.
func (b *breaker) stride(operations int64) int64 {
	if *everyFault {
		return 1
	}
	return operations/fewFaults + 1
}

// breaker is a gateway with a scenario, one of whose host operations fails, and a neighbour.
type breaker struct {
	*harness
	scenario faultScenario
	faults   *injector
	client   *http.Client
	before   reading
	used     [3]int64 // of the house's budgets, at rest
}

const neighbourName = "neighbour"

// openBreaker starts the gateway. The scenario's slot is paused, after it has run through once: what that leaves is the baseline.
func openBreaker(t *testing.T, dir string, s faultScenario, delays bool) *breaker {
	t.Helper()
	b := &breaker{scenario: s, faults: &injector{delay: s.stall() + 10*time.Millisecond}}
	b.faults.kill = b.kill
	b.client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	b.harness = newHarness(t, dir, plan{
		toml: s.toml(t, dir) + adapter(neighbourName, server(t, dir, "n", "hello"), quick),
		tune: func(c *config.Config) {
			if delays {
				c.Adapter(puppetName).Budgets.Stall = s.stall()
			}
		},
		agent: faultyAgent{b.faults}, fault: b.faults.call, listen: b.faults.listen,
	})
	b.start()
	b.await(neighbourName, supervisor.Connected)
	b.rest()
	b.use(fault{})
	b.runThrough()
	b.answersWith(neighbourName, "hello")
	http.DefaultClient.CloseIdleConnections()
	b.before = read(t, b.dataDir())
	const sockets = 2 // the neighbour's and the puppet's, each with a place for its next connection
	b.used = [3]int64{b.Gateway.house.memory.Use().Used, 0, 2 * sockets}
	return b
}

// budgets is how much of the house's budgets is used: memory, bytes in flight, descriptors.
func (b *breaker) budgets() [3]int64 {
	h := b.Gateway.house
	return [3]int64{h.memory.Use().Used, h.flight.Use().Used, h.descriptors.Use().Used}
}

// use sets the way in which operations go wrong from now on.
func (b *breaker) use(f fault) {
	b.faults.fault = f
	b.client.Timeout = patience
	if f.starves() {
		b.client.Timeout = 300 * time.Millisecond
	}
}

// kill ends the instance that works for the scenario, as an operator or the host would.
func (b *breaker) kill() {
	if live := b.slotOf(puppetName).generations(); len(live) > 0 {
		live[len(live)-1].Kill(errBroke)
	}
}

// ended is how a run of the scenario went.
type ended struct {
	status supervisor.Status
	calls  int64 // operations that it met
	err    error // why it did not do all it was to do
}

// run runs the scenario with its n-th operation failing; none for 0. Afterwards the slot is paused.
func (b *breaker) run(n int64) ended {
	b.t.Helper()
	b.faults.arm(n)
	err := b.scenario.drive(b)
	status := b.awaitStatus(puppetName, func(s supervisor.Status) bool {
		return s.State != supervisor.Starting && s.State != supervisor.Stopping
	})
	calls := b.faults.disarm()
	if status.State == supervisor.Failed { // then it would not be tried again, although the machine may be in order a moment later
		b.t.Errorf("operation %d: %s: %s", n, status.State, status.Reason)
	}
	if status.State == supervisor.Backoff && status.Reason == "" {
		b.t.Errorf("operation %d: it ended without a reason", n)
	}
	b.past.trim()
	b.rest()
	if b.scenario.after != nil {
		b.scenario.after(b)
	}
	return ended{status, calls, err}
}

// runThrough runs the scenario with nothing failing. A machine too busy for the budget that is short for a delay gets another try.
func (b *breaker) runThrough() (end ended) {
	b.t.Helper()
	for range 10 {
		if end = b.run(0); end.err == nil {
			return end
		}
	}
	b.t.Fatalf("with nothing failing: %v", end.err)
	return end
}

// rest pauses the slot, whatever it is doing, and lets go of connections.
func (b *breaker) rest() {
	b.t.Helper()
	b.must(b.Pause(context.Background(), puppetName))
	b.client.CloseIdleConnections()
}

// clean checks that nothing was left, and that the neighbour serves.
func (b *breaker) clean(what string) {
	b.t.Helper()
	b.answersWith(neighbourName, "hello")
	http.DefaultClient.CloseIdleConnections()
	if _, more := settle(b.t, b.dataDir(), b.before); more != "" {
		b.t.Fatalf("%s: %s\n%s", what, more, stacks())
	}
	// Connections give back what they held a moment after they are closed, without a signal.
	for deadline := time.Now().Add(5 * time.Second); b.budgets() != b.used; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("%s: budgets %v, were %v", what, b.budgets(), b.used)
		}
	}
	b.balanced(puppetName)
}

// One run in ten fails at a random operation, in a random way; the same seed gives the same failures.
func TestSoakRandomFaults(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	b := openBreaker(t, t.TempDir(), faultScenarios()[0], false)
	b.use(fault{seam: seamCalls, mode: "error"})
	operations := b.runThrough().calls
	modes := []string{"error", "panic", "cancel"} // a delay only takes long
	ended := map[supervisor.State]int{}
	for range max(*cycles, 50) {
		target := operations + 1
		if random.IntN(10) == 0 {
			target = 1 + random.Int64N(operations)
		}
		b.faults.mode = modes[random.IntN(len(modes))]
		ended[b.run(target).status.State]++
	}
	b.clean("at the end")
	b.sound()
	now := read(t, b.dataDir())
	t.Logf("ended as %v; descriptors %d > %d, goroutines %d > %d, RSS %d > %d MiB", ended, b.before.total(), now.total(),
		b.before.goroutines, now.goroutines, b.before.rss>>20, now.rss>>20)
	if ended[supervisor.Backoff] == 0 || ended[supervisor.Connected] == 0 {
		t.Errorf("%v", ended)
	}
}
