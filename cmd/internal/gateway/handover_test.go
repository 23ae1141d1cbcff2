package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/admin"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/supervisor"
)

// sharedManifest is a puppet that can run beside another of its kind.
var sharedManifest = strings.Replace(puppetManifest, "families", "exclusive = false\nfamilies", 1)

// sharing writes a module that answers every request with body and can run beside another.
func sharing(t *testing.T, dir, name, body string) string {
	t.Helper()
	p := newPuppet()
	return p.main(p.serve(body)).write(t, dir, name, sharedManifest)
}

// stays is a guest that, once told to end, answers one more request, which only its successor can have passed to it.
func (p *puppet) stays(body string) *puppet {
	return p.main(p.ready(), p.await(abi.EventShutdown), p.await(abi.EventHTTPRequest), p.respond(body), p.exit(0))
}

// passes is a guest that passes what it can, and answers the rest.
func (p *puppet) passes(body string) *puppet {
	return p.main(p.ready(), wt.Forever(p.await(abi.EventHTTPRequest),
		p.host("http.pass", p.eventHandle()), wt.I32Const(0), wt.I32Ne, wt.If(p.respond(body))))
}

// What is open comes to its end where it was begun, while new requests go to the successor.
func TestHandoverLeavesAStreamToItsPredecessor(t *testing.T) {
	dir := t.TempDir()
	p := newPuppet()
	file := p.main(p.ready(), p.await(abi.EventHTTPRequest), p.saved(3, p.eventHandle()),
		p.must(0, p.host("http.begin", p.loaded(3), wt.I32Const(200), p.text("content-type: text/plain\n"))),
		p.must(0, p.host("http.write", p.loaded(3), p.text("first "))),
		p.await(abi.EventShutdown), p.await(abi.EventHTTPRequest), p.respond("ended"),
		p.must(0, p.host("http.write", p.loaded(3), p.text("last"))), p.must(0, p.host("http.end", p.loaded(3))), p.exit(0),
	).write(t, dir, "m", sharedManifest)
	h := openIn(t, dir, plan{toml: adapter(puppetName, file, quick)})
	h.await(puppetName, supervisor.Connected)
	stream, err := http.Get(h.url(puppetName))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()

	p = newPuppet()
	p.passes("new").write(t, dir, "m", sharedManifest)
	h.must(h.Restart(context.Background(), puppetName))
	if a := h.Status().Adapters[0]; a.State != "connected" || a.Generation != 2 || a.Predecessor != 1 {
		t.Errorf("%+v", a)
	}
	h.answersWith(puppetName, "ended") // by the predecessor, to which it was passed
	if body, err := io.ReadAll(stream.Body); err != nil || string(body) != "first last" {
		t.Errorf("the stream: %q, %v", body, err)
	}
	h.awaitStatus(puppetName, func(s supervisor.Status) bool { return s.Predecessor == 0 })
	h.answersWith(puppetName, "new") // nobody is left to pass to
	h.balanced(puppetName)
}

// The successor hears when its predecessor is over, and not before everything of that one was closed.
func TestSuccessorHearsOfThePredecessorsEnd(t *testing.T) {
	dir := t.TempDir()
	p := newPuppet()
	file := p.stays("old").write(t, dir, "m", sharedManifest)
	heard := make(chan int, 1)
	var h *harness
	h = newHarness(t, dir, plan{toml: adapter(puppetName, file, quick), fault: func(family, _ string) (int32, bool) {
		if family == "config" {
			heard <- len(h.slotOf(puppetName).generations())
		}
		return 0, family == "config"
	}})
	h.start()
	h.await(puppetName, supervisor.Connected)
	p = newPuppet()
	p.main(p.ready(), p.await(abi.EventHTTPRequest), p.must(0, p.host("http.pass", p.eventHandle())),
		p.await(abi.EventPredecessorEnded), p.mark(), p.idle()).write(t, dir, "m", sharedManifest)
	h.must(h.Restart(context.Background(), puppetName))
	h.answersWith(puppetName, "old")
	if n := <-heard; n != 1 {
		t.Errorf("%d generations lived when the successor heard", n)
	}
}

