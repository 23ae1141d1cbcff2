package gateway

import (
	"net/http"
	"testing"

	"innkeeper/runtime/supervisor"
)

// A request that the guest does not begin to answer in time is answered by the host, and the adapter stays connected.
func TestOverdueRequest(t *testing.T) {
	p := newPuppet()
	dir := t.TempDir()
	module := p.main(p.ready(), p.idle()).write(t, dir, "m", puppetManifest)
	h := openIn(t, dir, plan{toml: adapter(puppetName, module, quick, `limits = { answer_timeout = "20ms" }`)})
	h.await(puppetName, supervisor.Connected)
	for range 3 {
		response, err := http.Get(h.url(puppetName))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusGatewayTimeout || response.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%d %s", response.StatusCode, response.Header.Get("Content-Type"))
		}
	}
	if a := h.Status().Adapters[0]; a.State != string(supervisor.Connected) || a.Generation != 1 {
		t.Errorf("%s, generation %d", a.State, a.Generation)
	}
}
