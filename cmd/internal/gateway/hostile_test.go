package gateway

import (
	"net/http"
	"runtime"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/supervisor"
)

// A guest that never comes back is ended within its stall budget. Meanwhile another one serves and garbage is collected.
func TestEndlessLoopHurtsNobodyElse(t *testing.T) {
	for name, spin := range map[string]func(p *puppet){
		"in a handler":         func(p *puppet) { p.main(p.ready(), p.mark(), wt.Forever(wt.Nop)) },
		"in the start section": func(p *puppet) { p.b.StartSection(p.b.Func("", "", "", "", p.mark(), wt.Forever(wt.Nop))); p.main() },
		"recursion, no loop": func(p *puppet) {
			mark := p.mark()
			fib := fibonacci(p)
			p.main(mark, wt.I32Const(60), wt.Call(fib), wt.Drop)
		},
		"in a loop of no body ": func(p *puppet) { p.main(p.mark(), wt.Forever()) },
	} {
		t.Run(name, func(t *testing.T) {
			spinning := make(chan struct{}, 8)
			dir := t.TempDir()
			p := newPuppet()
			spin(p)
			loop := p.write(t, dir, "loop", puppetManifest)
			h := openIn(t, dir, plan{
				toml: adapter("loop", loop, `backoff = { initial = "1h", max = "1h" }`, `budgets = { stall = "300ms" }`) +
					adapter(puppetName, server(t, dir, "m", "hello"), quick),
				fault: func(family, _ string) (int32, bool) {
					if family == "config" {
						spinning <- struct{}{}
					}
					return 0, family == "config"
				},
			})
			h.await(puppetName, supervisor.Connected)
			<-spinning
			for range 3 {
				runtime.GC() // would never return if the guest could not be interrupted
				if status, body := h.get(puppetName); status != http.StatusOK || body != "hello" {
					t.Errorf("the neighbour: %d %s", status, body)
				}
			}
			if status := h.await("loop", supervisor.Backoff); !strings.HasPrefix(status.Reason, "stall: ") {
				t.Error(status.Reason)
			}
		})
	}
}

// fibonacci is a function that calls itself for years without a loop.
func fibonacci(p *puppet) uint32 {
	fib := p.b.Declare(wt.I32, wt.I32)
	less := func(n int) wt.Code { return wt.LocalGet(0) + wt.I32Const(n) + wt.I32Sub + wt.Call(fib) }
	p.b.Define(fib, "", wt.LocalGet(0), wt.I32Const(2), wt.I32LtS, wt.If(wt.LocalGet(0), wt.Return), less(1), less(2), wt.I32Add)
	return fib
}

// A client that stops reading a stream is cut, and the guest hears of it; what waits for the client is bounded all the while.
func TestClientThatStopsReading(t *testing.T) {
	p := newPuppet()
	p.main(p.ready(), p.await(abi.EventHTTPRequest), p.saved(3, p.eventHandle()),
		p.must(0, p.host("http.begin", p.loaded(3), wt.I32Const(200), p.text("content-type: text/plain\n"))),
		p.ask(), // a turn whose answer nobody will hear
		wt.Loop( // until the client has left
			p.saved(0, p.host("http.write", p.loaded(3), wt.I32Const(p.events), wt.I32Const(eventBytes))),
			p.loaded(0), wt.I32Eqz, wt.BrIf(0),
			p.loaded(0), wt.I32Const(abi.EAGAIN.Result()), wt.I32Eq, wt.If(
				p.host("event.wait", wt.I64Const(-1)), wt.Drop,
				p.host("event.recv", wt.I32Const(p.events), wt.I32Const(eventBytes)), wt.Drop, wt.Br(1))),
		p.must(int(abi.EPIPE.Result()), p.loaded(0)), p.exit(0))
	dir := t.TempDir()
	h := openIn(t, dir, plan{agent: hanging{}, toml: adapter(puppetName, p.write(t, dir, "m", puppetManifest), quick,
		`limits = { write_stall_timeout = "100ms" }`)})
	h.await(puppetName, supervisor.Connected)
	before := read(t, h.dataDir())
	c, err := dial(strings.TrimSuffix(strings.TrimPrefix(h.url(puppetName), "http://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.drop()
	if err := c.send(); err != nil {
		t.Fatal(err)
	}
	if status := h.await(puppetName, supervisor.Stopped, supervisor.Backoff, supervisor.Failed); status.State != supervisor.Stopped {
		t.Errorf("%+v", status)
	}
	h.balanced(puppetName)
	c.drop()
	if _, more := settle(t, h.dataDir(), before); more != "" {
		t.Error(more)
	}
}
