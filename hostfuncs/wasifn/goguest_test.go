package wasifn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/eventfn"
	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/guesthost"
	"innkeeper/hostfuncs/hostcall"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/hostfuncs/lifecyclefn"
	"innkeeper/hostfuncs/wasifn"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/manifest"
	"innkeeper/runtime/outcome"
)

// harness runs a Go guest behind an HTTP server.
type harness struct {
	t      *testing.T
	guest  *guesthost.Guest
	server *httptest.Server
	exit   chan outcome.Outcome
	stop   context.CancelCauseFunc
}

// plugs are the families of the guests.
func plugs() []family.Plug { return []family.Plug{lifecyclefn.Plug(), eventfn.Plug(), httpfn.Plug()} }

func compileGuest(t *testing.T, name string) *engine.Program {
	t.Helper()
	var tables []hostcall.Table
	for _, plug := range plugs() {
		tables = append(tables, plug.Table)
	}
	families, err := hostcall.Modules(tables, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	modules := []engine.HostModule{wasifn.Module{}}
	for _, family := range families {
		modules = append(modules, family)
	}
	program, err := engine.Compile(t.Context(), engine.Config{
		Wasm: buildGuest(t, name), HostModules: modules, MemoryPages: 4096,
		Checkpoint: engine.Checkpoint{Module: "meter", Function: "checkpoint"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := program.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return program
}

func runGuest(t *testing.T, program *engine.Program) *harness {
	t.Helper()
	h := &harness{t: t, exit: make(chan outcome.Outcome, 1)}
	h.guest = guesthost.New(context.Background(), guesthost.Config{
		Facts:    family.Facts{Manifest: &manifest.Manifest{Families: []string{"http"}}, Logger: slog.New(slog.DiscardHandler)},
		Families: plugs(),
	})
	ready := make(chan struct{})
	ctx, stop := context.WithCancelCause(context.Background())
	h.stop = stop
	instance := engine.Instance{
		Context: wasifn.With(hostcall.With(h.guest.Context, h.guest.Calls(nil)), wasifn.Program{Stderr: t.Output()}), Kill: h.guest.Kill,
		Mailbox: h.guest.Mailbox, Ledger: h.guest.Ledger, Ready: h.guest.Ready, OnReady: func() { close(ready) },
		Failure: h.guest.Failure,
		Finish:  h.guest.Finish,
		Budgets: engine.Budgets{Connect: time.Minute, Stall: time.Minute, Close: time.Minute},
	}
	go func() { h.exit <- program.Run(ctx, instance) }()
	h.server = httptest.NewServer(h)
	h.server.Client().Timeout = 10 * time.Second // for a guest that stands still
	t.Cleanup(h.server.Close)
	t.Cleanup(func() { h.guest.Kill(errors.New("the test is over")) }) // or a request that hangs would hold up the server's end
	select {
	case <-ready:
	case exit := <-h.exit:
		t.Fatalf("the guest did not start: %+v", exit)
	}
	return h
}

// ServeHTTP does what a listener does with the http family.
func (h *harness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	exchanges, _ := guesthost.Find[*httpfn.Family](h.guest)
	switch exchanges.Serve(w, r, backend.Inbound{RequestID: "id", Body: body}) {
	case backend.NotTaken, backend.Unanswered:
		http.Error(w, "no answer", http.StatusServiceUnavailable)
	case backend.Cut:
		panic(http.ErrAbortHandler)
	}
}

// ask returns the text of an answer.
func (h *harness) ask(path, body string) string {
	response, err := h.server.Client().Post(h.server.URL+path, "text/plain", strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// post gives the guest events that nobody waits for, until it is stopped. With a pause of a few milliseconds between them a loop that
// blocks in the host never parks.
func (h *harness) post(pause time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(h.t.Context())
	var poster sync.WaitGroup
	poster.Go(func() {
		for ctx.Err() == nil {
			_ = h.guest.Mailbox.Post(abi.EventHTTPGone, 0, nil)
			time.Sleep(pause)
		}
	})
	return func() {
		cancel()
		poster.Wait()
	}
}

// ended waits for the end of the run and checks that it left nothing.
func (h *harness) ended() outcome.Outcome {
	h.t.Helper()
	exit := <-h.exit
	if exit.Teardown != nil || exit.Left != nil || h.guest.Ledger.Open() != 0 {
		h.t.Errorf("teardown %v, left %+v, %d handles open", exit.Teardown, exit.Left, h.guest.Ledger.Open())
	}
	return exit
}

func buildGuest(t *testing.T, name string) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a guest")
	}
	output := filepath.Join(t.TempDir(), name+".wasm")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", output, "../../testdata/guests/"+name)
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	raw, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestGoGuest(t *testing.T) {
	program := compileGuest(t, "goroutines")
	t.Run("goroutines", func(t *testing.T) { testGoroutines(t, runGuest(t, program)) })
	t.Run("drain", func(t *testing.T) { testDrain(t, runGuest(t, program)) })
	t.Run("kill", func(t *testing.T) { testKill(t, runGuest(t, program)) })
}

// What a guest starts without a word to the SDK runs as well while it waits, and the adapter is a callback adapter for the rest.
func TestGoGuestWithPlainGo(t *testing.T) {
	h := runGuest(t, compileGuest(t, "timers"))
	for _, test := range []struct{ path, want string }{
		{"/sleep", "slept"}, {"/timer", "fired"}, {"/deadline", "context deadline exceeded"}, {"/x", "no such path"},
	} {
		if got := h.ask(test.path, ""); got != test.want {
			t.Errorf("%s: %q, want %q", test.path, got, test.want)
		}
	}
	for _, pause := range []time.Duration{0, 5 * time.Millisecond} {
		t.Run(fmt.Sprintf("a timer while events come %s apart", pause), func(t *testing.T) {
			defer h.post(pause)()
			if got := h.ask("/timer", ""); got != "fired" {
				t.Errorf("got %q", got)
			}
		})
	}
	t.Run("a channel between a goroutine and a callback", func(t *testing.T) {
		received := make(chan string)
		go func() { received <- h.ask("/receive", "") }()
		if got := h.ask("/send", ""); got != "sent" {
			t.Errorf("got %q", got)
		}
		if got := <-received; got != "a word" {
			t.Errorf("got %q", got)
		}
	})
	if got := h.ask("/exit", ""); got != "bye" {
		t.Errorf("got %q", got)
	}
	if exit := h.ended(); exit.Verdict != outcome.Retry || exit.Code != "asked" {
		t.Errorf("%+v", exit)
	}
}

// A Go guest's goroutines sleep, tick and talk to each other while its loop waits for events on descriptor 3.
func testGoroutines(t *testing.T, h *harness) {
	for path, want := range map[string]string{"/sleep": "slept", "/ticks": "ticked", "/after": "after", "/x": "no such path"} {
		if got := h.ask(path, ""); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	t.Run("one request waits for another", func(t *testing.T) {
		const pairs = 20
		answers := make(chan string)
		for range pairs {
			go func() { answers <- h.ask("/wait", "") }()
		}
		for n := range pairs {
			if got := h.ask("/wake", fmt.Sprint(n)); got != "woken" {
				t.Errorf("got %q", got)
			}
		}
		seen := map[string]bool{}
		for range pairs {
			seen[<-answers] = true
		}
		for n := range pairs {
			if !seen[fmt.Sprint(n)] {
				t.Errorf("nobody was woken by %d", n)
			}
		}
	})
	t.Run("many sleep at once", func(t *testing.T) {
		answers := make(chan string)
		for range 50 {
			go func() { answers <- h.ask("/sleep", "") }()
		}
		for range 50 {
			if got := <-answers; got != "slept" {
				t.Errorf("got %q", got)
			}
		}
	})
	t.Run("a client leaves", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.server.URL+"/leave", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := h.server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(response.Body, make([]byte, len("begun"))); err != nil {
			t.Fatal(err)
		}
		leave()
		_ = response.Body.Close()
		if got := h.ask("/left", ""); got != "the client left" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a busy goroutine lets requests through", func(t *testing.T) {
		answer := make(chan string, 1)
		go func() { answer <- h.ask("/busy", "") }()
		for told := ""; ; told = h.ask("/idle", "") { // until it has begun
			select {
			case got := <-answer:
				if got != "idle" {
					t.Errorf("got %q", got)
				}
				return
			default:
				if told != "" && told != "told" {
					t.Fatalf("got %q", told)
				}
			}
		}
	})
	t.Run("a goroutine ends the guest", func(t *testing.T) {
		if got := h.ask("/exit", ""); got != "bye" {
			t.Errorf("got %q", got)
		}
		if exit := h.ended(); exit.Verdict != outcome.Retry || exit.Code != "asked" {
			t.Errorf("%+v", exit)
		}
	})
}

// Goroutines in all sorts of waits do not keep a guest from draining.
func testDrain(t *testing.T, h *harness) {
	answers := make(chan string)
	go func() { answers <- h.ask("/wait", "") }()
	if got := h.ask("/wake", "x"); got != "woken" {
		t.Fatalf("got %q", got)
	}
	<-answers
	h.stop(outcome.Stop{Reason: "restart", Budget: time.Minute})
	if exit := h.ended(); exit.Verdict != outcome.Done || exit.Code != "exit" {
		t.Errorf("%+v", exit)
	}
}

// A guest that waits in poll_oneoff, with goroutines asleep, unwinds when it is killed.
func testKill(t *testing.T, h *harness) {
	go h.ask("/wait", "") // open until the teardown
	if got := h.ask("/sleep", ""); got != "slept" {
		t.Fatalf("got %q", got)
	}
	h.guest.Kill(errors.New("over"))
	if exit := h.ended(); exit.Verdict != outcome.Retry || exit.Code != "killed" {
		t.Errorf("%+v", exit)
	}
}
