package front_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/front"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/limits"
)

const postHead = "POST /v1/responses HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key + "\r\n"

// chunked is a body of chunks of 1,000 bytes.
func chunked(chunks int) string {
	return strings.Repeat("3e8\r\n"+strings.Repeat("x", 1000)+"\r\n", chunks)
}

func TestBodies(t *testing.T) {
	const limit = 100_000
	l := start(t, func(cfg *front.SiteConfig) { cfg.Limits.BodyBytes = limit })
	cases := []struct {
		name, rest string
		status     int
		code       string
	}{
		{"none", "Content-Length: 0\r\n\r\n", 200, ""},
		{"at the limit", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", limit, strings.Repeat("x", limit)), 200, ""},
		{"over the limit", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", limit+1, strings.Repeat("x", limit+1)), 413, "request_too_large"},
		{"compressed", "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxyz", 415, "unsupported_content_encoding"},
		{"announced, not sent", "Content-Length: 1000000000\r\n\r\n", 413, "request_too_large"},
		{"announced, waiting for leave", "Content-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n", 413, "request_too_large"},
		{"chunked at the limit", "Transfer-Encoding: chunked\r\n\r\n" + chunked(100) + "0\r\n\r\n", 200, ""},
		{"chunked over the limit", "Transfer-Encoding: chunked\r\n\r\n" + chunked(101) + "0\r\n\r\n", 413, "request_too_large"},
		{"broken chunk", "Transfer-Encoding: chunked\r\n\r\n" + chunked(1) + "zz\r\n", 400, "invalid_body"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			conn := dial(t, l)
			conn.send(t, postHead+c.rest)
			got := conn.answer(t)
			if got.StatusCode != c.status || c.code != "" && got.code(t) != c.code {
				t.Fatalf("got %d %.200s", got.StatusCode, got.text)
			}
			if c.status == 200 && !strings.HasSuffix(got.text, strings.Repeat("x", strings.Count(c.rest, "x")/1000*1000)) {
				t.Errorf("the body changed: %d bytes", len(got.text))
			}
			if large := c.name != "over the limit"; c.status == 413 && got.Close != large {
				t.Errorf("connection closed: %t", got.Close)
			}
		})
	}
}

// A client that sends all of a refused body before it reads still gets the answer.
func TestARefusedClientSeesTheAnswer(t *testing.T) {
	l := start(t, func(cfg *front.SiteConfig) { cfg.Limits.BodyBytes = 8 << 20 })
	body := bytes.Repeat([]byte("x"), 8<<20+1)
	c := dial(t, l)
	c.send(t, fmt.Sprintf("%sContent-Length: %d\r\n\r\n", postHead, len(body)))
	if _, err := c.Write(body); err != nil {
		t.Fatalf("while sending: %v", err)
	}
	if got := c.answer(t); got.StatusCode != 413 {
		t.Errorf("got %d", got.StatusCode)
	}
}

// A small refused body does not cost the connection.
func TestAConnectionOutlivesARefusal(t *testing.T) {
	l := start(t, nil)
	c := dial(t, l)
	for range 3 {
		c.send(t, "POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
		if got := c.answer(t); got.StatusCode != 401 || got.Close {
			t.Fatalf("got %d, close %t", got.StatusCode, got.Close)
		}
		c.send(t, postHead+"Content-Length: 5\r\n\r\nhello")
		if got := c.answer(t); got.StatusCode != 200 || got.Close {
			t.Fatalf("got %d, close %t", got.StatusCode, got.Close)
		}
	}
}

// What a client announces costs nothing; what it sends is bounded over all requests.
func TestBodyMemory(t *testing.T) {
	const clients, each = 50, 1 << 20
	var before, after runtime.MemStats
	l := start(t, func(cfg *front.SiteConfig) { cfg.Limits.BodyBytes, cfg.Limits.BodiesBytes = each, 4<<20 })
	conns := make([]*raw, clients)
	runtime.ReadMemStats(&before)
	for i := range conns {
		conns[i] = dial(t, l)
		conns[i].send(t, fmt.Sprintf("%sContent-Length: %d\r\n\r\nx", postHead, each))
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > clients*64<<10 {
		t.Errorf("%d bytes for announcements", grown)
	}
	refused := 0
	for _, c := range conns {
		// The refused ones close in the middle of this; that is what the answer is about.
		_, _ = c.Write(bytes.Repeat([]byte("x"), each/2))
	}
	for _, c := range conns {
		_, _ = c.Write(bytes.Repeat([]byte("x"), each/2-1))
		if got := c.answer(t); got.StatusCode == 503 && got.code(t) == "overloaded" {
			refused++
		} else if got.StatusCode != 200 {
			t.Errorf("got %d", got.StatusCode)
		}
	}
	if refused < clients/2 {
		t.Errorf("%d of %d refused", refused, clients)
	}
	if got := ask(t, l, request{method: "POST", path: "/v1/responses", body: strings.Repeat("x", each)}); got.StatusCode != 200 {
		t.Errorf("afterwards: %d", got.StatusCode)
	}
}

func TestAClientThatLeavesInItsBody(t *testing.T) {
	l := start(t, nil)
	served := make(chan struct{}, 1)
	l.Attach(backendFunc(func(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome {
		served <- struct{}{}
		return echo(w, r, in)
	}))
	for _, rest := range []string{"Content-Length: 100\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n5\r\nhel"} {
		c := dial(t, l)
		c.send(t, postHead+rest)
		_ = c.Close()
	}
	ask(t, l, request{method: "GET", path: "/health"})
	<-served
	select {
	case <-served:
		t.Error("half a body reached the backend")
	default:
	}
}

// An answer that is larger than the HTTP server's buffer leaves in one write with each flush.
func TestAPieceLeavesInOneWrite(t *testing.T) {
	network := newMemory()
	l := open(t, newFront(network), nil)
	defer l.Close(t.Context())
	next := make(chan struct{})
	piece := "data: " + strings.Repeat("x", 20_000) + "\n\n"
	l.Attach(backendFunc(func(w http.ResponseWriter, _ *http.Request, _ backend.Inbound) backend.Outcome {
		for range next {
			_, err := io.WriteString(w, piece)
			if err := errors.Join(err, http.NewResponseController(w).Flush()); err != nil {
				t.Error(err)
			}
		}
		return backend.Answered
	}))
	c := network.dial()
	go func() { _, _ = io.WriteString(c, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n") }()
	buffer := make([]byte, 100_000)
	for range 3 {
		next <- struct{}{}
		n, err := c.Read(buffer) // a pipe ends a read with the write that it came from
		if err != nil || !bytes.HasSuffix(buffer[:n], []byte(piece+"\r\n")) {
			t.Errorf("one read got %d bytes, %v", n, err)
		}
	}
	close(next)
	if n, _ := c.Read(buffer); string(buffer[:n]) != "0\r\n\r\n" {
		t.Errorf("end: %q", buffer[:n])
	}
	_ = c.Close()
}

// The deadline for a body is over with the body: an answer may take longer, and the client has not left.
func TestAnAnswerMayTakeLongerThanABody(t *testing.T) {
	inBubble(t, func(t *testing.T, l *site, network *memory) {
		l.Attach(backendFunc(func(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome {
			select {
			case <-r.Context().Done():
				t.Error("the client counts as gone")
			case <-time.After(10 * limits.HTTPReadBodyTimeout):
			}
			return echo(w, r, in)
		}))
		for _, rest := range []string{"Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"} {
			c := network.dial()
			c.send(t, postHead+rest)
			if got := c.answer(t); got.StatusCode != 200 {
				t.Errorf("got %d", got.StatusCode)
			}
			_ = c.Close()
		}
	})
}