// A successor that fails before it is ready leaves everything as it was.
func TestRefusedHandoverLeavesNoTrace(t *testing.T) {
	dir := t.TempDir()
	toml := adapter(puppetName, sharing(t, dir, "m", "old"), quick)
	h := openIn(t, dir, plan{toml: toml})
	h.await(puppetName, supervisor.Connected)
	before := h.Status().Adapters[0]
	p := newPuppet()
	p.main(p.must(0, p.host("lifecycle.fail", p.text("bad_token"), wt.I32Const(0), p.text("the platform refused it"))), p.exit(78)).
		write(t, dir, "m", sharedManifest)
	h.configure(adapter(puppetName, dir+"/m.wasm", quick, `note = "other"`))
	for way, update := range updates() {
		if err := update(h); !errors.Is(err, ErrUpdateRefused) || !strings.Contains(err.Error(), "bad_token: the platform refused it") {
			t.Errorf("%s: %v", way, err)
		}
		after := h.Status().Adapters[0]
		if after.Update != "refused: bad_token: the platform refused it" || after.State != "connected" || after.Generation != 1 ||
			!after.Since.Equal(before.Since) || after.Listen != before.Listen {
			t.Errorf("%s: %+v", way, after)
		}
		if note := h.Config().Adapters[0].Settings["note"]; note != "" {
			t.Errorf("%s: note %q is in force", way, note)
		}
		h.answersWith(puppetName, "old")
	}
	h.configure(toml)
	sharing(t, dir, "m", "old")
	if touched, err := h.Reload(context.Background()); err != nil || len(touched) != 0 {
		t.Errorf("what ran is wanted again: %v, %v", touched, err)
	}
	if a := h.Status().Adapters[0]; a.Update != "" || a.Generation != 1 {
		t.Errorf("%+v", a)
	}
}

// An address that cannot be had refuses the change, like anything else about the successor.
func TestHandoverToAnAddressInUseIsRefused(t *testing.T) {
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	dir := t.TempDir()
	file := sharing(t, dir, "m", "hello")
	h := openIn(t, dir, plan{toml: adapter(puppetName, file, quick)})
	h.await(puppetName, supervisor.Connected)
	h.configure(adapter(puppetName, file, quick, `listen = "`+other.Addr().String()+`"`))
	if _, err := h.Reload(context.Background()); !errors.Is(err, ErrUpdateRefused) || !strings.Contains(err.Error(), "listen: ") {
		t.Errorf("reload: %v", err)
	}
	h.answersWith(puppetName, "hello")
	free := freeAddress(t)
	h.reloads(adapter(puppetName, file, quick, `listen = "`+free+`"`), puppetName)
	h.answersWith(puppetName, "hello")
	if h.url(puppetName) != "http://"+free+"/" {
		t.Errorf("at %s", h.url(puppetName))
	}
}

// A further change waits for the predecessor; whoever cannot wait cuts it.
func TestFurtherChangeWaitsOrCuts(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	p := newPuppet()
	h := openIn(t, dir, plan{toml: adapter(puppetName, p.stays("old").write(t, dir, "m", sharedManifest), quick)})
	h.await(puppetName, supervisor.Connected)
	sharing(t, dir, "m", "second")
	h.must(h.Restart(ctx, puppetName))
	sharing(t, dir, "m", "third")
	wait, err := h.Gateway.Restart(ctx, puppetName, false)
	h.must(err)
	h.awaitStatus(puppetName, func(s supervisor.Status) bool { return s.Update.State == supervisor.UpdateWaiting })
	h.answersWith(puppetName, "second")
	sharing(t, dir, "m", "fourth")
	h.must(outcomeOf(ctx, func() (admin.Pending, error) { return h.Gateway.Restart(ctx, puppetName, true) }))
	if err := wait(ctx); !errors.Is(err, supervisor.ErrSuperseded) {
		t.Errorf("the change that waited: %v", err)
	}
	h.answersWith(puppetName, "fourth")
	if a := h.Status().Adapters[0]; a.Predecessor != 0 || a.Update != "" {
		t.Errorf("%+v", a)
	}
	h.balanced(puppetName)
}

