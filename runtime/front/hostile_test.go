package front_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/front"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/limits"
)

// inBubble runs a test in fake time against a site on a network in memory. That no goroutine is left is checked by
// the bubble's end.
func inBubble(t *testing.T, test func(t *testing.T, l *site, network *memory)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		l := open(t, newFront(network), nil)
		defer func() {
			if err := errors.Join(l.Close(t.Context()), l.front.Close(t.Context())); err != nil {
				t.Error(err)
			}
		}()
		test(t, l, network)
	})
}

// trickle sends one byte a second until the server closes, and returns how long that took.
func trickle(c net.Conn, head, piece string) time.Duration {
	start := time.Now()
	_, _ = io.WriteString(c, head)
	for {
		if _, err := io.WriteString(c, piece); err != nil {
			return time.Since(start)
		}
		time.Sleep(time.Second)
	}
}

func TestSlowlorisHead(t *testing.T) {
	inBubble(t, func(t *testing.T, l *site, network *memory) {
		for _, head := range []string{"", "GET /health HTTP/1.1\r\nX-Slow: "} {
			c := network.dial()
			go c.closed() // takes what the server may say before it closes
			if took := trickle(c, head, "x"); took > limits.HTTPReadHeaderTimeout+time.Second {
				t.Errorf("closed after %v", took)
			}
		}
	})
}

func TestSlowlorisBody(t *testing.T) {
	inBubble(t, func(t *testing.T, l *site, network *memory) {
		for name, rest := range map[string]string{
			"length":  "Content-Length: 100000\r\n\r\n",
			"chunked": "Transfer-Encoding: chunked\r\n\r\n",
		} {
			c := network.dial()
			took := make(chan time.Duration, 1)
			go func() {
				piece := "x"
				if name == "chunked" {
					piece = "1\r\nx\r\n"
				}
				took <- trickle(c, postHead+rest, piece)
			}()
			got := c.answer(t)
			if got.StatusCode != 408 || got.code(t) != "request_timeout" || !got.Close {
				t.Errorf("%s: %d %s", name, got.StatusCode, got.text)
			}
			if took := <-took; took < limits.HTTPReadBodyTimeout || took > limits.HTTPReadBodyTimeout+5*time.Second {
				t.Errorf("%s: closed after %v", name, took)
			}
		}
	})
}

// A refused client cannot hold its connection with the rest of its body, whatever it was refused for.
func TestSlowlorisAfterARefusal(t *testing.T) {
	inBubble(t, func(t *testing.T, l *site, network *memory) {
		for name, head := range map[string]string{
			"unknown path":      "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
			"no key":            "POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
			"no key, large":     "POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
			"no key, chunked":   "POST /v1/responses HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n",
			"over the limit":    postHead + "Content-Length: 1000000000\r\n\r\n",
			"wrong method, big": "PUT /health HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n",
		} {
			c := network.dial()
			took := make(chan time.Duration, 1)
			go func() { took <- trickle(c, head, "x") }()
			c.answer(t)
			if took := <-took; took > limits.HTTPLinger+2*time.Second {
				t.Errorf("%s: closed after %v", name, took)
			}
		}
	})
}

