package httpfn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/ledger"
)

func TestAClientThatLeaves(t *testing.T) {
	h := newHarness(t, nil)
	leave := func(begin bool) uint32 {
		c, exchange := h.call("POST / HTTP/1.1\r\nHost: inn\r\nContent-Length: 5\r\n\r\nhello")
		if begin {
			h.check("begin", h.f.Begin(exchange, 200, nil), abi.OK)
			c.head(t)
		}
		_ = c.Close()
		if e := h.next(abi.EventHTTPGone); e.handle != exchange || len(e.payload) != 0 {
			t.Errorf("event of %d with %q", e.handle, e.payload)
		}
		return exchange
	}
	exchange := leave(false)
	h.check("header", h.f.Header(exchange, []byte("host"), nil), abi.EPIPE)
	h.check("headers", h.f.Headers(exchange, nil), abi.EPIPE)
	h.check("body", h.f.Body(exchange, nil), abi.EPIPE)
	h.check("begin", h.f.Begin(exchange, 200, nil), abi.EPIPE)
	if h.ledger.Open() != 1 {
		t.Errorf("%d open: the guest has not ended it", h.ledger.Open())
	}
	h.check("respond", h.f.Respond(exchange, 200, nil, []byte("x")), abi.EPIPE)
	h.check("respond again", h.f.Respond(exchange, 200, nil, nil), abi.EBADF)

	exchange = leave(true)
	h.check("write", h.f.Write(exchange, []byte("x")), abi.EPIPE)
	h.check("write", h.f.Write(exchange, []byte("x")), abi.EPIPE)
	h.check("end", h.f.End(exchange), abi.EPIPE)
	h.check("end again", h.f.End(exchange), abi.EBADF)

	h.check("abort", h.f.Abort(leave(true)), abi.OK)
	h.none()
	if h.ledger.Open() != 0 {
		t.Errorf("%d open", h.ledger.Open())
	}
}

// A client that closes only its sending side counts as gone, and is not told that the stream was complete.
func TestAHalfClosedClient(t *testing.T) {
	h := newHarness(t, nil)
	c, exchange := h.call(get)
	h.check("begin", h.f.Begin(exchange, 200, nil), abi.OK)
	response := c.head(t)
	if err := c.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	h.next(abi.EventHTTPGone)
	if _, err := io.ReadAll(response.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}

// An exchange that the guest ended in the same moment as the client left brings no event for a handle that is closed.
func TestNoEventForAClosedHandle(t *testing.T) {
	h := newHarness(t, nil)
	for range 200 {
		c, exchange := h.call(get)
		_ = c.Close()
		if r := h.f.Respond(exchange, 200, nil, nil); r != 0 && r != abi.EPIPE.Result() {
			t.Fatalf("respond: %v", abi.FromResult(r))
		}
		h.none() // one that waited was dropped with the handle
	}
}

func TestRequestsThatAreNotTaken(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(h *harness)
	}{
		"mailbox full":        {func(h *harness) { fill(h) }},
		"mailbox refuses new": {func(h *harness) { h.box.RefuseNew() }},
		"mailbox closed":      {func(h *harness) { h.box.Close() }},
		"ledger sealed":       {func(h *harness) { h.ledger.Seal() }},
		"quota": {func(h *harness) {
			for range 64 {
				if _, err := h.ledger.Register(context.Background(), kind, 0, "test", nothing{}); err != nil {
					h.t.Fatal(err)
				}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, nil)
			c.prepare(h)
			open := h.ledger.Open()
			response, text := h.dial(get).answer(t)
			if response.StatusCode != 503 || text != "not taken\n" {
				t.Errorf("got %d %q", response.StatusCode, text)
			}
			if h.ledger.Open() != open {
				t.Errorf("%d handles are left", h.ledger.Open()-open)
			}
		})
	}
}

type nothing struct{}

func (nothing) CloseHandle(context.Context) error { return nil }

func fill(h *harness) {
	for h.box.PostNew(abi.EventShutdown, 0, nil, true) == nil {
	}
}

func TestTeardownInEveryPhase(t *testing.T) {
	phases := map[string]struct {
		bring func(h *harness, exchange uint32)
		want  string // the error of reading the answer, or its text
	}{
		"not answered":      {func(*harness, uint32) {}, "unanswered\n"},
		"begun":             {func(h *harness, x uint32) { h.f.Begin(x, 200, nil) }, "unexpected EOF"},
		"begun with data":   {func(h *harness, x uint32) { h.f.Begin(x, 200, nil); h.f.Write(x, []byte("x")) }, "unexpected EOF"},
		"answered":          {func(h *harness, x uint32) { h.f.Respond(x, 200, nil, []byte("whole")) }, "whole"},
		"answered, blocked": {func(h *harness, x uint32) { h.f.Respond(x, 200, nil, repeat("x", 10<<20)) }, string(repeat("x", 10<<20))},
		"ended": {func(h *harness, x uint32) {
			h.f.Begin(x, 200, nil)
			h.f.Write(x, []byte("whole"))
			h.f.End(x)
		}, "whole"},
	}
	for name, phase := range phases {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, nil)
			c, exchange := h.call(get)
			phase.bring(h, exchange)
			var head *http.Response
			if name == "begun" || name == "begun with data" {
				head = c.head(t)
			}
			start := time.Now()
			h.tearDown()
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			if head == nil {
				head = c.head(t)
			}
			text, err := io.ReadAll(head.Body)
			if got := string(text); got != phase.want && (err == nil || err.Error() != phase.want) {
				t.Errorf("the client got %.100q, %v", got, err)
			}
		})
	}
}

