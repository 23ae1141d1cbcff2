package httpfn_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/httpfn"
)

func TestRespond(t *testing.T) {
	h := newHarness(t, nil)
	large := repeat("0123456789", 100_000)
	for _, c := range []struct {
		name, method string
		status       uint32
		body         []byte
		want         string
		length       int64
	}{
		{"text", "GET", 200, []byte("hello"), "hello", 5},
		{"nothing", "POST", 202, nil, "", 0},
		{"large", "GET", 200, large, string(large), int64(len(large))},
		{"error", "GET", 599, []byte("x"), "x", 1},
		{"head", "HEAD", 200, []byte("hello"), "", 5},
		{"large head", "HEAD", 200, large, "", int64(len(large))},
		{"no content", "DELETE", 204, []byte("dropped"), "", 0},
		{"not modified", "GET", 304, []byte("dropped"), "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, exchange := h.call(c.method + " / HTTP/1.1\r\nHost: inn\r\nContent-Length: 0\r\n\r\n")
			body := append([]byte(nil), c.body...)
			h.check("respond", h.f.Respond(exchange, c.status, []byte("Content-Type: text/plain\n"), body), abi.OK)
			clear(body) // the guest's memory is its own again
			h.check("respond again", h.f.Respond(exchange, 200, nil, nil), abi.EBADF)
			response := conn.head(t)
			text := ""
			if c.method != "HEAD" {
				b, err := io.ReadAll(response.Body)
				if err != nil {
					t.Fatal(err)
				}
				text = string(b)
			}
			if response.StatusCode != int(c.status) || text != c.want || response.ContentLength != c.length {
				t.Errorf("got %d, %d bytes, length %d", response.StatusCode, len(text), response.ContentLength)
			}
			conn.send(t, get) // nothing was left behind on the connection
			next := h.next(abi.EventHTTPRequest).handle
			h.check("respond", h.f.Respond(next, 200, nil, []byte("next")), abi.OK)
			if _, text := conn.answer(t); text != "next" {
				t.Errorf("the next request got %q", text)
			}
		})
	}
	h.none()
}

func TestStream(t *testing.T) {
	h := newHarness(t, nil)
	c, exchange := h.call(get)
	h.check("write before begin", h.f.Write(exchange, []byte("x")), abi.EINVAL)
	h.check("end before begin", h.f.End(exchange), abi.EINVAL)
	h.check("begin", h.f.Begin(exchange, 200, []byte("Content-Type: text/event-stream\n")), abi.OK)
	h.check("begin again", h.f.Begin(exchange, 200, nil), abi.EEXIST)
	h.check("respond after begin", h.f.Respond(exchange, 200, nil, nil), abi.EEXIST)
	response := c.head(t) // the head comes without a first piece
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("head: %d %v", response.StatusCode, response.Header)
	}
	buffer := make([]byte, 100)
	for _, piece := range []string{"one", "two", "three"} {
		h.check("write", h.f.Write(exchange, []byte(piece)), abi.OK)
		h.check("write of nothing", h.f.Write(exchange, nil), abi.OK)
		if _, err := io.ReadFull(response.Body, buffer[:len(piece)]); err != nil || string(buffer[:len(piece)]) != piece {
			t.Fatalf("got %q, %v", buffer[:len(piece)], err) // each piece comes without the next
		}
	}
	h.check("last write", h.f.Write(exchange, []byte("last")), abi.OK)
	h.check("end", h.f.End(exchange), abi.OK)
	h.check("write after end", h.f.Write(exchange, []byte("x")), abi.EBADF)
	if rest, err := io.ReadAll(response.Body); string(rest) != "last" || err != nil {
		t.Errorf("rest %q, %v", rest, err)
	}
	h.none()
}

func TestStreamWithoutABody(t *testing.T) {
	h := newHarness(t, nil)
	for request, status := range map[string]uint32{"HEAD / HTTP/1.1\r\nHost: inn\r\n\r\n": 200, get: 204} {
		c, exchange := h.call(request)
		h.check("begin", h.f.Begin(exchange, status, []byte("Content-Type: text/event-stream\n")), abi.OK)
		h.check("write", h.f.Write(exchange, []byte("dropped")), abi.OK)
		h.check("end", h.f.End(exchange), abi.OK)
		if response := c.head(t); response.StatusCode != int(status) {
			t.Errorf("got %d", response.StatusCode)
		}
		c.send(t, get)
		h.check("respond", h.f.Respond(h.next(abi.EventHTTPRequest).handle, 200, nil, []byte("next")), abi.OK)
		if _, text := c.answer(t); text != "next" {
			t.Errorf("the next request got %q", text)
		}
	}
}

func TestAbort(t *testing.T) {
	h := newHarness(t, nil)
	c, exchange := h.call(get)
	h.check("abort", h.f.Abort(exchange), abi.OK)
	if rest, _ := io.ReadAll(c.in); len(rest) != 0 {
		t.Errorf("got %q", rest)
	}
	c, exchange = h.call(get)
	h.check("begin", h.f.Begin(exchange, 200, nil), abi.OK)
	response := c.head(t)
	h.check("abort", h.f.Abort(exchange), abi.OK)
	if _, err := io.ReadAll(response.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the client took it for complete: %v", err)
	}
	h.none()
}

func TestBoundsOfAnAnswer(t *testing.T) {
	h := newHarness(t, func(cfg *httpfn.Config) { cfg.AnswerBytes, cfg.AnswersBytes, cfg.HighWater = 1000, 1500, 400 })
	c, exchange := h.call(get)
	h.check("respond over the limit", h.f.Respond(exchange, 200, nil, repeat("x", 1001)), abi.EMSGSIZE)
	h.check("begin", h.f.Begin(exchange, 200, nil), abi.OK)
	h.check("write over the limit", h.f.Write(exchange, repeat("x", 1001)), abi.EMSGSIZE)
	h.check("write at the limit, over high water", h.f.Write(exchange, repeat("x", 1000)), abi.OK)
	h.check("end", h.f.End(exchange), abi.OK)
	if _, text := c.answer(t); text != strings.Repeat("x", 1000) {
		t.Errorf("got %d bytes", len(text))
	}
}
