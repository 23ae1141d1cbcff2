package httpfn_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/mailbox"
)

const kind = ledger.Kind("http.exchange")

// harness is one instance's family with a server in front of it, and the test in the place of the guest.
type harness struct {
	t      testing.TB
	f      *httpfn.Family
	box    *mailbox.Mailbox
	ledger *ledger.Ledger
	flight *budget.Budget
	server *httptest.Server
}

// newHarness checks at the end of the test that nothing of it is left.
func newHarness(t testing.TB, change func(cfg *httpfn.Config)) *harness {
	t.Helper()
	before := runtime.NumGoroutine()
	h := newFamily(t, change)
	h.server = httptest.NewServer(h)
	t.Cleanup(func() {
		h.tearDown()
		h.server.Close()
		deadline := time.Now().Add(10 * time.Second)
		for runtime.NumGoroutine() > before { // the last instructions of those that have signalled their end
			if time.Now().After(deadline) {
				t.Fatalf("goroutines: %d before, %d after", before, runtime.NumGoroutine())
			}
			runtime.Gosched()
		}
		h.nothingInFlight()
	})
	return h
}

func newFamily(t testing.TB, change func(cfg *httpfn.Config)) *harness {
	h := &harness{t: t, flight: budget.New(1 << 40)}
	h.box = mailbox.New(mailbox.Bounds{New: 16, DeltaBytes: 1 << 10, Flight: h.flight}, nil)
	h.ledger = ledger.New(ledger.Quota{Kinds: map[ledger.Kind]int{kind: 64}})
	cfg := httpfn.Config{Ledger: h.ledger, Mailbox: h.box, Flight: h.flight, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&cfg)
	}
	h.f = httpfn.New(context.WithoutCancel(t.Context()), cfg)
	return h
}

// ServeHTTP does what a front does with a family.
func (h *harness) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Vary", "Origin")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "body", http.StatusBadRequest)
		return
	}
	outcome := h.f.Serve(w, r, backend.Inbound{
		Route: "things.get", Values: []backend.Value{{Name: "id", Value: "7"}}, RequestID: "id-1", Body: body, Keyed: true,
	})
	clear(body) // it belongs to the front again
	switch outcome {
	case backend.NotTaken:
		http.Error(w, "not taken", http.StatusServiceUnavailable)
	case backend.Unanswered:
		http.Error(w, "unanswered", http.StatusServiceUnavailable)
	case backend.Overdue:
		http.Error(w, "overdue", http.StatusGatewayTimeout)
	case backend.Cut:
		panic(http.ErrAbortHandler)
	}
}

// tearDown ends the instance in the order in which the engine does.
func (h *harness) tearDown() {
	h.t.Helper()
	h.box.RefuseNew()
	h.box.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := h.ledger.CloseAll(ctx); err != nil {
		h.t.Errorf("close: %v", err)
	}
	h.f.Close()
	if c := h.ledger.Counts()[kind]; c.Open != 0 || c.Failed != 0 || c.Opened != c.Closed {
		h.t.Errorf("after the teardown: %+v", c)
	}
}

// nothingInFlight checks that everything was given back that was charged.
func (h *harness) nothingInFlight() {
	h.t.Helper()
	if used := h.flight.Use().Used; used != 0 {
		h.t.Errorf("%d bytes were not given back", used)
	}
}

// event is one event as a guest sees it.
type event struct {
	kind    abi.EventKind
	handle  uint32
	payload []byte
}

// next waits for the next event.
func (h *harness) next(want abi.EventKind) event {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 10*time.Second)
	defer cancel()
	buffer := make([]byte, 4<<10)
	if _, err := h.box.Wait(ctx, -1); err != nil {
		h.t.Fatalf("waiting for event %#x: %v", want, err)
	}
	size, _ := h.box.Recv(buffer)
	e := event{abi.EventKind(binary.LittleEndian.Uint32(buffer)), binary.LittleEndian.Uint32(buffer[4:]), buffer[abi.EventHeaderSize:size]}
	if e.kind != want {
		h.t.Fatalf("event %#x, want %#x", e.kind, want)
	}
	return e
}

// none checks that no event waits.
func (h *harness) none() {
	h.t.Helper()
	if h.box.Waiting() {
		h.t.Error("another event waits")
	}
}

func (h *harness) check(what string, got int32, want abi.Errno) {
	h.t.Helper()
	if got != want.Result() {
		h.t.Errorf("%s: %v, want %v", what, abi.FromResult(got), want)
	}
}

// client is an HTTP client by the byte.
type client struct {
	net.Conn
	in *bufio.Reader
}

// call sends a request without waiting for the answer, and returns its handle, too.
func (h *harness) call(request string) (*client, uint32) {
	h.t.Helper()
	c := h.dial(request)
	return c, h.next(abi.EventHTTPRequest).handle
}

func (h *harness) dial(request string) *client {
	h.t.Helper()
	conn, err := new(net.Dialer).DialContext(h.t.Context(), "tcp", h.server.Listener.Addr().String())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	c := &client{conn, bufio.NewReader(conn)}
	c.send(h.t, request)
	return c
}

const get = "GET /v1/things HTTP/1.1\r\nHost: inn\r\n\r\n"

func (c *client) send(t testing.TB, request string) {
	t.Helper()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
}

// head reads the head of an answer.
func (c *client) head(t testing.TB) *http.Response {
	t.Helper()
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// answer reads a whole answer.
func (c *client) answer(t testing.TB) (*http.Response, string) {
	t.Helper()
	response := c.head(t)
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

// memory is a network in memory, for tests in which time is fake.
type memory struct {
	conns chan net.Conn
	done  chan struct{}
	close func()
}

func newMemory() *memory {
	m := &memory{conns: make(chan net.Conn), done: make(chan struct{})}
	m.close = sync.OnceFunc(func() { close(m.done) })
	return m
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error   { m.close(); return nil }
func (m *memory) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

func (m *memory) dial() *client {
	near, far := net.Pipe()
	m.conns <- far
	return &client{near, bufio.NewReader(near)}
}

func repeat(s string, n int) []byte { return []byte(strings.Repeat(s, n)) }

func request(t *testing.T) *http.Request {
	return httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
}