// Live settings reach the instance that runs, which goes on.
func TestLiveSettingsReachTheRunningInstance(t *testing.T) {
	dir := t.TempDir()
	manifest := strings.Replace(puppetManifest, `note = { type = "string"`, `note = { live = true, type = "string"`, 1)
	p := newPuppet()
	file := p.main(p.ready(), wt.Forever(p.await(abi.EventSettingsChanged), p.mark())).write(t, dir, "m", manifest)
	heard := make(chan struct{})
	h := openIn(t, dir, plan{toml: adapter(puppetName, file, quick), fault: func(family, _ string) (int32, bool) {
		if family == "config" {
			heard <- struct{}{}
		}
		return 0, family == "config"
	}})
	h.await(puppetName, supervisor.Connected)
	h.reloads(adapter(puppetName, file, quick, `note = "other"`), puppetName)
	<-heard
	if a := h.Status().Adapters[0]; a.Generation != 1 || a.State != "connected" {
		t.Errorf("%+v", a)
	}
	if note := h.Config().Adapters[0].Settings["note"]; note != "other" {
		t.Errorf("note %q is in force", note)
	}
	h.reloads(adapter(puppetName, file, quick, `note = "other"`)) // nothing changed
	h.reloads(adapter(puppetName, file, quick, `note = "other"`, `enabled = false`), puppetName)
}

// What a live setting says of the address stays in force when an instance begins to serve that was made before the change.
func TestLiveOriginsOutliveTheStartOfAnInstance(t *testing.T) {
	dir := t.TempDir()
	manifest := strings.Replace(puppetManifest, "[http]\n", "[http]\ncors = \"origins\"\n", 1) + `origins = { live = true, type = "strings" }`
	p := newPuppet()
	file := p.main(p.mark(), p.serve("hello")).write(t, dir, "m", manifest)
	asking, goOn := make(chan struct{}), make(chan struct{})
	h := openIn(t, dir, plan{toml: adapter(puppetName, file, quick, `origins = ["http://gone.example"]`), fault: func(family, _ string) (int32, bool) {
		if family == "config" {
			close(asking)
			<-goOn
		}
		return 0, family == "config"
	}})
	<-asking
	h.reloads(adapter(puppetName, file, quick, `origins = ["http://new.example"]`), puppetName)
	close(goOn)
	h.await(puppetName, supervisor.Connected)
	for origin, want := range map[string]int{"http://gone.example": http.StatusForbidden, "http://new.example": http.StatusOK} {
		request, err := http.NewRequest(http.MethodGet, h.url(puppetName), nil)
		h.must(err)
		request.Header.Set("Origin", origin)
		response, err := http.DefaultClient.Do(request)
		h.must(err)
		h.must(response.Body.Close())
		if response.StatusCode != want {
			t.Errorf("%s: %d", origin, response.StatusCode)
		}
	}
}

// While an exclusive adapter is replaced, requests wait for the next instance instead of being refused.
func TestRequestsWaitForAnExclusiveSuccessor(t *testing.T) {
	dir := t.TempDir()
	patient := strings.Replace(quick, `hold = "1ms"`, `hold = "1m"`, 1)
	h := openIn(t, dir, plan{toml: adapter(puppetName, server(t, dir, "m", "hello"), patient)})
	h.await(puppetName, supervisor.Connected)
	load := h.underLoad(http.DefaultTransport)
	for range 10 {
		h.must(h.Restart(context.Background(), puppetName))
		load.answers(3)
	}
	load.end()
	if n := load.told.Load(); n != 0 {
		t.Errorf("%d callers were told to come back", n)
	}
}

// A name that does not resolve, or a socket that is slow to open, holds up its slot and nobody who asks how that is.
func TestStatusDoesNotWaitForASocket(t *testing.T) {
	dir := t.TempDir()
	opening, open := make(chan struct{}, 1), make(chan struct{})
	h := openIn(t, dir, plan{
		toml: adapter(puppetName, server(t, dir, "m", "hello"), quick),
		listen: func(ctx context.Context, network, address string) (net.Listener, error) {
			opening <- struct{}{}
			<-open
			return new(net.ListenConfig).Listen(ctx, network, address)
		},
	})
	<-opening
	if a := h.Status().Adapters[0]; a.State != "starting" || a.Listen != "" {
		t.Errorf("%+v", a)
	}
	close(open)
	h.await(puppetName, supervisor.Connected)
	h.answersWith(puppetName, "hello")
}

