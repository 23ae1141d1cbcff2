package gateway

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"innkeeper/runtime/supervisor"
)

// While an instance is being replaced callers get an answer or are told when to come back; nothing is ever refused.
func TestRestartUnderLoad(t *testing.T) {
	dir := t.TempDir()
	h := openIn(t, dir, plan{toml: adapter(puppetName, server(t, dir, "m", "hello"), quick)})
	h.await(puppetName, supervisor.Connected)
	load := h.underLoad(http.DefaultTransport)
	for range 10 {
		h.must(h.Restart(context.Background(), puppetName))
		h.await(puppetName, supervisor.Connected)
		load.answers(3)
	}
	load.end()
}

// load is clients that ask without a pause.
type load struct {
	t       *testing.T
	stop    chan struct{}
	clients chan struct{} // one for each client that has ended
	count   int
	ok      atomic.Int64
	told    atomic.Int64 // to come back
	news    chan struct{}
}

func (h *harness) underLoad(transport http.RoundTripper) *load {
	h.t.Helper()
	l := &load{t: h.t, stop: make(chan struct{}), clients: make(chan struct{}), count: 4, news: make(chan struct{}, 1)}
	url := h.url(puppetName)
	for range l.count {
		go func() {
			defer func() { l.clients <- struct{}{} }()
			for l.ask(transport, url) {
			}
		}()
	}
	return l
}

// ask sends one request; false when it was the last.
func (l *load) ask(transport http.RoundTripper, url string) bool {
	select {
	case <-l.stop:
		return false
	default:
	}
	response, err := (&http.Client{Transport: transport, Timeout: patience}).Get(url)
	if err != nil {
		l.t.Errorf("a caller got no answer: %v", err)
		return false
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	switch {
	case response.StatusCode == http.StatusOK:
		l.ok.Add(1)
		select {
		case l.news <- struct{}{}:
		default:
		}
	case response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") != "":
		l.told.Add(1)
	default:
		l.t.Errorf("a caller got %s, Retry-After %q", response.Status, response.Header.Get("Retry-After"))
		return false
	}
	return true
}

// answers waits until so many more requests were answered.
func (l *load) answers(n int) {
	l.t.Helper()
	over := time.After(patience)
	for range n {
		select {
		case <-l.news:
		case <-over:
			l.t.Fatal("nobody was answered")
		}
	}
}

func (l *load) end() {
	close(l.stop)
	for range l.count {
		<-l.clients
	}
	l.t.Logf("%d answered, %d told to come back", l.ok.Load(), l.told.Load())
}
