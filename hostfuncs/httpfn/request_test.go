package httpfn_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
)

func TestWhatAGuestSeesOfARequest(t *testing.T) {
	h := newHarness(t, nil)
	h.dial("POST /v1/a%20b?q=%20x HTTP/1.1\r\nHost: inn:80\r\nContent-Length: 5\r\nAuthorization: Bearer secret\r\nX-Two: 1\r\nx-two: 2\r\nAccept: */*\r\n\r\nhello")
	e := h.next(abi.EventHTTPRequest)
	var got abi.HTTPRequest
	want := abi.HTTPRequest{
		Route: "things.get", Values: []abi.PathValue{{Name: "id", Value: "7"}}, Method: "POST", Path: "/v1/a b", Query: "q=%20x",
		RequestID: "id-1", BodySize: 5,
	}
	if !got.Read(e.payload) || !reflect.DeepEqual(got, want) {
		t.Errorf("payload: %+v, want %+v", got, want)
	}

	header := func(name string) string {
		buffer := make([]byte, 100)
		n := h.f.Header(e.handle, []byte(name), buffer)
		if n < 0 {
			return abi.FromResult(n).Error()
		}
		return string(buffer[:n])
	}
	for name, want := range map[string]string{
		"x-two": "1, 2", "ACCEPT": "*/*", "host": "inn:80", "X-None": "ENOENT", "authorization": "ENOENT", "": "ENOENT",
	} {
		if got := header(name); got != want {
			t.Errorf("header %q: %q, want %q", name, got, want)
		}
	}

	buffer := make([]byte, 1000)
	n := h.f.Headers(e.handle, buffer)
	if got, want := string(buffer[:n]), "Host: inn:80\nAccept: */*\nContent-Length: 5\nX-Two: 1\nX-Two: 2\n"; got != want {
		t.Errorf("headers: %q, want %q", got, want)
	}
	if small := make([]byte, 4); h.f.Body(e.handle, small) != 5 || string(small) != "\x00\x00\x00\x00" {
		t.Errorf("a body that does not fit: %q", small)
	}
	if n := h.f.Body(e.handle, buffer); string(buffer[:n]) != "hello" {
		t.Errorf("body: %q", buffer[:n])
	}
	h.check("abort", h.f.Abort(e.handle), abi.OK)
	h.check("body of a closed handle", h.f.Body(e.handle, buffer), abi.EBADF)
}

func TestHandlesThatAreNone(t *testing.T) {
	h := newHarness(t, nil)
	h.check("header", h.f.Header(7, []byte("a"), nil), abi.EBADF)
	h.check("headers", h.f.Headers(7, nil), abi.EBADF)
	h.check("body", h.f.Body(7, nil), abi.EBADF)
	h.check("respond", h.f.Respond(7, 200, nil, nil), abi.EBADF)
	h.check("begin", h.f.Begin(7, 200, nil), abi.EBADF)
	h.check("write", h.f.Write(7, nil), abi.EBADF)
	h.check("end", h.f.End(7), abi.EBADF)
	h.check("abort", h.f.Abort(7), abi.EBADF)
}

func TestHeadersThatHTTPDoesNotAllow(t *testing.T) {
	h := newHarness(t, nil)
	c, exchange := h.call(get)
	for _, block := range []string{
		"X: a\r\nInjected: b", "X: a\rb\n", "X: a\x00b\n", "X: \x1b[31m\n", "X: a\x7f\n", "X\n", ": a\n", "X Y: a\n", "X : a\n", "\nX: a\n",
		"X: a\n\nY: b\n", "ü: a\n", " X: a\n", "Connection: close\n", "transfer-encoding: chunked\n", "Content-Length: 5\n", "Upgrade: websocket\n",
		"TE: trailers\n", "Trailer: X\n", "Keep-Alive: timeout=5\n",
	} {
		h.check(fmt.Sprintf("respond with %q", block), h.f.Respond(exchange, 200, []byte(block), nil), abi.EINVAL)
		h.check(fmt.Sprintf("begin with %q", block), h.f.Begin(exchange, 200, []byte(block)), abi.EINVAL)
	}
	for _, status := range []uint32{0, 99, 100, 101, 103, 199, 600, 1200, 1 << 31} {
		h.check(fmt.Sprint("status ", status), h.f.Respond(exchange, status, nil, nil), abi.EINVAL)
	}
	h.check("too many headers", h.f.Respond(exchange, 200, repeat("X: y\n", 10_000), nil), abi.EMSGSIZE)

	good := "X-Tab: a\tb\nX-Utf8: ü\nX-Empty:\nX-Two: 1\nX-Two: 2\nX-Trim:   x \nx-lower: y\nX-Content-Type-Options: none\nVary: Accept\nVary: X"
	h.check("the handle is still open", h.f.Respond(exchange, 299, []byte(good), []byte("ok")), abi.OK)
	response, text := c.answer(t)
	if response.StatusCode != 299 || text != "ok" || response.ContentLength != 2 {
		t.Errorf("got %d %q", response.StatusCode, text)
	}
	for name, want := range map[string]string{
		"X-Tab": "a\tb", "X-Utf8": "ü", "X-Empty": "", "X-Two": "1|2", "X-Trim": "x", "X-Lower": "y",
		"X-Content-Type-Options": "nosniff", // the host's stays
		"Vary":                   "Origin|Accept|X",
	} {
		values, ok := response.Header[name]
		if got := strings.Join(values, "|"); got != want || !ok {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if _, guessed := response.Header["Content-Type"]; guessed {
		t.Errorf("content type: %v", response.Header["Content-Type"])
	}
}
