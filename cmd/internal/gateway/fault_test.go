package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/config"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/supervisor"
)

// scenario is a guest's whole life: a database, a request, a turn, a stream, the end.
func scenario() *puppet {
	p := newPuppet()
	exchange, buffer := p.loaded(3), wt.I32Const(p.events)+wt.I32Const(eventBytes)
	return p.main(
		p.positive(p.host("lifecycle.info", buffer)),
		p.positive(p.host("config.read", buffer)),
		p.must(0, p.host("log.write", wt.I32Const(0), p.text("here"), p.text(""))),
		p.openDatabase(),
		p.exec("CREATE TABLE IF NOT EXISTS t(x)"),
		p.exec("BEGIN IMMEDIATE"),
		p.prepare("INSERT INTO t VALUES(?)"),
		p.must(0, p.host("sqlite.bind_text", p.loaded(1), wt.I32Const(1), p.text("a row"))),
		p.step(101),
		p.must(0, p.host("sqlite.reset", p.loaded(1))),
		p.must(0, p.host("sqlite.finalize", p.loaded(1))),
		p.exec("COMMIT"),
		p.prepare("SELECT x FROM t"),
		p.step(100),
		p.positive(p.host("sqlite.row", p.loaded(1), buffer)),
		p.ready(),
		p.await(abi.EventHTTPRequest), p.saved(3, p.eventHandle()),
		p.positive(p.host("http.headers", exchange, buffer)),
		p.positive(p.host("http.body", exchange, buffer)),
		p.ask(),
		p.await(abi.EventAgentDone),
		p.must(0, p.host("http.begin", exchange, wt.I32Const(200), p.text("content-type: text/plain\n"))),
		p.must(0, p.host("http.write", exchange, p.text("answer"))),
		p.must(0, p.host("http.end", exchange)),
		p.must(0, p.host("sqlite.close", p.loaded(0))),
		p.exit(0),
	)
}

// modes are the ways in which a host operation can go wrong.
func modes() map[string]func(h *harness) (int32, bool) {
	return map[string]func(h *harness) (int32, bool){
		"error": func(*harness) (int32, bool) { return abi.EIO.Result(), true },
		"panic": func(*harness) (int32, bool) { panic(errBroke) },
		"delay": func(*harness) (int32, bool) {
			time.Sleep(scenarioStall + 10*time.Millisecond) // the operation itself is what takes too long
			return 0, false
		},
		"cancel": func(h *harness) (int32, bool) {
			s, err := h.slot(puppetName)
			if err != nil {
				panic(err)
			}
			s.generations()[0].Kill(errBroke)
			return 0, false
		},
	}
}

// scenarioStall is the stall budget while operations are delayed; the other modes have a long one.
const scenarioStall = 40 * time.Millisecond

// Fail the first host operation of a scenario, then the second, and so on until it runs through: whatever fails, in whatever
// way, everything is closed, the caller hears of it, a neighbour serves, and the next generation can start.
func TestEveryHostOperationMayFail(t *testing.T) {
	stalls := map[string]time.Duration{"delay": scenarioStall}
	for name, fail := range modes() {
		t.Run(name, func(t *testing.T) { failEach(t, stalls[name], fail) })
	}
}

// breaker is a gateway with the scenario, one of whose host operations fails.
type breaker struct {
	*harness
	target int64 // number of the operation; 0: none
	fail   func(*harness) (int32, bool)
	calls  atomic.Int64
	before reading
}

// openBreaker starts the gateway. Its first run, with nothing failing, is the baseline.
func openBreaker(t *testing.T, stall time.Duration) *breaker {
	b := &breaker{}
	dir := t.TempDir()
	b.harness = newHarness(t, dir, plan{
		toml: adapter(puppetName, scenario().write(t, dir, "m", puppetManifest), `backoff = { initial = "1h", max = "1h" }`),
		tune: func(c *config.Config) {
			if stall > 0 {
				c.Adapters[0].Budgets.Stall = stall
			}
		},
		fault: func(string, string) (int32, bool) {
			if b.calls.Add(1) != b.target {
				return 0, false
			}
			return b.fail(b.harness)
		},
	})
	b.start()
	b.runScenario()
	http.DefaultClient.CloseIdleConnections()
	b.before = read(t, b.dataDir())
	return b
}

