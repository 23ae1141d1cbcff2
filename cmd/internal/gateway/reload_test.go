package gateway

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"innkeeper/runtime/agent"
	"innkeeper/runtime/config"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/supervisor"
)

// reloads puts another configuration in force and checks which adapters were touched.
func (h *harness) reloads(toml string, touched ...string) {
	h.t.Helper()
	h.configure(toml)
	got, err := h.Reload(context.Background())
	if err != nil || !slices.Equal(got, touched) {
		h.t.Fatalf("reload touched %v, want %v: %v", got, touched, err)
	}
}

// answersWith checks that an adapter serves.
func (h *harness) answersWith(name, want string) {
	h.t.Helper()
	if status, body := h.get(name); status != http.StatusOK || body != want {
		h.t.Errorf("%s: %d %q, want %q", name, status, body, want)
	}
}

// With a configuration that cannot be used everything stays as it is.
func TestReloadOfABrokenFileChangesNothing(t *testing.T) {
	dir := t.TempDir()
	good := adapter(puppetName, server(t, dir, "m", "hello"), quick)
	h := openIn(t, dir, plan{toml: good})
	h.await(puppetName, supervisor.Connected)
	for name, toml := range map[string]string{
		"no TOML":           "[adapters.puppet\n",
		"unknown key":       good + "\n[agent]\nkimd = \"echo\"\n",
		"wrong type":        strings.Replace(good, `"1ms"`, "true", 1),
		"duplicate adapter": good + good,
		"unknown builtin":   good + adapter("other", "builtin:nothing"),
		"two at an address": good + adapter("a", dir+"/m.wasm", `listen = "127.0.0.1:4711"`) + adapter("b", dir+"/m.wasm", `listen = "127.0.0.1:4711"`),
		"few descriptors":   "[limits]\ndescriptors = 1\n" + good,
		"other data folder": "", // below
	} {
		h.configure(toml)
		if name == "other data folder" {
			h.plan.tune = func(c *config.Config) { c.DataDir += "2" }
		}
		touched, err := h.Reload(context.Background())
		h.plan.tune = nil
		var problems config.Errors
		isFew := errors.Is(err, ErrDescriptors)
		if isData := errors.Is(err, ErrDataDir); len(touched) > 0 || !isData && !isFew && !errors.As(err, &problems) || isData != (toml == "") {
			t.Errorf("%s: %v, %v", name, touched, err)
		}
		h.answersWith(puppetName, "hello")
	}
	if a := h.Status().Adapters; len(a) != 1 || a[0].Generation != 1 || a[0].State != "connected" {
		t.Errorf("%+v", a)
	}
	h.reloads(good) // nothing changed, nothing is touched
	h.answersWith(puppetName, "hello")
}

// Callers do not notice a reload but for an answer that says when to come back: connections are kept when the listener's
// settings stay the same, and the socket is kept even if they do not.
func TestReloadUnderLoad(t *testing.T) {
	fresh := &http.Transport{DisableKeepAlives: true}
	for name, c := range map[string]struct {
		lines     string
		transport http.RoundTripper
	}{
		"same listener, kept connections":   {`note = "other"`, http.DefaultTransport},
		"same listener, new connections":    {`note = "other"`, fresh},
		"another listener, new connections": {`limits = { max_body = "1MiB" }`, fresh},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := server(t, dir, "m", "hello")
			one, other := adapter(puppetName, file, quick), adapter(puppetName, file, quick, c.lines)
			h := openIn(t, dir, plan{toml: one})
			h.await(puppetName, supervisor.Connected)
			address := h.url(puppetName)
			load := h.underLoad(c.transport)
			for range 5 {
				for _, toml := range []string{other, one} {
					h.reloads(toml, puppetName)
					h.await(puppetName, supervisor.Connected)
					load.answers(3)
				}
			}
			load.end()
			a := h.Status().Adapters[0]
			if a.Generation != 11 {
				t.Errorf("generation %d", a.Generation)
			}
			if h.url(puppetName) != address {
				t.Errorf("moved from %s to %s", address, h.url(puppetName))
			}
			if a.Handles.Opened < uint64(load.ok.Load()) {
				t.Errorf("%d handles counted for %d answers: a reload forgot some", a.Handles.Opened, load.ok.Load())
			}
		})
	}
}

