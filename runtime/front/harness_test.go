package front_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"innkeeper/runtime/front"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/manifest"
)

const key = "correct horse battery staple"

// declared is what every site here declares.
func declared() *manifest.HTTP {
	return &manifest.HTTP{Errors: manifest.ErrorsOpenAI, Routes: []manifest.Route{
		{Name: "health", Method: "GET", Path: "/health", Guard: manifest.GuardOpen},
		{Name: "create", Method: "POST", Path: "/v1/responses", Guard: manifest.GuardKey},
		{Name: "get", Method: "GET", Path: "/v1/responses/{id}", Guard: manifest.GuardKey},
		{Name: "delete", Method: "DELETE", Path: "/v1/responses/{id}", Guard: manifest.GuardKey},
		{Name: "open", Method: "POST", Path: "/open", Guard: manifest.GuardOpen},
	}}
}

// backendFunc is a backend made of one function.
type backendFunc func(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome

func (f backendFunc) Serve(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome {
	return f(w, r, in)
}

// echo answers with what it was given.
func echo(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = fmt.Fprintf(w, "%s %s %s %s", in.Route, r.Method, r.URL.Path, in.Body)
	return backend.Answered
}

// site is a site with the front that it stands in and its configuration.
type site struct {
	*front.Site
	front *front.Front
	cfg   front.SiteConfig
}

// start opens a site on loopback with the echo backend, and checks at the end of the test that nothing of it is left.
func start(t testing.TB, change func(cfg *front.SiteConfig)) *site {
	t.Helper()
	before := runtime.NumGoroutine()
	s := open(t, newFront(nil), change)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := errors.Join(s.Close(ctx), s.front.Close(ctx)); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
		goroutinesBackTo(t, before)
	})
	return s
}

// newFront makes a front on a network in memory, or on the real one.
func newFront(network *memory) *front.Front {
	cfg := front.Config{Logger: discard()}
	if network != nil {
		cfg.Listen = network.listen
	}
	return front.New(cfg)
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func config(change func(cfg *front.SiteConfig)) front.SiteConfig {
	cfg := front.SiteConfig{Address: "127.0.0.1:0", HTTP: declared(), Key: []byte(key)}
	if change != nil {
		change(&cfg)
	}
	return cfg
}

// open opens a site with the echo backend.
func open(t testing.TB, f *front.Front, change func(cfg *front.SiteConfig)) *site {
	t.Helper()
	cfg := config(change)
	s, err := f.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.Attach(backendFunc(echo))
	return &site{s, f, cfg}
}

// update changes the configuration of a site.
func (s *site) update(t testing.TB, change func(cfg *front.SiteConfig)) {
	t.Helper()
	change(&s.cfg)
	if err := s.Update(t.Context(), s.cfg); err != nil {
		t.Fatal(err)
	}
}

// goroutinesBackTo waits until there are no more goroutines than before; the last instructions of one that has signalled
// its end may still be under way.
func goroutinesBackTo(t testing.TB, before int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("goroutines: %d before, %d after\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
		}
		runtime.Gosched()
	}
}

// request is one request of a test; the zero Key means the right one.
type request struct {
	method, path, body string
	header             http.Header
	noKey              bool
}

// answer is what came back.
type answer struct {
	*http.Response
	text string
}

func (a answer) code(t *testing.T) string {
	t.Helper()
	return errorCode(t, a.text)
}

// errorCode checks that text is an error with exactly the four keys and returns its code.
func errorCode(t *testing.T, text string) string {
	t.Helper()
	var body map[string]map[string]any
	if err := json.Unmarshal([]byte(text), &body); err != nil || len(body) != 1 || len(body["error"]) != 4 {
		t.Fatalf("not an error of four keys: %q", text)
	}
	e := body["error"]
	for _, name := range []string{"message", "type", "code"} {
		if s, ok := e[name].(string); !ok || s == "" {
			t.Errorf("error %s: %v", name, e[name])
		}
	}
	if param, ok := e["param"]; !ok || param != nil {
		t.Errorf("error param: %v", param)
	}
	return e["code"].(string)
}

func ask(t *testing.T, l *site, q request) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), q.method, "http://"+l.Addr().String()+q.path, strings.NewReader(q.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range q.header {
		r.Header[name] = values
	}
	if !q.noKey {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	checkHostHeaders(t, response.Header)
	return answer{response, string(text)}
}

func checkHostHeaders(t *testing.T, h http.Header) {
	t.Helper()
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if h.Get("X-Request-Id") == "" {
		t.Error("no request id")
	}
}

// raw is a client that speaks by the byte.
type raw struct {
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, l *site) *raw {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &raw{c, bufio.NewReader(c)}
}

func (c *raw) send(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

func (c *raw) answer(t *testing.T) answer {
	t.Helper()
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	checkHostHeaders(t, response.Header)
	return answer{response, string(text)}
}

// closed reports whether the server has closed the connection, after whatever it still sends.
func (c *raw) closed() bool {
	_, err := io.Copy(io.Discard, c.in)
	return err == nil || !strings.Contains(err.Error(), "timeout")
}

// memory is a network in memory, for tests in which time is fake. A write blocks until the other side reads.
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

func (m *memory) listen(context.Context, string, string) (net.Listener, error) { return m, nil }

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

func (m *memory) dial() *raw {
	client, server := net.Pipe()
	m.conns <- server
	return &raw{client, bufio.NewReader(client)}
}

// lines is a log handler's output that tests can look into.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

const getKeyed = "GET /v1/responses/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key + "\r\n\r\n"

// canceled is a context that is over.
func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
