package front

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

// writePlain sends what the HTTP server writes on its own: answers to requests that never reached the handler because
// their head is malformed or too large. They get the same shape as what no route answers.
func (c *conn) writePlain(p []byte) (int, error) {
	status, ok := statusOf(p)
	if !ok {
		return c.send(p)
	}
	status = cmp.Or(c.head.refusal(), status)
	if _, err := c.send(plainAnswer(headProblem(status), c.server.listener.table.Load().errors())); err != nil {
		return 0, err
	}
	if status == http.StatusRequestHeaderFieldsTooLarge {
		c.linger()
	}
	return len(p), nil
}

// linger reads on for a moment and drops it, so that a client that still sends sees the answer and not a reset connection.
func (c *conn) linger() {
	_ = c.CloseWrite()
	_ = c.Conn.SetReadDeadline(time.Now().Add(limits.HTTPLinger))
	_, _ = io.CopyN(io.Discard, c.Conn, limits.HTTPHeaderBytesMax) // whatever ends it, the connection is closed now
}

// statusOf reads the status of an HTTP/1.1 error answer.
func statusOf(p []byte) (int, bool) {
	rest, ok := bytes.CutPrefix(p, []byte("HTTP/1.1 "))
	if !ok || len(rest) < 3 {
		return 0, false
	}
	status, err := strconv.Atoi(string(rest[:3]))
	return status, err == nil && status >= 400 && status <= 599
}

// headProblem is what is wrong with a request that never reached the handler.
func headProblem(status int) *problem {
	switch status {
	case http.StatusServiceUnavailable:
		return noMemory()
	case http.StatusRequestHeaderFieldsTooLarge:
		return headTooLarge()
	case http.StatusExpectationFailed, http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return &problem{status: status, kind: typeInvalid, code: "not_supported",
			message: "The request asks for something that the server does not support."}
	}
	return &problem{status: status, kind: typeInvalid, code: "invalid_request", message: "The request is not valid HTTP."}
}

func plainAnswer(p *problem, shape manifest.ErrorShape) []byte {
	id := uuid.NewString()
	kind, body := p.text(shape, id)
	answer := fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n"+
		"X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nX-Request-Id: %s\r\n",
		p.status, http.StatusText(p.status), kind, len(body), id)
	if after := p.retry(); after != "" {
		answer = fmt.Appendf(answer, "Retry-After: %s\r\n", after)
	}
	return append(append(answer, "\r\n"...), body...)
}
