package admin

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"
)

// connect opens a connection to the socket of a folder, and says something.
func connect(t *testing.T, dir, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn
}

// Clients that hang do not hold the socket: neither those that say nothing, nor half of something, nor those that do not read, nor those
// that wait for ever.
func TestHangingClientsDoNotHoldTheSocket(t *testing.T) {
	for name, text := range map[string]string{
		"silent":      "",
		"half":        "GET /v1/status HTTP/1.1\r\nHost: x\r\n",
		"not reading": "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n",
		"waiting":     "POST /v1/adapters/x/restart?await=true HTTP/1.1\r\nHost: x\r\n\r\n",
		"following":   "GET /v1/changes HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			over, stop := context.WithCancel(t.Context())
			serve(t, dir, &fakeHost{hold: func(ctx context.Context) {
				select {
				case <-ctx.Done():
				case <-over.Done():
				}
			}})
			for range 3 * maxConnections {
				connect(t, dir, text)
			}
			for range 3 {
				began := time.Now()
				if _, err := NewClient(dir).Status(t.Context()); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took > time.Second {
					t.Errorf("a status took %v", took)
				}
			}
			stop()
		})
	}
}

// Only so many connections are open: the oldest yields, unless it has a request that lasts.
func TestTheOldestConnectionYields(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(folder(t), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := &places{Listener: l}
	accept := func() (client net.Conn, server *place) {
		t.Helper()
		client, err := net.Dial("unix", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
		conn, err := p.Accept()
		if err != nil {
			t.Fatal(err)
		}
		return client, conn.(*place)
	}
	kept, lasts := accept()
	end, ok := lasts.last()
	if !ok {
		t.Fatal("there is room")
	}
	yields, _ := accept()
	for range maxConnections - 1 {
		_, last := accept()
		defer last.Close()
	}
	if n := len(p.conns); n != maxConnections {
		t.Errorf("%d connections", n)
	}
	if _, err := yields.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the oldest stays: %v", err)
	}
	end()
	if _, err := io.WriteString(lasts, "x"); err != nil {
		t.Errorf("the one that lasts: %v", err)
	}
	if n, err := kept.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("the one that lasts: %v", err)
	}
	if lasts.Close(); len(p.conns) != maxConnections-1 {
		t.Errorf("%d connections after one was closed", len(p.conns))
	}
}

// Commands that last leave places to others, and one too many is told so.
func TestLastingRequestsAreBounded(t *testing.T) {
	dir := folder(t)
	entered, over := make(chan struct{}, maxLasting), make(chan struct{})
	serve(t, dir, &fakeHost{hold: func(context.Context) {
		entered <- struct{}{}
		<-over
	}})
	done := make(chan error, maxLasting)
	for range maxLasting {
		go func() { done <- NewClient(dir).Restart(context.Background(), "x", false, Await) }()
	}
	for range maxLasting {
		<-entered
	}
	var p *Problem
	if err := NewClient(dir).Pause(t.Context(), "x", Await); !errors.As(err, &p) || p.Code != CodeRefused {
		t.Errorf("one more: %v", err)
	}
	close(over)
	for range maxLasting {
		if err := <-done; err != nil {
			t.Errorf("one that lasted: %v", err)
		}
	}
	if err := NewClient(dir).Pause(t.Context(), "x", NoAwait); err != nil {
		t.Errorf("after they have ended: %v", err)
	}
}

// A host that does not answer is not waited for, and the error names the process.
func TestAHostThatDoesNotAnswer(t *testing.T) {
	dir := folder(t)
	listen(t, dir) // and never serves
	c := NewClient(dir)
	c.patience = 10 * time.Millisecond
	_, err := c.Status(t.Context())
	var silent *NoAnswerError
	if !errors.As(err, &silent) || silent.DataDir != dir || silent.PID == 0 {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Status(ctx); errors.As(err, &silent) || !errors.Is(err, context.Canceled) {
		t.Errorf("somebody who gave up himself: %v", err)
	}
}

// deadlines is an answer that notes by when each piece of it must have been taken.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetWriteDeadline(at time.Time) error {
	d.set = append(d.set, at)
	return nil
}

// Every answer must be taken within a time, and every change of those that follow.
func TestAnswersMustBeTakenInTime(t *testing.T) {
	host := &fakeHost{changes: make([]Change, 3)}
	all := handler(host, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "metrics") }))
	for path, want := range map[string]int{"/v1/status": 1, "/metrics": 1, "/v1/nothing": 1, changesPath: 4} {
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		all.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if len(w.set) != want || time.Until(w.set[0]) > answerTimeout || time.Until(w.set[0]) < answerTimeout-time.Minute {
			t.Errorf("%s: %v", path, w.set)
		}
	}
}
