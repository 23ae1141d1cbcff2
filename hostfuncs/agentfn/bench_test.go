package agentfn_test

import (
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/agent/echo"
)

// BenchmarkTurn is one turn with the echo agent and an answer of ten words, from start to the last event fetched.
func BenchmarkTurn(b *testing.B) {
	h := newHarness(b, echo.New(echo.Config{}))
	defer h.close()
	request := []byte(`{"model":"echo","messages":[{"role":"user","content":"the innkeeper has them all back when you check out"}]}`)
	events := 0
	b.ReportAllocs()
	for b.Loop() {
		if r := h.agent.Start(request); r < 0 {
			b.Fatal(abi.FromResult(r))
		}
		for h.ledger.Open() > 0 {
			h.events.Wait(-1)
			for h.events.Recv(h.buffer) > 0 {
				events++
			}
		}
	}
	b.ReportMetric(float64(events)/float64(b.N), "events/turn")
}