// A teardown ends a write that waits for a client who does not read.
func TestTeardownOfABlockedWrite(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, h *harness, network *memory) {
		c := network.dial()
		c.send(t, get)
		exchange := h.next(abi.EventHTTPRequest).handle
		h.check("begin", h.f.Begin(exchange, 200, nil), abi.OK)
		response := c.head(t)
		h.check("write", h.f.Write(exchange, []byte("never read")), abi.OK)
		synctest.Wait()
		start := time.Now()
		h.tearDown()
		if took := time.Since(start); took != 0 {
			t.Errorf("took %v", took)
		}
		if _, err := io.ReadAll(response.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the client got %v", err)
		}
	})
}

// A closer that has no time left says so and does not hang; the exchange is not forgotten.
func TestTeardownIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFamily(t, nil)
		w := stubborn{httptest.NewRecorder(), make(chan struct{})}
		served := make(chan backend.Outcome, 1)
		go func() {
			served <- h.f.Serve(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil), backend.Inbound{})
		}()
		exchange := h.next(abi.EventHTTPRequest).handle
		h.check("begin", h.f.Begin(exchange, 200, nil), abi.OK)
		h.check("write", h.f.Write(exchange, []byte("x")), abi.OK)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := h.ledger.CloseAll(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		close(w.gate)
		if outcome := <-served; outcome != backend.Cut {
			t.Errorf("outcome %v", outcome)
		}
	})
}

// stubborn is a client whose writes cannot be cut.
type stubborn struct {
	*httptest.ResponseRecorder
	gate chan struct{}
}

func (s stubborn) Write(p []byte) (int, error) {
	<-s.gate
	return len(p), nil
}

// Requests, answers, leaving clients and a teardown, all at once: every handle is closed and everybody returns.
func TestTeardownUnderLoad(t *testing.T) {
	for round := range 20 {
		h := newFamily(t, nil)
		server := httptest.NewServer(h)
		var clients, guest sync.WaitGroup
		for i := range 8 {
			clients.Go(func() {
				for j := range 10 {
					ctx, cancel := context.WithCancel(t.Context())
					r, _ := http.NewRequestWithContext(ctx, "GET", server.URL, nil)
					if (i+j)%3 == 0 {
						time.AfterFunc(time.Duration(j)*100*time.Microsecond, cancel)
					}
					if response, err := server.Client().Do(r); err == nil {
						_, _ = io.Copy(io.Discard, response.Body)
						_ = response.Body.Close()
					}
					cancel()
				}
			})
		}
		ctx, stop := context.WithCancel(t.Context())
		guest.Go(func() { actAtRandom(ctx, h) })
		if round%2 == 0 {
			for h.ledger.Counts()[kind].Opened < 10 {
				runtime.Gosched() // lets the clients in; the teardown is to come in the middle of it
			}
		}
		h.box.RefuseNew()
		stop()
		guest.Wait()
		h.tearDown()
		clients.Wait()
		server.Close()
		h.tearDown()
	}
}

// actAtRandom is a guest that does something else with every exchange.
func actAtRandom(ctx context.Context, h *harness) {
	buffer := make([]byte, 1<<10)
	for i := 0; ; i++ {
		if _, err := h.box.Wait(ctx, -1); err != nil {
			return
		}
		size, ok := h.box.Recv(buffer)
		if !ok || size > len(buffer) {
			continue
		}
		switch kind, exchange, _, _ := abi.CutEvent(buffer[:size]); {
		case kind == abi.EventHTTPGone:
			h.f.Abort(exchange)
		case i%5 == 0:
			h.f.Respond(exchange, 200, nil, []byte("x"))
		case i%5 == 1:
			h.f.Begin(exchange, 200, nil)
			h.f.Write(exchange, []byte("x"))
			h.f.End(exchange)
		case i%5 == 2:
			h.f.Begin(exchange, 200, nil)
			h.f.Write(exchange, []byte(fmt.Sprint("left open ", i)))
		case i%5 == 3:
			h.f.Abort(exchange)
		}
	}
}

var _ ledger.Resource = nothing{}
