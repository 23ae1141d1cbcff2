package httpfn_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/runtime/front/backend"
)

// The host answers where the guest does not, once, and tells the guest, which may end the handle for a while yet.
func TestAnExchangeWithoutAnAnswerIsOverdue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFamily(t, func(cfg *httpfn.Config) { cfg.AnswerTimeout = time.Minute })
		start := time.Now()
		first := h.serve(backend.Inbound{})
		forgotten := h.next(abi.EventHTTPRequest).handle
		time.Sleep(30 * time.Second)
		second := h.serve(backend.Inbound{})
		other := h.next(abi.EventHTTPRequest).handle
		if outcome := <-first; outcome != backend.Overdue || time.Since(start) != time.Minute {
			t.Errorf("outcome %v after %v", outcome, time.Since(start))
		}
		if gone := h.next(abi.EventHTTPGone).handle; gone != forgotten {
			t.Errorf("%d is gone, want %d", gone, forgotten)
		}
		h.check("header", h.f.Header(forgotten, []byte("host"), nil), abi.EPIPE)
		h.check("begin", h.f.Begin(forgotten, 200, nil), abi.EPIPE)
		h.check("respond", h.f.Respond(forgotten, 200, nil, nil), abi.EPIPE)
		h.check("respond again", h.f.Respond(forgotten, 200, nil, nil), abi.EBADF)
		if outcome := <-second; outcome != backend.Overdue || time.Since(start) != 90*time.Second {
			t.Errorf("outcome %v after %v", outcome, time.Since(start))
		}
		if gone := h.next(abi.EventHTTPGone).handle; gone != other {
			t.Errorf("%d is gone, want %d", gone, other)
		}
		h.tearDown()
	})
}

// What was begun in time may take as long as it likes.
func TestAStreamIsNotOverdue(t *testing.T) {
	inBubble(t, func(cfg *httpfn.Config) { cfg.AnswerTimeout = time.Minute }, func(t *testing.T, h *harness, network *memory) {
		c := network.dial()
		c.send(t, get)
		exchange := h.next(abi.EventHTTPRequest).handle
		time.Sleep(59 * time.Second)
		h.check("begin", h.f.Begin(exchange, 200, nil), abi.OK)
		response := c.head(t)
		time.Sleep(time.Hour)
		h.check("write", h.f.Write(exchange, []byte("late")), abi.OK)
		h.check("end", h.f.End(exchange), abi.OK)
		if text, err := io.ReadAll(response.Body); string(text) != "late" || err != nil {
			t.Errorf("got %q, %v", text, err)
		}
		_ = c.Close()
	})
}

// A handle whose client is gone is closed by the host, the event first.
func TestAHandleDoesNotOutliveItsClientForLong(t *testing.T) {
	inBubble(t, func(cfg *httpfn.Config) { cfg.GoneGrace = 10 * time.Second }, func(t *testing.T, h *harness, network *memory) {
		leave := func() uint32 {
			c := network.dial()
			c.send(t, get)
			exchange := h.next(abi.EventHTTPRequest).handle
			_ = c.Close()
			if gone := h.next(abi.EventHTTPGone).handle; gone != exchange {
				t.Errorf("%d is gone, want %d", gone, exchange)
			}
			return exchange
		}
		first := leave()
		time.Sleep(4 * time.Second)
		second, ended := leave(), leave()
		h.check("abort", h.f.Abort(ended), abi.OK)
		time.Sleep(6*time.Second - time.Nanosecond)
		h.check("write within the grace time", h.f.Write(first, []byte("x")), abi.EPIPE)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		h.check("write after it", h.f.Write(first, []byte("x")), abi.EBADF)
		h.check("write to the later one", h.f.Write(second, []byte("x")), abi.EPIPE)
		time.Sleep(4 * time.Second)
		synctest.Wait()
		h.check("write after its time", h.f.Write(second, []byte("x")), abi.EBADF)
		if h.ledger.Open() != 0 {
			t.Errorf("%d handles are open", h.ledger.Open())
		}
		h.none()

		c := network.dial() // a guest that is late still hears of it
		c.send(t, get)
		_ = c.Close()
		time.Sleep(time.Minute)
		late := h.next(abi.EventHTTPRequest).handle
		h.check("respond", h.f.Respond(late, 200, nil, nil), abi.EBADF)
		if gone := h.next(abi.EventHTTPGone).handle; gone != late {
			t.Errorf("%d is gone, want %d", gone, late)
		}
	})
}

// A callback that forgot to answer kept its handle for ever: the 8,193rd request found none left, and the adapter was deaf.
func TestForgottenExchangesDoNotUseUpTheHandles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFamily(t, nil)
		for range httpfn.Exchanges + 500 {
			r, leave := cancelable(t)
			outcome := make(chan backend.Outcome, 1)
			go func() { outcome <- h.f.Serve(httptest.NewRecorder(), r, backend.Inbound{}) }()
			h.next(abi.EventHTTPRequest)
			leave()
			if got := <-outcome; got != backend.Cut {
				t.Fatalf("outcome %v", got)
			}
			h.next(abi.EventHTTPGone)
		}
		if open := h.ledger.Open(); open > 64 {
			t.Errorf("%d handles are open, over the quota", open)
		}
		time.Sleep(httpfn.GoneGrace)
		synctest.Wait()
		if open := h.ledger.Open(); open != 0 {
			t.Errorf("%d handles are open after the grace time", open)
		}
		h.tearDown()
	})
}

// cancelable is a request whose client can leave.
func cancelable(t *testing.T) (r *http.Request, leave func()) {
	ctx, cancel := context.WithCancel(t.Context())
	return httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil), cancel
}