func TestIdleConnectionIsClosed(t *testing.T) {
	inBubble(t, func(t *testing.T, l *site, network *memory) {
		c := network.dial()
		c.send(t, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
		c.answer(t)
		start := time.Now()
		if !c.closed() || time.Since(start) != limits.HTTPIdleTimeout {
			t.Errorf("closed after %v", time.Since(start))
		}
	})
}

func TestAClientThatStopsReading(t *testing.T) {
	inBubble(t, func(t *testing.T, l *site, network *memory) {
		ended := make(chan error, 1)
		l.Attach(backendFunc(func(w http.ResponseWriter, _ *http.Request, _ backend.Inbound) backend.Outcome {
			for {
				_, err := io.WriteString(w, strings.Repeat("x", 100))
				if err := errors.Join(err, http.NewResponseController(w).Flush()); err != nil {
					ended <- err
					return backend.Cut
				}
			}
		}))
		c := network.dial()
		c.send(t, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
		start := time.Now()
		// Reads a little every 20 s for five minutes: slow, but it moves.
		buffer := make([]byte, 1000)
		for range 15 {
			time.Sleep(20 * time.Second)
			if _, err := c.Read(buffer); err != nil {
				t.Fatalf("cut after %v: %v", time.Since(start), err)
			}
		}
		stalled := time.Now()
		<-ended
		if took := time.Since(stalled); took > limits.HTTPWriteStallTimeout {
			t.Errorf("cut after %v", took)
		}
		if !c.closed() {
			t.Error("the connection stays open")
		}
	})
}

// A large answer is renewed with every piece of it.
func TestASlowReaderOfALargeAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, l *site, network *memory) {
		const size = 1 << 20
		l.Attach(backendFunc(func(w http.ResponseWriter, _ *http.Request, _ backend.Inbound) backend.Outcome {
			if _, err := io.WriteString(w, strings.Repeat("x", size)); err != nil {
				t.Errorf("write: %v", err)
			}
			return backend.Answered
		}))
		c := network.dial()
		c.send(t, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
		response, err := http.ReadResponse(c.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		start, total, buffer := time.Now(), 0, make([]byte, 4<<10)
		for err == nil {
			var n int
			n, err = response.Body.Read(buffer)
			total += n
			time.Sleep(time.Second)
		}
		if total != size || time.Since(start) < 2*limits.HTTPWriteStallTimeout {
			t.Errorf("got %d bytes in %v: %v", total, time.Since(start), err)
		}
	})
}

func TestHeadLimit(t *testing.T) {
	l := start(t, func(cfg *front.SiteConfig) { cfg.AddressLimits.HeaderBytes = 16 << 10 })
	send := func(size int) answer {
		head := "GET /health HTTP/1.1\r\nHost: x\r\nX-Big: "
		c := dial(t, l)
		c.send(t, head+strings.Repeat("x", size-len(head)-4)+"\r\n\r\n")
		return c.answer(t)
	}
	if got := send(16 << 10); got.StatusCode != 200 {
		t.Errorf("at the limit: %d", got.StatusCode)
	}
	if got := send(16<<10 + 1); got.StatusCode != 431 || got.code(t) != "headers_too_large" || !got.Close {
		t.Errorf("over the limit: %d %s", got.StatusCode, got.text)
	}
	c := dial(t, l)
	go func() { // a bomb of many small ones; the server closes in the middle
		_, _ = io.WriteString(c, "GET /health HTTP/1.1\r\n"+strings.Repeat("a: b\r\n", 100_000))
	}()
	if got := c.answer(t); got.StatusCode != 431 {
		t.Errorf("many headers: %d", got.StatusCode)
	}
}

func TestMalformedRequests(t *testing.T) {
	l := start(t, nil)
	for name, c := range map[string]struct {
		text   string
		status int
	}{
		"no http":             {"hello\r\n\r\n", 400},
		"no host":             {"GET /health HTTP/1.1\r\n\r\n", 400},
		"line break in value": {"GET /health HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n", 400},
		"two lengths":         {"POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400},
		"unknown coding":      {"POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
		"unknown version":     {"GET /health HTTP/3.0\r\nHost: x\r\n\r\n", 505},
		"unknown expectation": {"POST /open HTTP/1.1\r\nHost: x\r\nExpect: cake\r\nContent-Length: 1\r\n\r\n", 417},
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, l)
			conn.send(t, c.text)
			got := conn.answer(t)
			if got.StatusCode != c.status || !got.Close {
				t.Errorf("got %d, close %t", got.StatusCode, got.Close)
			}
			got.code(t)
		})
	}
}

