// Package upstreamtest is an OpenAI-compatible upstream for tests that behaves well or badly on demand: it refuses,
// stalls, cuts streams short, answers with errors or nonsense, and tells what it was asked and whether its caller left.
//
// It owns the far side of the wire only and shares no code with the agents it tests. It listens on loopback.
package upstreamtest

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Behaviour answers one request, whose body has been read already. The request's context ends when the caller leaves
// or the server is closed.
type Behaviour func(w http.ResponseWriter, r *http.Request)

// Request is what the server was asked.
type Request struct {
	Method string
	Path   string
	Header http.Header
	Body   []byte
}

// Server is a running upstream.
type Server struct {
	http      *httptest.Server
	started   chan Request
	cancelled chan Request

	mu       sync.Mutex
	script   []Behaviour
	requests []Request
}

// channelSize is how many requests a test may make without looking at Started and Cancelled.
const channelSize = 1024

// Start runs an upstream until the test ends. The behaviours answer one request each, in order; the last one answers
// all that follow.
func Start(tb testing.TB, script ...Behaviour) *Server {
	tb.Helper()
	if len(script) == 0 {
		tb.Fatal("upstreamtest: a server needs a behaviour")
	}
	s := &Server{
		script:    script,
		started:   make(chan Request, channelSize),
		cancelled: make(chan Request, channelSize),
	}
	s.http = httptest.NewServer(s)
	tb.Cleanup(s.Close)
	return s
}

// Close ends all requests and the server. It is idempotent.
func (s *Server) Close() {
	s.http.CloseClientConnections() // Close alone would wait for behaviours that hang
	s.http.Close()
}

// URL returns the base URL to configure, with the /v1 at its end.
func (s *Server) URL() string { return s.http.URL + "/v1" }

// Started delivers every request as it arrives.
func (s *Server) Started() <-chan Request { return s.started }

// Cancelled delivers every request whose caller left before the answer was complete.
func (s *Server) Cancelled() <-chan Request { return s.cancelled }

// Requests returns all requests so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// ServeHTTP records the request and lets the next behaviour answer it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	got := Request{Method: r.Method, Path: r.URL.Path, Header: r.Header.Clone(), Body: body}
	behave := s.record(got)
	offer(s.started, got)
	defer func() {
		if r.Context().Err() != nil {
			offer(s.cancelled, got)
		}
	}()
	behave(w, r)
}

func (s *Server) record(r Request) Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
	behave := s.script[0]
	if len(s.script) > 1 {
		s.script = s.script[1:]
	}
	return behave
}

// offer never blocks: a test that makes more requests than it looks at loses the rest.
func offer(to chan<- Request, r Request) {
	select {
	case to <- r:
	default:
	}
}

// RefusedURL returns a base URL on which nobody listens.
func RefusedURL(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String() + "/v1"
}
