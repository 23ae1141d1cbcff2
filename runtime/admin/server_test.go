package admin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecondServerIsRefusedWithThePID(t *testing.T) {
	dir := folder(t)
	first := serve(t, dir, &fakeHost{})
	_, err := Listen(dir)
	var held *HeldError
	if !errors.As(err, &held) || held.PID != os.Getpid() || held.DataDir != dir {
		t.Fatalf("got %v", err)
	}
	if _, err := NewClient(dir).Status(t.Context()); err != nil {
		t.Errorf("the first one suffered: %v", err)
	}
	closeServer(t, first)
	listen(t, dir)
}

func TestSocketOfADeadProcessIsReplaced(t *testing.T) {
	dir := folder(t)
	leaveSocket(t, filepath.Join(dir, socketName))
	serve(t, dir, &fakeHost{})
	if _, err := NewClient(dir).Status(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOtherFileAtTheSocketsPathStays(t *testing.T) {
	dir := folder(t)
	path := filepath.Join(dir, socketName)
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(dir); !errors.Is(err, errOccupied) {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "precious" {
		t.Errorf("the file now holds %q, %v", text, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	listen(t, dir) // the claim was given up
}

func TestClosedServerLeavesNothingButTheLockFile(t *testing.T) {
	dir := folder(t)
	s := serve(t, dir, &fakeHost{})
	closeServer(t, s)
	closeServer(t, s) // again is fine
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != lockName {
		t.Errorf("left: %v, %v", entries, err)
	}
}

func TestServerThatNeverServedCanBeClosed(t *testing.T) {
	dir := folder(t)
	closeServer(t, listen(t, dir))
	listen(t, dir)
}

func TestCloseWaitsForRequestsThatRun(t *testing.T) {
	dir := folder(t)
	entered, finish := make(chan struct{}), make(chan struct{})
	s := serve(t, dir, &fakeHost{hold: func(context.Context) {
		close(entered)
		<-finish
	}})
	answered, closed := make(chan error, 1), make(chan struct{})
	go func() { answered <- NewClient(dir).Restart(context.Background(), "x", false, Await) }()
	<-entered
	go func() {
		closeServer(t, s)
		close(closed)
	}()
	select {
	case <-closed:
		t.Fatal("closed over a request that runs")
	default:
	}
	close(finish)
	<-closed
	if err := <-answered; err != nil {
		t.Errorf("the request: %v", err)
	}
}

func TestCloseCancelsRequestsThatTakeTooLong(t *testing.T) {
	dir := folder(t)
	entered := make(chan struct{})
	var unwound bool
	s := serve(t, dir, &fakeHost{hold: func(ctx context.Context) {
		close(entered)
		<-ctx.Done()
		unwound = true // no lock: Close must have waited for it
	}})
	answered := make(chan error, 1)
	go func() { answered <- NewClient(dir).Restart(context.Background(), "x", false, Await) }()
	<-entered
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Close(over); err != nil {
		t.Error(err)
	}
	if !unwound {
		t.Error("Close did not wait for the request")
	}
	<-answered
}

func TestMetricsAreServedWhereTheyAreGiven(t *testing.T) {
	dir := folder(t)
	s := listen(t, dir)
	s.Serve(&fakeHost{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`"metrics"`))
	}), slog.New(slog.DiscardHandler))
	var text string
	if err := NewClient(dir).call(t.Context(), http.MethodGet, "/metrics", &text); err != nil || text != "metrics" {
		t.Errorf("%q, %v", text, err)
	}
}

// A data folder deep in the tree has a path that no socket can have.
func TestPathTooLongForASocket(t *testing.T) {
	temporary, dir := folder(t), filepath.Join(folder(t), strings.Repeat("d", maxSocketPath))
	t.Setenv("TMPDIR", temporary)
	s := serve(t, dir, &fakeHost{})
	if len(s.Path()) > maxSocketPath || !strings.HasPrefix(s.Path(), temporary) {
		t.Errorf("the socket lies at %s", s.Path())
	}
	t.Setenv("TMPDIR", "/nonexistent") // a client need not have the same
	if _, err := NewClient(dir).Status(t.Context()); err != nil {
		t.Errorf("the client does not find it: %v", err)
	}
	closeServer(t, s)
	if left, _ := os.ReadDir(temporary); len(left) > 0 {
		t.Errorf("left among the temporary files: %v", left)
	}
	if _, err := os.Lstat(filepath.Join(dir, pointerName)); err == nil {
		t.Error("the pointer is still there")
	}
}

func TestFarSocketOfADeadProcessIsRemoved(t *testing.T) {
	temporary, dir := folder(t), folder(t)
	far := filepath.Join(temporary, farPrefix+"1")
	if err := os.Mkdir(far, 0o700); err != nil {
		t.Fatal(err)
	}
	leaveSocket(t, filepath.Join(far, farName))
	point(t, dir, filepath.Join(far, farName))
	listen(t, dir)
	if _, err := os.Lstat(far); err == nil {
		t.Error("the old folder is still there")
	}
	if got := socketPath(dir); got != filepath.Join(dir, socketName) {
		t.Errorf("clients would look at %s", got)
	}
}

// The pointer is a file that anything could have written: it must not become a way to delete.
func TestPointerCannotDeleteOtherFiles(t *testing.T) {
	dir, elsewhere := folder(t), folder(t)
	victim := filepath.Join(elsewhere, farName)
	if err := os.WriteFile(victim, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	point(t, dir, victim)
	listen(t, dir)
	if _, err := os.Lstat(victim); err != nil {
		t.Error("the file is gone")
	}
}

func point(t *testing.T, dir, path string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, pointerName), []byte(path+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}
