package gateway

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"innkeeper/runtime/supervisor"
)

// soakSlow is TestSoak for ends that take longer: one of them is gone through a hundredth of the cycles, and ten times at least.
func soakSlow(t *testing.T, h *harness, logs *counter, cycle func()) {
	t.Helper()
	neighbour, err := keepAsking(h.slotOf(neighbourName).status().Listen)
	if err != nil {
		t.Fatal(err)
	}
	s := &sampler{harness: h, neighbour: neighbour, logs: logs}
	cycle() // what the first one leaves is the baseline
	before := read(t, h.dataDir())
	n := max(*cycles/100, 10)
	for i := range n {
		cycle()
		h.past.trim()
		if i%max(n/samplesOfARow, 1) == 0 {
			s.look(i)
		}
	}
	if _, more := settle(t, h.dataDir(), before); more != "" {
		t.Errorf("after %d cycles: %s\n%s", n, more, stacks())
	}
	asked, err := neighbour.finish()
	if err != nil {
		t.Errorf("the neighbour: %v", err)
	}
	h.balanced(puppetName)
	var names []string
	for _, q := range quantities {
		names = append(names, q.name)
	}
	t.Logf("%d cycles; the neighbour answered %d times\n%s\n%s", n, asked, strings.Join(names, " | "), s.judge(t))
}

// An instance that cannot be closed in time is taken over by the host, again and again: nothing of any of them stays.
func TestSoakTakenOver(t *testing.T) {
	dir, logs := t.TempDir(), &counter{}
	var hang atomic.Bool
	back, called := make(chan struct{}), make(chan struct{}, 1)
	p := newPuppet()
	file := p.main(p.openDatabase(), p.ready(), p.mark(), p.idle()).write(t, dir, "m", puppetManifest)
	h := openIn(t, dir, plan{
		logs: logs,
		toml: adapter(puppetName, file, `budgets = { stall = "20ms", close = "20ms" }`, `backoff = { initial = "1h", max = "1h" }`) +
			adapter(neighbourName, server(t, dir, "n", "hello"), quick),
		fault: func(family, _ string) (int32, bool) {
			if family == "config" && hang.Load() {
				called <- struct{}{}
				<-back
			}
			return 0, family == "config"
		},
	})
	h.await(neighbourName, supervisor.Connected)
	h.must(h.Pause(t.Context(), puppetName))
	soakSlow(t, h, logs, func() {
		hang.Store(true)
		h.begun(h.Resume(context.Background(), puppetName))
		<-called
		h.awaitStatus(puppetName, func(s supervisor.Status) bool { return s.State == supervisor.Backoff })
		hang.Store(false)
		back <- struct{}{}
		h.takenOverIsClosed()
		h.must(h.Pause(context.Background(), puppetName))
	})
}
