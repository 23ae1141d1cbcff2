package httpfn_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/httpfn"
)

// inBubble runs a test in fake time, with a server on a network in memory: a write blocks until the client reads.
func inBubble(t *testing.T, change func(cfg *httpfn.Config), test func(t *testing.T, h *harness, network *memory)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		h := newFamily(t, change)
		server := &http.Server{Handler: h}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = server.Serve(network)
		}()
		defer func() {
			h.tearDown()
			_ = server.Close()
			<-ended
			synctest.Wait()
			h.nothingInFlight()
		}()
		test(t, h, network)
	})
}

func TestBackPressure(t *testing.T) {
	inBubble(t, func(cfg *httpfn.Config) { cfg.HighWater = 1000 }, func(t *testing.T, h *harness, network *memory) {
		c := network.dial()
		c.send(t, get)
		exchange := h.next(abi.EventHTTPRequest).handle
		h.check("begin", h.f.Begin(exchange, 200, nil), abi.OK)
		response := c.head(t)
		read := func(n int) {
			if _, err := io.ReadFull(response.Body, make([]byte, n)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		piece := repeat("x", 100)
		for range 5 {
			for i := range 10 { // the first is being written, the others wait
				h.check("write", h.f.Write(exchange, piece), abi.OK)
				if i == 0 {
					synctest.Wait()
				}
			}
			h.check("write", h.f.Write(exchange, piece), abi.EAGAIN)
			h.check("write", h.f.Write(exchange, []byte("x")), abi.EAGAIN)
			read(100)
			h.none() // 900 bytes are on their way
			read(900)
			if e := h.next(abi.EventHTTPWritable); e.handle != exchange || len(e.payload) != 0 {
				t.Errorf("event of %d with %q", e.handle, e.payload)
			}
			h.none()
		}
		h.check("write", h.f.Write(exchange, piece), abi.OK)
		h.check("end", h.f.End(exchange), abi.OK)
		if rest, err := io.ReadAll(response.Body); len(rest) != 100 || err != nil {
			t.Errorf("%d bytes left: %v", len(rest), err)
		}
		_ = c.Close()
	})
}

func TestABudgetForAllAnswers(t *testing.T) {
	bounds := func(cfg *httpfn.Config) { cfg.AnswersBytes, cfg.HighWater = 5000, 400 }
	inBubble(t, bounds, func(t *testing.T, h *harness, network *memory) {
		stalled, other := network.dial(), network.dial()
		stalled.send(t, get)
		first := h.next(abi.EventHTTPRequest).handle
		h.check("respond", h.f.Respond(first, 200, nil, repeat("x", 5000)), abi.OK)
		synctest.Wait()
		other.send(t, get)
		second := h.next(abi.EventHTTPRequest).handle
		h.check("respond while the budget is used up", h.f.Respond(second, 200, nil, []byte("x")), abi.ENOMEM)
		h.check("begin", h.f.Begin(second, 200, nil), abi.OK)
		h.check("a piece over high water", h.f.Write(second, repeat("x", 401)), abi.ENOMEM)
		h.check("a small piece", h.f.Write(second, repeat("x", 100)), abi.OK)
		h.check("another", h.f.Write(second, repeat("x", 100)), abi.EAGAIN)
		if _, text := stalled.answer(t); len(text) != 5000 {
			t.Errorf("got %d bytes", len(text))
		}
		synctest.Wait()
		h.check("a large piece when there is room", h.f.Write(second, repeat("x", 300)), abi.OK)
		_, _ = stalled.Close(), other.Close()
	})
}

func TestKeepAlive(t *testing.T) {
	const every = 15 * time.Second
	cases := []struct {
		name, contentType string
		every, changed    time.Duration // configured, and set later
		write             string
		want              string // after 50 seconds of silence
	}{
		{"between events", "text/event-stream; charset=utf-8", every, every, "data: x\n\n", ": keep-alive\n\n: keep-alive\n\n: keep-alive\n\n"},
		{"crlf", "text/event-stream", every, every, "data: x\r\n\r\n", ": keep-alive\n\n: keep-alive\n\n: keep-alive\n\n"},
		{"in the middle of an event", "text/event-stream", every, every, "event: x\n", ""},
		{"set while it runs", "text/event-stream", 0, every, "data: x\n\n", ": keep-alive\n\n: keep-alive\n\n: keep-alive\n\n"},
		{"switched off while it runs", "text/event-stream", every, 0, "data: x\n\n", ""},
		{"off", "text/event-stream", 0, 0, "data: x\n\n", ""},
		{"no event stream", "application/x-ndjson", every, every, "{}\n\n", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(cfg *httpfn.Config) { cfg.KeepAlive = c.every }, func(t *testing.T, h *harness, network *memory) {
				h.f.SetKeepAlive(c.changed)
				conn := network.dial()
				conn.send(t, get)
				exchange := h.next(abi.EventHTTPRequest).handle
				h.check("begin", h.f.Begin(exchange, 200, []byte("Content-Type: "+c.contentType)), abi.OK)
				got := make(chan string, 1)
				go func() {
					_, text := conn.answer(t)
					got <- text
				}()
				time.Sleep(10 * time.Second)
				h.check("write", h.f.Write(exchange, []byte(c.write)), abi.OK) // puts the comment off
				time.Sleep(50 * time.Second)
				h.check("end", h.f.End(exchange), abi.OK)
				if text := <-got; text != c.write+c.want {
					t.Errorf("got %q", text)
				}
				_ = conn.Close()
			})
		})
	}
}

// The server's write deadline stands for whatever ends a write to a client that does not read.
func TestAClientThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		h := newFamily(t, nil)
		server := &http.Server{Handler: h, WriteTimeout: 30 * time.Second}
		go func() { _ = server.Serve(network) }()
		c := network.dial()
		c.send(t, get)
		exchange := h.next(abi.EventHTTPRequest).handle
		h.check("begin", h.f.Begin(exchange, 200, nil), abi.OK)
		h.check("write", h.f.Write(exchange, []byte("x")), abi.OK)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := h.box.Wait(ctx, -1); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 30*time.Second {
			t.Errorf("gone after %v", took)
		}
		h.next(abi.EventHTTPGone)
		h.check("write", h.f.Write(exchange, []byte("x")), abi.EPIPE)
		h.tearDown()
		if err := errors.Join(c.Close(), server.Close()); err != nil {
			t.Error(err)
		}
	})
}
