package front

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"innkeeper/runtime/manifest"
)

// writePlain sends what the HTTP server writes on its own: answers to requests that never reached the handler because
// their head is malformed or too large. They get the same shape as what no route answers.
func (c *conn) writePlain(p []byte) (int, error) {
	status, ok := statusOf(p)
	if !ok {
		return c.send(p)
	}
	if _, err := c.send(plainAnswer(status, c.server.listener.table.Load().errors())); err != nil {
		return 0, err
	}
	return len(p), nil
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

func plainAnswer(status int, shape manifest.ErrorShape) []byte {
	p := &problem{status: status, kind: typeInvalid, code: "invalid_request", message: "The request is not valid HTTP."}
	switch status {
	case http.StatusRequestHeaderFieldsTooLarge:
		p.code, p.message = "headers_too_large", "The request's headers are too large."
	case http.StatusExpectationFailed, http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		p.code, p.message = "not_supported", "The request asks for something that the server does not support."
	}
	id := uuid.NewString()
	kind, body := p.text(shape, id)
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n"+
		"X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nX-Request-Id: %s\r\n\r\n%s",
		status, http.StatusText(status), kind, len(body), id, body)
}
