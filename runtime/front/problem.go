package front

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/safetext"
)

// The kinds of errors, as clients of the OpenAI API know them.
// https://platform.openai.com/docs/guides/error-codes
const (
	typeInvalid   = "invalid_request_error"
	typeRateLimit = "rate_limit_error"
	typeServer    = "server_error"
)

// problem is an answer that the host makes itself.
type problem struct {
	status     int
	kind       string
	code       string
	message    string
	retryAfter time.Duration // with 429 and 503
}

// write answers with the problem.
func (p *problem) write(w *response) {
	kind, body := p.text(w.errors, w.id)
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if after := p.retry(); after != "" {
		h.Set("Retry-After", after)
	}
	w.WriteHeader(p.status)
	_, _ = w.Write(body) // a client that left has no use for it
}

// retry is what the client is told of when to come back, in whole seconds; empty if it is not told.
func (p *problem) retry() string {
	if p.retryAfter <= 0 {
		return ""
	}
	return strconv.FormatInt(int64(math.Ceil(max(p.retryAfter, limits.HTTPRetryAfter).Seconds())), 10)
}

func headTooLarge() *problem {
	return &problem{status: http.StatusRequestHeaderFieldsTooLarge, kind: typeInvalid, code: "headers_too_large",
		message: "The request's headers are too large, or too many."}
}

func originRefused() *problem {
	return &problem{status: http.StatusForbidden, kind: typeInvalid, code: "origin_not_allowed",
		message: "This origin may not call the server from a browser."}
}

func unknownPath(method, path string) *problem {
	return &problem{status: http.StatusNotFound, kind: typeInvalid, code: "unknown_url",
		message: fmt.Sprintf("Unknown request URL: %s %s.", clip(method), clip(path))}
}

func wrongMethod(method, path string) *problem {
	return &problem{status: http.StatusMethodNotAllowed, kind: typeInvalid, code: "method_not_supported",
		message: fmt.Sprintf("Not allowed to %s on %s.", clip(method), clip(path))}
}

func badText() *problem {
	return &problem{status: http.StatusBadRequest, kind: typeInvalid, code: "invalid_url",
		message: "The query is not valid UTF-8."}
}

func wrongKey(example string) *problem {
	return &problem{status: http.StatusUnauthorized, kind: typeInvalid, code: "invalid_api_key",
		message: fmt.Sprintf("The API key is missing or wrong. Send it as '%s'.", example)}
}

func tooLarge(limit int64) *problem {
	return &problem{status: http.StatusRequestEntityTooLarge, kind: typeInvalid, code: "request_too_large",
		message: fmt.Sprintf("The request body is larger than %d bytes.", limit)}
}

func encoded() *problem {
	return &problem{status: http.StatusUnsupportedMediaType, kind: typeInvalid, code: "unsupported_content_encoding",
		message: "The request body is compressed, which is not supported: send it without Content-Encoding."}
}

func tooSlow() *problem {
	return &problem{status: http.StatusRequestTimeout, kind: typeInvalid, code: "request_timeout",
		message: "The request body did not arrive in time."}
}

func brokenBody() *problem {
	return &problem{status: http.StatusBadRequest, kind: typeInvalid, code: "invalid_body",
		message: "The request body could not be read to its end."}
}

func tooMany() *problem {
	return &problem{status: http.StatusTooManyRequests, kind: typeRateLimit, code: "rate_limit_exceeded",
		message: "Too many requests are in progress.", retryAfter: limits.HTTPRetryAfter}
}

func noMemory() *problem {
	return &problem{status: http.StatusServiceUnavailable, kind: typeServer, code: "overloaded",
		message: "Too many large requests are in progress.", retryAfter: limits.HTTPRetryAfter}
}

// reasonBytes is the most that a caller is told of why nobody answers: guests have a say in it.
const reasonBytes = 1 << 10

// unavailable says why nobody answers; the reason is for callers with the key only.
func unavailable(u Unavailable, trusted bool) *problem {
	message := "The adapter is " + u.State + "."
	if trusted && u.Reason != "" {
		message = "The adapter is " + u.State + ": " + safetext.Line(u.Reason, reasonBytes)
	}
	return &problem{status: http.StatusServiceUnavailable, kind: typeServer, code: "unavailable",
		message: message, retryAfter: max(u.RetryAfter, limits.HTTPRetryAfter)}
}

// refused is for a backend that takes no new requests right now.
func refused() *problem {
	return &problem{status: http.StatusServiceUnavailable, kind: typeServer, code: "unavailable",
		message: "The adapter takes no new requests right now.", retryAfter: limits.HTTPRetryAfter}
}

// unanswered is for a backend that ended with the request in its hands.
func unanswered() *problem {
	return &problem{status: http.StatusServiceUnavailable, kind: typeServer, code: "unanswered",
		message: "The adapter ended before it answered.", retryAfter: limits.HTTPRetryAfter}
}

// overdue is for a backend that has begun to act on the request and gives no answer.
func overdue() *problem {
	return &problem{status: http.StatusGatewayTimeout, kind: typeServer, code: "answer_timeout",
		message: "The adapter did not answer in time."}
}

// clip makes what a client sent fit to be sent back and logged: short, and nothing that a terminal obeys.
func clip(s string) string {
	const most = 200
	return safetext.Line(s, most)
}