// Adapters come and go with a reload, and their numbers are not used again when they come back.
func TestReloadAddsAndRemoves(t *testing.T) {
	dir := t.TempDir()
	one := adapter("one", server(t, dir, "m1", "first"), quick)
	two := adapter("two", server(t, dir, "m2", "second"), quick)
	h := openIn(t, dir, plan{toml: one})
	h.await("one", supervisor.Connected)
	h.reloads(one+two, "two")
	h.await("two", supervisor.Connected)
	h.answersWith("one", "first")
	h.answersWith("two", "second")
	address := strings.TrimPrefix(strings.TrimSuffix(h.url("one"), "/"), "http://")
	h.reloads(two, "one")
	if conn, err := net.Dial("tcp", address); err == nil {
		conn.Close()
		t.Error("what was removed still listens")
	}
	if _, err := h.slot("one"); !errors.Is(err, ErrUnknownAdapter) {
		t.Errorf("%v", err)
	}
	h.reloads(one+two, "one")
	if status := h.await("one", supervisor.Connected); status.Generation != 2 {
		t.Errorf("generation %d", status.Generation)
	}
	h.answersWith("one", "first")
	if got := h.slotOf("one").status().Handles; got.Opened != 2 || got.Closed != 2 {
		t.Errorf("handles over all generations: %+v", got)
	}
}

// An address may go from one adapter to another in one reload, and two may swap theirs.
func TestReloadMovesAddresses(t *testing.T) {
	for name, build := range map[string]func(t *testing.T, dir, name, body string) string{"exclusive": server, "sharing": sharing} {
		t.Run(name, func(t *testing.T) { movesAddresses(t, build) })
	}
}

func movesAddresses(t *testing.T, build func(t *testing.T, dir, name, body string) string) {
	dir := t.TempDir()
	first, second := build(t, dir, "m1", "first"), build(t, dir, "m2", "second")
	at := func(address string) string { return `listen = "` + address + `"` }
	a, b := freeAddress(t), freeAddress(t)
	h := openIn(t, dir, plan{toml: adapter("one", first, quick, at(a)) + adapter("two", second, quick, at(b))})
	h.await("one", supervisor.Connected)
	h.await("two", supervisor.Connected)
	h.reloads(adapter("one", first, quick, at(b))+adapter("two", second, quick, at(a)), "one", "two")
	h.await("one", supervisor.Connected)
	h.await("two", supervisor.Connected)
	h.answersWith("one", "first")
	h.reloads(adapter("three", first, quick, at(a)), "one", "three", "two")
	h.await("three", supervisor.Connected)
	h.answersWith("three", "first")
	h.reloads(adapter("three", first, quick, at(b)), "three")
	h.await("three", supervisor.Connected)
	h.answersWith("three", "first")
	if h.url("three") != "http://"+b+"/" {
		t.Errorf("at %s, want %s", h.url("three"), b)
	}
}

// freeAddress is an address that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A module file that was replaced on disk is taken with the next restart or reload, and not before.
func TestReloadTakesAReplacedModule(t *testing.T) {
	dir := t.TempDir()
	toml := adapter(puppetName, server(t, dir, "m", "old"), quick)
	h := openIn(t, dir, plan{toml: toml})
	h.await(puppetName, supervisor.Connected)
	server(t, dir, "m", "new")
	h.answersWith(puppetName, "old")
	h.must(h.Restart(context.Background(), puppetName))
	h.await(puppetName, supervisor.Connected)
	h.answersWith(puppetName, "new")
	server(t, dir, "m", "newest")
	h.reloads(toml, puppetName)
	if status := h.await(puppetName, supervisor.Connected); status.Generation != 3 {
		t.Errorf("generation %d", status.Generation)
	}
	h.answersWith(puppetName, "newest")
	h.reloads(toml)
}

