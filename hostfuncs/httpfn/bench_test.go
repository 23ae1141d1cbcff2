package httpfn_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/front/backend"
)

// discard is a client that takes everything at once.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) WriteHeader(int)             {}
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) FlushError() error           { return nil }

// bench serves requests one after the other, with a guest that answers each.
func bench(b *testing.B, answer func(h *harness, exchange uint32)) {
	h := newFamily(b, nil)
	guest := make(chan struct{})
	go func() {
		defer close(guest)
		buffer := make([]byte, 1<<10)
		for {
			if _, err := h.box.Wait(b.Context(), -1); err != nil {
				return
			}
			size, ok := h.box.Recv(buffer)
			if !ok {
				continue
			}
			switch kind, exchange, _, _ := abi.CutEvent(buffer[:size]); kind {
			case abi.EventHTTPRequest:
				answer(h, exchange)
			case abi.EventShutdown:
				return
			}
		}
	}()
	r := httptest.NewRequestWithContext(b.Context(), "POST", "/v1/chat/completions", nil)
	in := backend.Inbound{RequestID: "5b2c1f9e-0c9e-4c57-8a3a-111111111111", Body: make([]byte, 1<<10)}
	w := discard{http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		if outcome := h.f.Serve(w, r, in); outcome != backend.Answered {
			b.Fatalf("outcome %v", outcome)
		}
	}
	_ = h.box.Post(abi.EventShutdown, 0, nil)
	<-guest
	h.tearDown()
}

func BenchmarkRespond(b *testing.B) {
	headers, body := []byte("Content-Type: application/json\n"), make([]byte, 1<<10)
	bench(b, func(h *harness, exchange uint32) { h.f.Respond(exchange, 200, headers, body) })
}

func BenchmarkStream100(b *testing.B) {
	headers, piece := []byte("Content-Type: text/event-stream\n"), make([]byte, 200)
	bench(b, func(h *harness, exchange uint32) {
		h.f.Begin(exchange, 200, headers)
		for range 100 {
			h.f.Write(exchange, piece)
		}
		h.f.End(exchange)
	})
}
