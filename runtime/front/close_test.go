package front_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/front"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/limits"
)

func TestAddressInUse(t *testing.T) {
	first := start(t, nil)
	_, err := first.front.Open(t.Context(), config(func(cfg *front.SiteConfig) { cfg.Address = first.Addr().String() }))
	var bind *front.BindError
	if !errors.As(err, &bind) || !errors.Is(err, front.ErrAddressInUse) {
		t.Fatalf("got %v", err)
	}
	if bind.Address != first.Addr().String() || bind.Hint == "" || !strings.Contains(err.Error(), bind.Hint) {
		t.Errorf("got %v", err)
	}
}

func TestOtherBindErrors(t *testing.T) {
	denied := func(context.Context, string, string) (net.Listener, error) {
		return nil, &net.OpError{Op: "listen", Err: syscall.EACCES}
	}
	_, err := front.New(front.Config{Listen: denied, Logger: discard()}).Open(t.Context(), config(nil))
	var bind *front.BindError
	if !errors.As(err, &bind) || bind.Hint == "" || errors.Is(err, front.ErrAddressInUse) {
		t.Errorf("got %v", err)
	}
	_, err = newFront(nil).Open(t.Context(), config(func(cfg *front.SiteConfig) { cfg.Key = nil }))
	if !errors.Is(err, front.ErrNoKey) {
		t.Errorf("routes with a key, but none given: %v", err)
	}
}

// slow is a backend that streams until it is told to end or its client's context does.
type slow struct {
	begun chan struct{}
	end   chan struct{}
}

func (s *slow) Serve(w http.ResponseWriter, r *http.Request, _ backend.Inbound) backend.Outcome {
	_, _ = io.WriteString(w, "begun ")
	_ = http.NewResponseController(w).Flush()
	s.begun <- struct{}{}
	select {
	case <-s.end:
		_, _ = io.WriteString(w, "ended")
		return backend.Answered
	case <-r.Context().Done():
		return backend.Cut
	}
}

func TestDrain(t *testing.T) {
	inBubble(t, func(t *testing.T, l *site, network *memory) {
		backend := &slow{make(chan struct{}), make(chan struct{})}
		l.Attach(backend)
		c, idle := network.dial(), network.dial()
		got := make(chan answer, 1)
		go func() {
			c.send(t, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
			got <- c.answer(t)
		}()
		<-backend.begun
		closed := make(chan error, 1)
		start := time.Now()
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			closed <- l.Close(ctx)
		}()
		time.Sleep(20 * time.Second)
		select {
		case <-closed:
			t.Fatal("did not wait for the stream")
		default:
		}
		close(backend.end)
		if a := <-got; a.text != "begun ended" {
			t.Errorf("the stream got %q", a.text)
		}
		if err := <-closed; err != nil || time.Since(start) != 20*time.Second {
			t.Errorf("closed after %v: %v", time.Since(start), err)
		}
		if !idle.closed() {
			t.Error("the idle connection is open")
		}
	})
}

func TestDrainThatTakesTooLongIsCut(t *testing.T) {
	inBubble(t, func(t *testing.T, l *site, network *memory) {
		backend := &slow{make(chan struct{}), nil}
		l.Attach(backend)
		c := network.dial()
		got := make(chan error, 1)
		go func() {
			c.send(t, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
			response, err := http.ReadResponse(c.in, nil)
			if err == nil {
				_, err = io.Copy(io.Discard, response.Body)
			}
			got <- err
		}()
		<-backend.begun
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		if err := l.Close(ctx); err != nil || time.Since(start) != 10*time.Second {
			t.Errorf("closed after %v: %v", time.Since(start), err)
		}
		if err := <-got; !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the client got %v", err)
		}
	})
}

func TestABackendThatDoesNotReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		l := open(t, newFront(network), nil)
		entered, leave := make(chan struct{}), make(chan struct{})
		l.Attach(backendFunc(func(http.ResponseWriter, *http.Request, backend.Inbound) backend.Outcome {
			close(entered)
			<-leave
			return backend.Answered
		}))
		c := network.dial()
		c.send(t, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
		<-entered
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		start := time.Now()
		if err := l.Close(ctx); err == nil || time.Since(start) != limits.HTTPCutGrace {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		close(leave)
	})
}

func TestCloseFreesTheAddress(t *testing.T) {
	l := open(t, newFront(nil), nil)
	for range 2 {
		if err := l.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := l.Update(t.Context(), l.cfg); !errors.Is(err, front.ErrClosed) {
		t.Errorf("update of a closed site: %v", err)
	}
	again, err := l.front.Open(t.Context(), config(func(cfg *front.SiteConfig) { cfg.Address = l.Addr().String() }))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := l.front.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := again.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := l.front.Open(t.Context(), config(nil)); !errors.Is(err, front.ErrClosed) {
		t.Errorf("open in a closed front: %v", err)
	}
}

// A connection that was taken over belongs to its handler, and Close waits for that.
func TestHijackedConnection(t *testing.T) {
	l := start(t, nil)
	l.Attach(backendFunc(func(w http.ResponseWriter, r *http.Request, _ backend.Inbound) backend.Outcome {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return backend.Answered
		}
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
		<-r.Context().Done()
		_, _ = io.WriteString(c, "bye")
		return backend.Answered
	}))
	c := dial(t, l)
	c.send(t, "GET /health HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: test\r\n\r\n")
	if line, err := c.in.ReadString('\n'); err != nil || !strings.Contains(line, "101") {
		t.Fatalf("got %q, %v", line, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Close(ctx); err != nil {
		t.Error(err)
	}
	if rest, _ := io.ReadAll(c.in); string(rest) != "\r\nbye" {
		t.Errorf("got %q", rest)
	}
}
