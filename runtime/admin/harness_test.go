package admin

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"
)

// fakeHost is a controller that records what it is told.
type fakeHost struct {
	mu    sync.Mutex
	calls []string
	err   error
	hold  func(ctx context.Context) // runs within every command

	changes []Change
}

var _ Controller = (*fakeHost)(nil)

func (h *fakeHost) Status() Status {
	return Status{
		Adapters: []Adapter{{Name: "api_server", State: "connected", Generation: 3, Handles: Handles{Open: map[string]int{"http.exchange": 2}}}},
		Process:  Process{PID: os.Getpid(), Version: "v1"},
	}
}

func (h *fakeHost) do(ctx context.Context, call string) error {
	h.mu.Lock()
	h.calls = append(h.calls, call)
	h.mu.Unlock()
	if h.hold != nil {
		h.hold(ctx)
	}
	return h.err
}

func (h *fakeHost) Restart(_ context.Context, name string, cut bool) (Pending, error) {
	return h.pending(fmt.Sprintf("restart %s %v", name, cut))
}

func (h *fakeHost) Pause(_ context.Context, name string) (Pending, error) {
	return h.pending("pause " + name)
}

func (h *fakeHost) Resume(_ context.Context, name string) (Pending, error) {
	return h.pending("resume " + name)
}

func (h *fakeHost) Reload(context.Context) (Reloaded, error) {
	wait, err := h.pending("reload")
	return Reloaded{Touched: []string{"api_server", "mine"}, Agent: true, Wait: wait}, err
}

func (h *fakeHost) Subscribe(ctx context.Context) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for _, change := range h.changes {
			if !yield(change) {
				return
			}
		}
	}
}

// pending is a command whose outcome is known when it is waited for.
func (h *fakeHost) pending(call string) (Pending, error) {
	return func(ctx context.Context) error { return h.do(ctx, call) }, nil
}

// folder returns a data folder with a path short enough for a socket on every system.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ik")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// listen claims a folder for the length of the test.
func listen(t *testing.T, dataDir string) *Server {
	t.Helper()
	s, err := Listen(dataDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeServer(t, s) })
	return s
}

// serve runs a server for the length of the test.
func serve(t *testing.T, dataDir string, host Controller) *Server {
	t.Helper()
	s := listen(t, dataDir)
	s.Serve(host, nil, slog.New(slog.DiscardHandler))
	return s
}

func closeServer(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
}