// run runs the scenario with one operation failing.
func (b *breaker) run(target int64, fail func(*harness) (int32, bool)) supervisor.Status {
	b.t.Helper()
	b.calls.Store(0)
	b.target, b.fail = target, fail
	b.begun(b.Restart(context.Background(), puppetName))
	return b.runScenario()
}

// clean checks that nothing was left.
func (b *breaker) clean(what string) {
	b.t.Helper()
	http.DefaultClient.CloseIdleConnections()
	if _, more := settle(b.t, b.dataDir(), b.before); more != "" {
		b.t.Fatalf("%s: %s\n%s", what, more, stacks())
	}
	b.balanced(puppetName)
}

func failEach(t *testing.T, stall time.Duration, fail func(*harness) (int32, bool)) {
	dir := t.TempDir()
	neighbour := openIn(t, dir, plan{toml: adapter(puppetName, server(t, dir, "n", "hello"), quick)})
	neighbour.await(puppetName, supervisor.Connected)
	b := openBreaker(t, stall)
	again := 0
	for n := int64(1); ; n++ {
		end := b.run(n, fail)
		b.clean(fmt.Sprintf("operation %d", n))
		neighbour.answersWith(puppetName, "hello")
		switch {
		case b.calls.Load() >= n:
		case end.State == supervisor.Stopped:
			if n < 30 {
				t.Errorf("the scenario has only %d operations", n-1)
			}
			b.sound()
			return
		case again > 10 || stall == 0:
			t.Fatalf("operation %d: nothing failed, but it ended as %s: %s", n, end.State, end.Reason)
		default: // the machine was too busy for the short budget
			again++
			n--
		}
	}
}

// One run in ten fails at a random operation, in a random way; the same seed gives the same failures.
func TestSoakRandomFaults(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	ways := modes()
	names := []string{"error", "panic", "cancel"} // a delay only takes long
	b := openBreaker(t, 0)
	ended := map[supervisor.State]int{}
	for range max(*cycles, 50) {
		target, way := int64(0), names[random.IntN(len(names))]
		if random.IntN(10) == 0 {
			target = 1 + random.Int64N(40)
		}
		ended[b.run(target, ways[way]).State]++
		b.past.trim()
	}
	b.clean("at the end")
	b.sound()
	now := read(t, b.dataDir())
	t.Logf("ended as %v; descriptors %d > %d, goroutines %d > %d, RSS %d > %d MiB", ended, b.before.total(), now.total(),
		b.before.goroutines, now.goroutines, b.before.rss>>20, now.rss>>20)
	if ended[supervisor.Backoff] == 0 || ended[supervisor.Stopped] == 0 || ended[supervisor.Failed] > 0 {
		t.Errorf("%v", ended)
	}
}

// runScenario brings a request once the puppet is connected, and waits until the slot is at rest.
func (h *harness) runScenario() supervisor.Status {
	h.t.Helper()
	h.await(puppetName, supervisor.Starting)
	status := h.await(puppetName, supervisor.Connected, supervisor.Stopped, supervisor.Backoff, supervisor.Failed)
	if status.State != supervisor.Connected {
		return status
	}
	response, err := http.Post(h.url(puppetName), "text/plain", strings.NewReader("body"))
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		// Cut while the head of a stream was on its way.
		return h.await(puppetName, supervisor.Stopped, supervisor.Backoff, supervisor.Failed)
	}
	if err != nil {
		h.t.Fatalf("the caller got no answer: %v", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	switch {
	case response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") != "":
	case response.StatusCode == http.StatusOK && (err != nil || string(body) == "answer"): // cut, or whole
	default:
		h.t.Errorf("the caller got %s: %q, %v", response.Status, body, err)
	}
	return h.await(puppetName, supervisor.Stopped, supervisor.Backoff, supervisor.Failed)
}

// sound checks the puppet's database.
func (h *harness) sound() {
	h.t.Helper()
	db, err := sqlite3.Open(filepath.Join(h.dataDir(), puppetName, "main.db"))
	if err != nil {
		h.t.Fatal(err)
	}
	defer db.Close()
	check, _, err := db.Prepare("PRAGMA integrity_check")
	if err != nil {
		h.t.Fatal(err)
	}
	defer check.Close()
	if !check.Step() || check.ColumnText(0) != "ok" {
		h.t.Errorf("integrity check: %q, %v", check.ColumnText(0), check.Err())
	}
}
