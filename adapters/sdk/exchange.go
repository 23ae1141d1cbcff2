package sdk

import (
	"errors"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/internal/buffer"
)

// ErrEnded is the error of using an exchange that was answered, ended or aborted before.
var ErrEnded = errors.New("http: exchange has ended")

// Request is what an exchange says of itself without asking the host again.
type Request struct {
	// Route is the name of the matching [[http.routes]] entry in the manifest.
	Route string
	// Method is the request's method, such as "GET".
	Method string
	// Path is the decoded path, such as "/v1/models".
	Path string
	// Query is the raw query without "?".
	Query string
	// RequestID is the id under which the host logs this request.
	RequestID string
	// BodySize is the size of the body in bytes. The host has read all of it.
	BodySize int

	values []abi.PathValue
}

// PathValue is what stands in the path in the place of {name} or {name...}, decoded; empty if the route has no such parameter.
func (r *Request) PathValue(name string) string {
	for _, v := range r.values {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}

// Exchange is one inbound HTTP request and its answer. It stays open until Respond, End or Abort, also after the callback
// that brought it has returned, so the answer may come later. It belongs to the loop.
type Exchange struct {
	Request

	loop   *Loop
	handle uint32
	state  exchangeState
	gone   bool // the client left
	ending bool // End was called while bytes were pending

	pending    []byte // taken by Send, not yet by the host
	sendLimit  int
	onWritable func()
	onGone     func()
	onMessage  func(message []byte, binary bool) // nil unless it is a WebSocket
	messages   []int                             // of a WebSocket: the lengths of the messages in pending
}

type exchangeState uint8

const (
	stateOpen  exchangeState = iota // nothing was sent
	stateBegun                      // Begin was called
	stateEnded                      // the handle is closed
)

// Header is the value of one request header, several joined with ", ". ok is false if it was not sent. Names are matched
// without regard to case. The Authorization header is never shown to a guest.
func (x *Exchange) Header(name string) (value string, ok bool) {
	answer, err := x.loop.scratch.Fill(0, func(b []byte) int32 { return x.loop.host.HTTP.Header(x.handle, buffer.View(name), b) })
	if err != nil {
		return "", false
	}
	return string(answer), true
}

// Headers is the block of all request headers, lines "name: value\n", as a view that is valid until the callback returns
// or another header is read.
func (x *Exchange) Headers() (Header, error) {
	return x.loop.scratch.Fill(0, func(b []byte) int32 { return x.loop.host.HTTP.Headers(x.handle, b) })
}

// Body is the whole request body, as a view that is valid until the callback returns or another body is read.
func (x *Exchange) Body() ([]byte, error) {
	if x.state == stateEnded {
		return nil, ErrEnded
	}
	if x.BodySize == 0 {
		return nil, nil
	}
	return x.loop.body.Fill(x.BodySize, func(b []byte) int32 { return x.loop.host.HTTP.Body(x.handle, b) })
}

// Respond answers in one piece and ends the exchange, whatever comes of it: an answer that the host does not take is an
// Abort, so an error needs no clearing up. It is ErrEnded, abi.EPIPE if the client left, abi.EINVAL for a status or header that
// HTTP does not allow, abi.EEXIST after Begin, abi.EMSGSIZE for an answer over the host's limit, or abi.ENOMEM while the host holds
// too much for slow clients.
func (x *Exchange) Respond(status int, headers Header, body []byte) error {
	if x.state == stateEnded {
		return ErrEnded
	}
	err := abi.FromResult(x.loop.host.HTTP.Respond(x.handle, uint32(status), headers, body))
	if x.settle(err); err != nil {
		x.Abort()
	}
	return err
}

// RespondText is Respond with plain text in UTF-8.
func (x *Exchange) RespondText(status int, text string) error {
	return x.Respond(status, buffer.View(textHeader), buffer.View(text))
}

// RespondJSON is Respond with a JSON text.
func (x *Exchange) RespondJSON(status int, body []byte) error {
	return x.Respond(status, buffer.View(jsonHeader), body)
}

const (
	textHeader = "content-type: text/plain; charset=utf-8\n"
	jsonHeader = "content-type: application/json\n"
)

// Pass gives an exchange to which nothing was answered to the older instance that still finishes its work ([Info].Predecessor):
// what the request is about is that one's. The error is abi.ENOENT if there is none any more, and abi.EEXIST after Begin; the
// exchange is still open then. After abi.EPIPE, the client left, and after success it has ended.
func (x *Exchange) Pass() error {
	if x.state == stateEnded {
		return ErrEnded
	}
	err := abi.FromResult(x.loop.host.HTTP.Pass(x.handle))
	x.settle(err)
	return err
}

// Abort cuts the connection without finishing the answer and ends the exchange. It is safe to call at any time.
func (x *Exchange) Abort() {
	if x.state == stateEnded {
		return
	}
	x.loop.host.HTTP.Abort(x.handle)
	x.close()
}

// Ended reports whether the exchange was answered, ended or aborted.
func (x *Exchange) Ended() bool { return x.state == stateEnded }

// Gone reports whether the client left before the end.
func (x *Exchange) Gone() bool { return x.gone }

// OnGone sets what is called, once, when the client leaves before the answer has ended: the place to cancel the turn behind it. The
// exchange may still be ended; the host closes what was forgotten after a while.
func (x *Exchange) OnGone(f func()) { x.onGone = f }

// settle books the result of a call that closes the handle: after these the host has closed it.
func (x *Exchange) settle(err error) {
	if err == nil || errors.Is(err, abi.EPIPE) || errors.Is(err, abi.EBADF) {
		x.close()
	}
}

// close forgets the exchange: its handle is closed.
func (x *Exchange) close() {
	x.state, x.pending, x.onWritable, x.onGone, x.onMessage = stateEnded, nil, nil, nil, nil
	x.loop.exchanges.remove(x.handle)
}