// Who asked for a reload may leave; it is carried through all the same.
func TestReloadGoesOnWithoutItsCaller(t *testing.T) {
	dir := t.TempDir()
	file := server(t, dir, "m", "hello")
	h := openIn(t, dir, plan{toml: adapter(puppetName, file, quick)})
	h.await(puppetName, supervisor.Connected)
	h.configure(adapter(puppetName, file, quick, `note = "other"`))
	ctx, leave := context.WithCancel(context.Background())
	leave()
	if _, err := h.Reload(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if status := h.await(puppetName, supervisor.Connected); status.Generation != 2 {
		t.Errorf("generation %d", status.Generation)
	}
	h.answersWith(puppetName, "hello")
}

// Stopping does not wait for a reload to start what it would end at once.
func TestStopCutsReloadShort(t *testing.T) {
	p := newPuppet()
	deaf := p.main(p.ready(), wt.Forever(p.host("event.wait", wt.I64Const(-1)), wt.Drop,
		p.host("event.recv", wt.I32Const(p.events), wt.I32Const(eventBytes)), wt.Drop))
	dir := t.TempDir()
	file := deaf.write(t, dir, "m", puppetManifest)
	const budgets = `budgets = { drain = "200ms" }`
	h := openIn(t, dir, plan{toml: adapter(puppetName, file, budgets)})
	h.await(puppetName, supervisor.Connected)
	h.configure(adapter(puppetName, file, budgets, `note = "other"`))
	reloaded := make(chan error, 1)
	go func() {
		_, err := h.Reload(context.Background())
		reloaded <- err
	}()
	h.await(puppetName, supervisor.Stopping)
	h.must(h.Stop(context.Background()))
	if err := <-reloaded; !errors.Is(err, ErrStopped) {
		t.Errorf("reload: %v", err)
	}
	h.balanced(puppetName)
	if a := h.Status().Adapters; len(a) != 1 || a[0].Generation != 1 || a[0].State != "stopped" || a[0].Listen != "" {
		t.Errorf("%+v", a)
	}
	if _, err := h.Reload(context.Background()); !errors.Is(err, ErrStopped) {
		t.Errorf("reload after the end: %v", err)
	}
}

// However many reloads and restarts come at once, they are carried out one after the other, the latest of those that wait, and nothing is lost.
func TestCommandsAtOnce(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	p := newPuppet()
	file := p.main(p.openDatabase(), p.serve("hello")).write(t, dir, "m", puppetManifest)
	toml := adapter(puppetName, file, quick)
	h := openIn(t, dir, plan{toml: toml})
	h.await(puppetName, supervisor.Connected)
	var flip atomic.Int64
	h.plan.tune = func(c *config.Config) { c.Adapters[0].Settings["note"] = strconv.FormatInt(flip.Add(1), 10) }
	before := read(t, h.dataDir())
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 5 {
				if _, err := h.Reload(ctx); err != nil && !errors.Is(err, supervisor.ErrSuperseded) {
					t.Error(err)
				}
				if err := h.Restart(ctx, puppetName); err != nil && !errors.Is(err, supervisor.ErrSuperseded) {
					t.Error(err)
				}
				h.Status()
			}
		})
	}
	group.Wait()
	h.must(h.Pause(ctx, puppetName))
	h.await(puppetName, supervisor.Paused)
	h.balanced(puppetName)
	if _, more := settle(t, h.dataDir(), before); more != "" {
		t.Error(more)
	}
	if a := h.Status().Adapters[0]; a.Generation < 2 { // what a later command overtakes is not started, on a busy machine nearly all
		t.Errorf("generation %d after 40 reloads", a.Generation)
	}
	h.must(h.Resume(ctx, puppetName))
	h.await(puppetName, supervisor.Connected)
	h.answersWith(puppetName, "hello")
}

// counted is an agent that knows whether it was closed.
type counted struct {
	hanging
	began  chan struct{} // closed by its one turn
	closed *atomic.Int32
}

func (a counted) Run(ctx context.Context, turn agent.Turn, emit func(agent.Event) error) error {
	close(a.began)
	return a.hanging.Run(ctx, turn, emit)
}

func (a counted) Close() error {
	a.closed.Add(1)
	return nil
}

// Another agent takes the new turns, and restarts nothing. The one before is closed when its last turn has ended.
func TestReloadOfTheAgent(t *testing.T) {
	p := newPuppet()
	p.main(p.ask(), p.serve("hello"))
	dir := t.TempDir()
	var closed atomic.Int32
	table := adapter(puppetName, p.write(t, dir, "m", puppetManifest), quick) + adapter("off", dir+"/m.wasm", "enabled = false")
	first := counted{began: make(chan struct{}), closed: &closed}
	h := openIn(t, dir, plan{toml: table, agent: first})
	h.await(puppetName, supervisor.Connected)
	<-first.began
	h.plan.agent = nil
	h.configure(table + "[agent]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:1/v1\"\n")
	if done, err := h.Gateway.Reload(context.Background()); err != nil || !done.Agent || len(done.Touched) != 0 {
		t.Errorf("%+v, %v", done, err)
	}
	if a := h.Status().Adapters[1]; a.Generation != 1 || a.State != "connected" {
		t.Errorf("%+v", a)
	}
	h.answersWith(puppetName, "hello")
	if n := closed.Load(); n != 0 {
		t.Errorf("the agent before was closed %d times over its turn", n)
	}
	h.must(h.Pause(context.Background(), puppetName)) // ends the turn
	if n := closed.Load(); n != 1 {
		t.Errorf("the agent before was closed %d times", n)
	}
}

var _ agent.Agent = counted{}