// The server's own error page is rewritten between requests only, never inside of an answer.
func TestAnAnswerThatLooksLikeAnErrorPage(t *testing.T) {
	l := start(t, nil)
	text := "HTTP/1.1 400 Bad Request\r\n\r\n"
	l.Attach(backendFunc(func(w http.ResponseWriter, _ *http.Request, _ backend.Inbound) backend.Outcome {
		for range 3 {
			_, _ = io.WriteString(w, strings.Repeat("x", 4096)+text)
			_ = http.NewResponseController(w).Flush()
		}
		return backend.Answered
	}))
	if got := ask(t, l, request{method: "GET", path: "/health"}); got.text != strings.Repeat(strings.Repeat("x", 4096)+text, 3) {
		t.Error("the answer was changed")
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	l := start(t, func(cfg *front.SiteConfig) { cfg.AddressLimits.Connections = 2 })
	first, second := dial(t, l), dial(t, l)
	for _, c := range []*raw{first, second} {
		c.send(t, getKeyed) // without the key they would make room after a while
		c.answer(t)
	}
	third := dial(t, l) // the kernel takes it; the listener does not
	third.send(t, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
	if got := l.Connections(); got != 2 {
		t.Errorf("%d connections", got)
	}
	_ = first.Close()
	if got := third.answer(t); got.StatusCode != 200 {
		t.Errorf("the third got %d", got.StatusCode)
	}
}

func TestManyIdleConnections(t *testing.T) {
	inBubble(t, func(t *testing.T, l *site, network *memory) {
		var group sync.WaitGroup
		for range 1000 {
			group.Go(func() { network.dial().closed() })
		}
		synctest.Wait()
		if got := l.Connections(); got != 1000 {
			t.Errorf("%d connections", got)
		}
		group.Wait() // fake time passes until the server has closed them all
		synctest.Wait()
		if got := l.Connections(); got != 0 {
			t.Errorf("%d connections are left", got)
		}
	})
}

// A deadline in the past ends a write that waits for the client and those that come, although writes renew their deadline.
func TestABackendCanCutItsOwnWrite(t *testing.T) {
	inBubble(t, func(t *testing.T, l *site, network *memory) {
		for _, after := range []time.Duration{0, time.Second} {
			ended := make(chan error, 1)
			l.Attach(backendFunc(func(w http.ResponseWriter, _ *http.Request, _ backend.Inbound) backend.Outcome {
				cut := func() {
					if err := http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0)); err != nil {
						t.Error(err)
					}
				}
				if after == 0 {
					cut()
				} else {
					time.AfterFunc(after, cut)
				}
				_, err := w.Write(make([]byte, 1<<20))
				ended <- err
				return backend.Cut
			}))
			c := network.dial()
			c.send(t, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
			start := time.Now()
			if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != after {
				t.Errorf("ended after %v: %v", time.Since(start), err)
			}
			if !c.closed() {
				t.Error("the connection stays open")
			}
		}
	})
}

// Connections that say nothing do not keep those out that come with the key.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	for name, says := range map[string]string{
		"nothing": "", "half a head": "GET /health HTTP/1.1\r\nX: ", "half a body": "POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx",
		"nothing after an answer": getHealth,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := newMemory()
				f := newFront(network)
				s := open(t, f, func(cfg *front.SiteConfig) { cfg.AddressLimits.Connections = 8 })
				keyed := network.dial()
				keyed.send(t, getKeyed)
				keyed.answer(t)
				for range 7 {
					c := network.dial()
					c.send(t, says)
					go c.closed()
				}
				synctest.Wait()
				for range 7 { // each of the others goes first
					c := network.dial()
					start := time.Now()
					c.send(t, getKeyed)
					if got := c.answer(t); got.StatusCode != 200 || time.Since(start) > 2*time.Second {
						t.Errorf("got %d after %v", got.StatusCode, time.Since(start))
					}
					defer c.Close()
				}
				keyed.send(t, getKeyed)
				if got := keyed.answer(t); got.StatusCode != 200 {
					t.Errorf("the one that had brought the key before got %d", got.StatusCode)
				}
				_ = keyed.Close()
				_ = s.Close(canceled(t))
				_ = f.Close(t.Context())
			})
		})
	}
}

// What is worked on is not closed to make room.
func TestRequestsInProgressStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		f := newFront(network)
		s := open(t, f, func(cfg *front.SiteConfig) { cfg.AddressLimits.Connections = 1 })
		s.Attach(backendFunc(func(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome {
			time.Sleep(time.Minute)
			return echo(w, r, in)
		}))
		first := network.dial()
		first.send(t, getHealth)
		start := time.Now()
		second := make(chan *raw, 1)
		go func() { // it waits until there is room
			c := network.dial()
			second <- c
			_, _ = io.WriteString(c, getHealth)
		}()
		if got := first.answer(t); got.StatusCode != 200 || time.Since(start) != time.Minute {
			t.Errorf("got %d after %v", got.StatusCode, time.Since(start))
		}
		c := <-second
		if got := c.answer(t); got.StatusCode != 200 {
			t.Errorf("the second got %d", got.StatusCode)
		}
		_ = c.Close()
		_ = s.Close(t.Context())
		_ = f.Close(t.Context())
	})
}

// flaky is a socket that fails as often as there is something in its channel.
type flaky struct {
	*memory
	failures chan error
}

func (f flaky) Accept() (net.Conn, error) {
	select {
	case err := <-f.failures:
		return nil, err
	default:
		return f.memory.Accept()
	}
}

func (f flaky) listen(context.Context, string, string) (net.Listener, error) { return f, nil }

// passing is an error that passes, such as a lack of descriptors.
type passing struct{ error }

func (passing) Timeout() bool   { return false }
func (passing) Temporary() bool { return true }

// A failed accept takes no place.
func TestFailedAcceptsTakeNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := flaky{newMemory(), make(chan error, 10)}
		for range cap(network.failures) {
			network.failures <- passing{errors.New("too many open files")}
		}
		f := front.New(front.Config{Logger: discard(), Listen: network.listen})
		s := open(t, f, func(cfg *front.SiteConfig) { cfg.AddressLimits.Connections = 2 })
		for range 3 {
			c := network.dial()
			c.send(t, getKeyed)
			if got := c.answer(t); got.StatusCode != 200 {
				t.Errorf("got %d", got.StatusCode)
			}
			_ = c.Close()
		}
		_ = s.Close(t.Context())
		_ = f.Close(t.Context())
	})
}
