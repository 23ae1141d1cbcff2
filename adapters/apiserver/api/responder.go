package api

import (
	"errors"
	"slices"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
)

// responder is where the answer to a request goes: to the client that asked, or to everybody who waits for it under an
// Idempotency-Key. Whoever answers need not know which.
type responder interface {
	// respond answers in one piece.
	respond(status int, headers sdk.Header, body []byte)
	// begin makes the answer an event stream. From then on an error is an event.
	begin()
	// write sends whole frames in one write. abi.EAGAIN means that nothing was taken, and that what watch sets is called when
	// there is room again; any other error that nobody is left to write to.
	write(frames []byte) error
	// send is write for those that cannot wait. It reports whether somebody is still there.
	send(frames []byte) bool
	// end finishes the stream. One that failed may be tried again under its key.
	end(failed bool)
	// abort cuts the answer off.
	abort()
	// pass gives the request to the predecessor, if nothing was answered yet. The error is that of [sdk.Exchange.Pass].
	pass() error
	// watch sets what is called when a stream can be written to again, and when nobody waits for the answer any more.
	watch(writable, gone func())
}

// jsonHeader and the others are written down once and never changed.
var (
	jsonHeader = sdk.Header("content-type: application/json\n")
	// X-Accel-Buffering keeps nginx from holding frames back.
	streamHeader = sdk.Header("content-type: text/event-stream; charset=utf-8\ncache-control: no-cache, no-transform\nx-accel-buffering: no\n")
)

// sendLimit is how many bytes wait in the guest for one slow client, beside what the host holds.
const sendLimit = 4 << 20

// client is the one who asked.
type client struct{ *call }

var _ responder = client{}

func (c client) headers(headers sdk.Header) sdk.Header {
	if len(c.extra) == 0 {
		return headers
	}
	return slices.Concat(headers, c.extra)
}

// respond implements responder.
func (c client) respond(status int, headers sdk.Header, body []byte) {
	c.report("answer not taken", c.x.Respond(status, c.headers(headers), body))
}

// begin implements responder. A client that has left is told of by an event, and by the first write.
func (c client) begin() {
	c.x.SetSendLimit(sendLimit)
	_ = c.x.Begin(200, c.headers(streamHeader))
}

// write implements responder.
func (c client) write(frames []byte) error {
	err := c.x.Write(frames)
	if err != nil && !errors.Is(err, abi.EAGAIN) {
		c.report("stream cut", err)
		c.x.Abort()
	}
	return err
}

// send implements responder.
func (c client) send(frames []byte) bool {
	err := c.x.Send(frames)
	c.report("stream cut", err)
	return err == nil
}

// end implements responder. A client that has left has nothing to finish.
func (c client) end(bool) {
	if c.x.End() != nil {
		c.x.Abort()
	}
}

// abort implements responder.
func (c client) abort() { c.x.Abort() }

// pass implements responder.
func (c client) pass() error { return c.x.Pass() }

// watch implements responder.
func (c client) watch(writable, gone func()) {
	c.x.OnWritable(writable)
	c.x.OnGone(func() {
		c.x.Abort()
		gone()
	})
}

// report writes down what went wrong with an answer. A client that has left is no trouble.
func (c client) report(what string, err error) {
	if err != nil && !errors.Is(err, abi.EPIPE) && !errors.Is(err, sdk.ErrEnded) {
		c.app.log.Warn(what, "request_id", c.x.RequestID, "error", err)
	}
}
