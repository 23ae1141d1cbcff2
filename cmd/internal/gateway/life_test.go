package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/supervisor"
)

// server writes a module that answers every request with body.
func server(t *testing.T, dir, name, body string) string {
	t.Helper()
	p := newPuppet()
	return p.main(p.serve(body)).write(t, dir, name, puppetManifest)
}

// A port in use is one failure with a reason, and nothing is tried again before a person asks.
func TestPortInUseFailsOnce(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	dir := t.TempDir()
	h := openIn(t, dir, plan{toml: adapter(puppetName, server(t, dir, "m", "hello"), quick, `listen = "`+other.Addr().String()+`"`)})
	status := h.await(puppetName, supervisor.Failed)
	if !strings.HasPrefix(status.Reason, "listen: ") || !strings.Contains(status.Reason, other.Addr().String()) || status.Attempts != 1 {
		t.Errorf("%+v", status)
	}
	if err := h.Restart(context.Background(), puppetName); !errors.Is(err, supervisor.ErrNotReady) {
		t.Fatal(err)
	}
	h.await(puppetName, supervisor.Failed)
	other.Close()
	h.must(h.Restart(context.Background(), puppetName))
	h.await(puppetName, supervisor.Connected)
	if status, body := h.get(puppetName); status != http.StatusOK || body != "hello" {
		t.Errorf("%d %s", status, body)
	}
	want := []supervisor.State{supervisor.Starting, supervisor.Failed, supervisor.Starting, supervisor.Failed, supervisor.Starting, supervisor.Connected}
	if states := h.states(puppetName); !slices.Equal(states, want) {
		t.Errorf("%v", states)
	}
}

// saved stores code's result in a word of the results.
func (p *puppet) saved(i int, code wt.Code) wt.Code { return p.result(i) + code + wt.I32Store }

// streamer begins a stream on a request and does something when it is told to end.
func streamer(p *puppet, atEnd func(exchange wt.Code) wt.Code) *puppet {
	exchange := p.loaded(3)
	return p.main(p.ready(), p.await(abi.EventHTTPRequest), p.saved(3, p.eventHandle()),
		p.must(0, p.host("http.begin", exchange, wt.I32Const(200), p.text("content-type: text/plain\n"))),
		p.must(0, p.host("http.write", exchange, p.text("first "))),
		p.await(abi.EventShutdown), atEnd(exchange))
}

// Stopping lets an open stream come to its end.
func TestStopDrains(t *testing.T) {
	p := newPuppet()
	streamer(p, func(exchange wt.Code) wt.Code {
		return p.must(0, p.host("http.write", exchange, p.text("last"))) + p.must(0, p.host("http.end", exchange)) + p.exit(0)
	})
	dir := t.TempDir()
	h := openIn(t, dir, plan{toml: adapter(puppetName, p.write(t, dir, "m", puppetManifest), quick)})
	h.await(puppetName, supervisor.Connected)
	response, err := http.Get(h.url(puppetName))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	stopped := make(chan error, 1)
	go func() { stopped <- h.Stop(context.Background()) }()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "first last" {
		t.Errorf("%q, %v", body, err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	h.balanced(puppetName)
	if states := h.states(puppetName); !slices.Equal(states[2:], []supervisor.State{supervisor.Stopping, supervisor.Stopped}) {
		t.Errorf("%v", states)
	}
}

// A guest that does not end when it is told to is ended when the drain budget is over, and its stream is cut.
func TestStopCutsWhatDoesNotDrain(t *testing.T) {
	for name, ignore := range map[string]func(p *puppet) wt.Code{
		"waits": func(p *puppet) wt.Code {
			return wt.Forever(p.host("event.wait", wt.I64Const(-1)), wt.Drop, p.host("event.recv", wt.I32Const(p.events), wt.I32Const(eventBytes)), wt.Drop)
		},
		"spins": func(*puppet) wt.Code { return wt.Forever(wt.Nop) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPuppet()
			streamer(p, func(wt.Code) wt.Code { return ignore(p) })
			dir := t.TempDir()
			h := openIn(t, dir, plan{toml: adapter(puppetName, p.write(t, dir, "m", puppetManifest), `budgets = { drain = "50ms" }`)})
			h.await(puppetName, supervisor.Connected)
			response, err := http.Get(h.url(puppetName))
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			h.must(h.Stop(context.Background()))
			if body, err := io.ReadAll(response.Body); err == nil {
				t.Errorf("a cut stream looks whole: %q", body)
			}
			h.balanced(puppetName)
		})
	}
}

// Stopping works in every state that a slot can be in, and is quick where nothing runs.
func TestStopInEveryState(t *testing.T) {
	p := newPuppet()
	idle := p.main(p.ready(), p.idle())
	p = newPuppet()
	fails := p.main(p.exit(78))
	p = newPuppet()
	crashes := p.main(wt.Unreachable)
	p = newPuppet()
	ends := p.main(p.exit(0))
	p = newPuppet()
	starts := p.main(p.idle()) // it never says that it is ready
	for state, guest := range map[supervisor.State]*puppet{
		supervisor.Connected: idle, supervisor.Failed: fails, supervisor.Backoff: crashes, supervisor.Stopped: ends,
		supervisor.Starting: starts, supervisor.Paused: idle,
	} {
		t.Run(string(state), func(t *testing.T) {
			dir := t.TempDir()
			h := openIn(t, dir, plan{toml: adapter(puppetName, guest.write(t, dir, "m", puppetManifest), `backoff = { initial = "1h", max = "1h" }`)})
			if state == supervisor.Paused {
				h.must(h.Pause(context.Background(), puppetName))
			}
			h.await(puppetName, state)
			h.must(h.Stop(context.Background()))
			h.balanced(puppetName)
			if now := h.slotOf(puppetName).status(); now.State != "stopped" || now.Listen != "" {
				t.Errorf("%+v", now)
			}
			if err := h.Restart(context.Background(), puppetName); !errors.Is(err, ErrStopped) {
				t.Errorf("restart after the end: %v", err)
			}
		})
	}
}

// An operator can stop an adapter from running and let it go on; callers are told to come back all the time.
func TestPauseAndResume(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	h := openIn(t, dir, plan{toml: adapter(puppetName, server(t, dir, "m", "hello"), quick)})
	h.await(puppetName, supervisor.Connected)
	if err := h.Resume(ctx, puppetName); !errors.Is(err, supervisor.ErrRefused) {
		t.Errorf("resume of what runs: %v", err)
	}
	h.must(h.Pause(ctx, puppetName))
	h.await(puppetName, supervisor.Paused)
	h.unavailable("paused")
	h.balanced(puppetName)
	if err := h.Restart(ctx, puppetName); !errors.Is(err, supervisor.ErrRefused) {
		t.Errorf("restart while paused: %v", err)
	}
	h.must(h.Resume(ctx, puppetName))
	if status := h.await(puppetName, supervisor.Connected); status.Generation != 2 {
		t.Errorf("generation %d", status.Generation)
	}
	if status, body := h.get(puppetName); status != http.StatusOK || body != "hello" {
		t.Errorf("%d %s", status, body)
	}
	for command, run := range map[string]func(context.Context, string) error{"restart": h.Restart, "pause": h.Pause, "resume": h.Resume} {
		if err := run(ctx, "nobody"); !errors.Is(err, ErrUnknownAdapter) {
			t.Errorf("%s nobody: %v", command, err)
		}
	}
}