// Nor does a successor that is ready, and whose socket is slow to open, hold up the end of the host.
func TestStopDoesNotWaitForASocket(t *testing.T) {
	dir := t.TempDir()
	opening, slow := make(chan struct{}), freeAddress(t)
	file := sharing(t, dir, "m", "hello")
	h := openIn(t, dir, plan{
		toml: adapter(puppetName, file, quick),
		listen: func(ctx context.Context, network, address string) (net.Listener, error) {
			if address == slow {
				close(opening)
				<-ctx.Done()
				return nil, context.Cause(ctx)
			}
			return new(net.ListenConfig).Listen(ctx, network, address)
		},
	})
	h.await(puppetName, supervisor.Connected)
	h.configure(adapter(puppetName, file, quick, `listen = "`+slow+`"`))
	if _, err := h.Gateway.Reload(context.Background()); err != nil {
		t.Fatal(err)
	}
	<-opening
	h.must(h.Stop(context.Background()))
}

// A predecessor that does not come to an end is cut when the hand-over budget is over, and everything of it is given back, its
// program included.
func TestHandoverBudgetCutsThePredecessor(t *testing.T) {
	dir := t.TempDir()
	p := newPuppet()
	stays := strings.Replace(quick, "budgets = { ", `budgets = { handover = "100ms", `, 1)
	h := openIn(t, dir, plan{toml: adapter(puppetName, p.stays("old").write(t, dir, "m", sharedManifest), stays)})
	h.await(puppetName, supervisor.Connected)
	before := h.slotOf(puppetName).wanted()
	compiled := before.program.Program
	sharing(t, dir, "m", "new")
	h.must(h.Restart(context.Background(), puppetName))
	h.awaitStatus(puppetName, func(s supervisor.Status) bool { return s.Predecessor == 0 })
	h.answersWith(puppetName, "new")
	h.balanced(puppetName)
	h.must(h.Pause(context.Background(), puppetName)) // the slot's goroutine has been everywhere by then
	again, err := before.newGeneration(t.Context(), supervisor.Run{Generation: 99, Unready: func() {}})
	h.must(err)
	if ended := compiled.Run(t.Context(), again.instance(t.Context())); !strings.Contains(ended.Message, "closed") {
		t.Errorf("the predecessor's program still runs: %+v", ended)
	}
}

// A generation of the same module is started without compiling anew, and the program goes with its last user.
func TestTheSameModuleIsCompiledOnce(t *testing.T) {
	dir := t.TempDir()
	h := openIn(t, dir, plan{toml: adapter(puppetName, sharing(t, dir, "m", "same"), quick)})
	h.await(puppetName, supervisor.Connected)
	first := h.slotOf(puppetName).wanted().program
	for range 3 {
		h.must(h.Restart(context.Background(), puppetName))
		h.awaitStatus(puppetName, func(s supervisor.Status) bool { return s.Predecessor == 0 })
	}
	h.must(h.Pause(context.Background(), puppetName)) // the slot's goroutine has been everywhere by then
	if now := h.slotOf(puppetName).wanted().program; now != first || now.users != 1 {
		t.Errorf("program %p with %d users, want %p with the one that is wanted", now, now.users, first)
	}
	sharing(t, dir, "m", "other")
	h.must(h.Resume(context.Background(), puppetName))
	h.must(h.Restart(context.Background(), puppetName))
	h.awaitStatus(puppetName, func(s supervisor.Status) bool { return s.Predecessor == 0 })
	h.must(h.Pause(context.Background(), puppetName))
	if now := h.slotOf(puppetName).wanted().program; now == first || first.users != 0 {
		t.Errorf("the program of the file before has %d users", first.users)
	}
}

// An adapter that is switched off gives its address back, whatever it was doing.
func TestAdapterThatIsSwitchedOffGivesItsAddressBack(t *testing.T) {
	for state, guest := range map[supervisor.State]func(p *puppet) *puppet{
		supervisor.Connected: func(p *puppet) *puppet { return p.main(p.ready(), p.idle()) },
		supervisor.Failed:    func(p *puppet) *puppet { return p.main(p.exit(78)) },
	} {
		t.Run(string(state), func(t *testing.T) {
			dir, at := t.TempDir(), freeAddress(t)
			table := adapter(puppetName, guest(newPuppet()).write(t, dir, "m", puppetManifest), quick, `listen = "`+at+`"`)
			h := openIn(t, dir, plan{toml: table})
			h.await(puppetName, state)
			h.reloads(table+"enabled = false\n", puppetName)
			h.background.Wait()
			if conn, err := net.Dial("tcp", at); err == nil {
				conn.Close()
				t.Error("it still listens")
			}
		})
	}
}
