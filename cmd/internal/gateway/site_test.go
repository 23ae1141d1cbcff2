package gateway

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"innkeeper/runtime/supervisor"
)

// corsManifest is a puppet behind a key, whose operator names origins.
const corsManifest = keyedManifest + `cors_origins = { type = "strings" }
`

// asks sends a request and returns its status and the origin that may read the answer.
func (h *harness) asks(name, key, origin string) (status int, allowed string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.url(name), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode, response.Header.Get("Access-Control-Allow-Origin")
}

// What a reload says of a site holds, also where the address stays: above all an old key is none any more.
func TestReloadPutsTheSitesRulesInForce(t *testing.T) {
	const other, origin = "W3nNq8ZcUr5Hb1Ky6TfP", "https://app.example"
	dir := t.TempDir()
	p := newPuppet()
	manifest := strings.Replace(corsManifest, `key = "key"`, "key = \"key\"\ncors = \"cors_origins\"", 1)
	file := p.main(p.serve("hello")).write(t, dir, puppetName, manifest)
	with := func(key, more string) string { return adapter(puppetName, file, quick, `key = "`+key+`"`, more) }
	h := openIn(t, dir, plan{toml: with(goodKey, "")})
	h.await(puppetName, supervisor.Connected)
	address := h.url(puppetName)
	check := func(what, key, from string, want int, wantOrigin string) {
		t.Helper()
		if status, allowed := h.asks(puppetName, key, from); status != want || allowed != wantOrigin {
			t.Errorf("%s: %d, origin %q; want %d, %q", what, status, allowed, want, wantOrigin)
		}
	}
	check("the key", goodKey, "", 200, "")
	check("a page", goodKey, origin, 403, "")

	h.reloads(with(other, ""), puppetName)
	h.await(puppetName, supervisor.Connected)
	check("the old key", goodKey, "", 401, "")
	check("the new key", other, "", 200, "")

	h.reloads(with(other, `cors_origins = ["`+origin+`"]`), puppetName)
	h.await(puppetName, supervisor.Connected)
	check("a page that may call now", other, origin, 200, origin)

	h.reloads(with(other, `limits = { max_concurrent = 1, max_header = "8KiB" }`), puppetName)
	h.await(puppetName, supervisor.Connected)
	check("a page that may not call any more", other, origin, 403, "")
	check("a head that is too large now", other+strings.Repeat("x", 9<<10), "", 431, "")
	if got := h.url(puppetName); got != address {
		t.Errorf("moved from %s to %s", address, got)
	}
}

// Without its key an adapter does not run, and its address is nobody's.
func TestReloadWithoutTheKeyGivesTheAddressBack(t *testing.T) {
	dir := t.TempDir()
	p := newPuppet()
	file := p.main(p.serve("hello")).write(t, dir, puppetName, keyedManifest)
	h := openIn(t, dir, plan{toml: adapter(puppetName, file, quick, `key = "`+goodKey+`"`)})
	h.await(puppetName, supervisor.Connected)
	address := strings.Trim(strings.TrimPrefix(h.url(puppetName), "http://"), "/")
	h.reloads(adapter(puppetName, file, quick), puppetName)
	h.await(puppetName, supervisor.Unconfigured)
	h.Gateway.background.Wait()
	if a := h.Status().Adapters[0]; a.Listen != "" {
		t.Errorf("still at %s", a.Listen)
	}
	if c, err := net.Dial("tcp", address); err == nil {
		_ = c.Close()
		t.Errorf("%s takes connections", address)
	}
	h.reloads(adapter(puppetName, file, quick, `key = "`+goodKey+`"`), puppetName)
	h.await(puppetName, supervisor.Connected)
	if status, _ := h.asks(puppetName, goodKey, ""); status != 200 {
		t.Errorf("with the key again: %d", status)
	}
}

// Whoever hears that an adapter is connected can call it.
func TestConnectedIsSaidOfWhatAnswers(t *testing.T) {
	dir := t.TempDir()
	early := atomic.Int32{}
	var started atomic.Pointer[Gateway]
	h := newHarness(t, dir, plan{toml: adapter(puppetName, server(t, dir, "m", "hello"), quick), observe: func(name string, s supervisor.Status) {
		g := started.Load()
		if g == nil || s.State != supervisor.Connected || s.Predecessor != 0 {
			return
		}
		if slot, err := g.slot(name); err == nil && !slot.attached() {
			early.Add(1)
		}
	}})
	h.start()
	started.Store(h.Gateway)
	h.await(puppetName, supervisor.Connected)
	for range 40 {
		h.must(h.Restart(context.Background(), puppetName))
	}
	if n := early.Load(); n != 0 {
		t.Errorf("%d times nobody could be answered", n)
	}
}

// A change that gives an address up and has to wait leaves what runs reachable.
func TestWaitingChangeKeepsASite(t *testing.T) {
	dir := t.TempDir()
	free := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}
	here, there := `listen = "`+free()+`"`, `listen = "`+free()+`"`
	p := newPuppet()
	file := p.stays("old").write(t, dir, "m", sharedManifest)
	other := server(t, dir, "o", "other")
	h := openIn(t, dir, plan{toml: adapter(puppetName, file, quick, here)})
	h.await(puppetName, supervisor.Connected)
	p = newPuppet()
	p.passes("new").write(t, dir, "m", sharedManifest)
	h.must(h.Restart(context.Background(), puppetName)) // its predecessor stays for a request

	h.configure(adapter(puppetName, file, quick, there) + adapter("other", other, quick, here))
	done, err := h.Gateway.Reload(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	h.awaitStatus(puppetName, func(s supervisor.Status) bool { return s.Update.State == supervisor.UpdateWaiting })
	h.await("other", supervisor.Connected)
	h.answersWith("other", "other")
	h.answersWith(puppetName, "old") // at its new address, passed to the predecessor, which ends with that
	h.must(done.Wait(context.Background()))
	h.answersWith(puppetName, "new")
}
