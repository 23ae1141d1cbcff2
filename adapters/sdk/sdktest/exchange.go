package sdktest

import (
	"strings"

	"innkeeper/adapters/abi"
)

// Request is an inbound HTTP request.
type Request struct {
	Route  string            // its name in the manifest
	Values map[string]string // what stands in the place of the pattern's parameters
	Method string            // "GET" if empty
	Path   string            // "/" if empty
	Query  string
	ID     string
	// Headers are names in lower case and values.
	Headers map[string]string
	Body    string
}

// Response is what the adapter answered.
type Response struct {
	Status  int
	Headers string // the block: lines "name: value\n"
	Body    string // of a stream, all chunks in one
	// Chunks are the writes of a stream.
	Chunks []string
	// Streamed is set if it came by begin, write and end; Aborted if it was cut; Passed if the predecessor is to answer.
	Streamed bool
	Aborted  bool
	Passed   bool
}

// Exchange is a request on its way and the answer to it.
type Exchange struct {
	host    *Host
	handle  uint32
	request Request

	// Under host.mu:
	response Response
	slow     bool // writes give EAGAIN
	refused  bool // one did
	gone     bool
	done     chan struct{}
	wrote    chan struct{} // a token after each change of the response
}

// Request brings a request to the adapter.
func (h *Host) Request(r Request) *Exchange {
	if r.Method == "" {
		r.Method = "GET"
	}
	if r.Path == "" {
		r.Path = "/"
	}
	x := &Exchange{host: h, request: r, done: make(chan struct{}), wrote: make(chan struct{}, 1)}
	h.locked(func() {
		x.handle = h.next()
		h.exchanges[x.handle] = x
	})
	payload := abi.HTTPRequest{
		Route: r.Route, Method: r.Method, Path: r.Path, Query: r.Query, RequestID: r.ID, BodySize: uint32(len(r.Body)),
	}
	for name, value := range r.Values {
		payload.Values = append(payload.Values, abi.PathValue{Name: name, Value: value})
	}
	h.mailbox.post(abi.EventHTTPRequest, x.handle, payload.Append(nil))
	return x
}

// Wait blocks until the exchange has ended and gives the answer.
func (x *Exchange) Wait() Response {
	<-x.done
	return x.Response()
}

// Done is closed when the exchange has ended.
func (x *Exchange) Done() <-chan struct{} { return x.done }

// Response is the answer so far.
func (x *Exchange) Response() (r Response) {
	x.host.locked(func() {
		r = x.response
		r.Chunks = append([]string(nil), r.Chunks...)
		r.Body += strings.Join(r.Chunks, "")
	})
	return r
}

// WaitFor blocks until the body so far contains the text, or the exchange has ended; it reports whether the text came.
func (x *Exchange) WaitFor(text string) bool {
	for {
		if strings.Contains(x.Response().Body, text) {
			return true
		}
		select {
		case <-x.wrote:
		case <-x.done:
			return strings.Contains(x.Response().Body, text)
		}
	}
}

// Message sends a text message of a WebSocket's client. Each chunk of the response is a message to it.
func (x *Exchange) Message(text string) { x.message(abi.MessageText, text) }

// BinaryMessage sends a binary message of a WebSocket's client.
func (x *Exchange) BinaryMessage(data string) { x.message(abi.MessageBinary, data) }

func (x *Exchange) message(kind uint32, data string) {
	head := abi.HTTPMessage{Type: kind}
	x.host.locked(func() { x.tell(abi.EventHTTPMessage, append(head.Append(nil), data...)) })
}

// tell posts an event of the exchange while it is open. The caller holds host.mu.
func (x *Exchange) tell(kind abi.EventKind, payload []byte) {
	if x.host.exchanges[x.handle] == x {
		x.host.mailbox.post(kind, x.handle, payload)
	}
}

// Leave makes the client go away: writes give EPIPE from now on.
func (x *Exchange) Leave() {
	x.host.locked(func() {
		x.gone = true
		x.tell(abi.EventHTTPGone, nil)
	})
}

// Stall makes the client stop reading: writes give EAGAIN until Resume.
func (x *Exchange) Stall() { x.host.locked(func() { x.slow = true }) }

// Resume makes the client read again. A stream that was refused is told.
func (x *Exchange) Resume() {
	x.host.locked(func() {
		if x.refused {
			x.tell(abi.EventHTTPWritable, nil)
		}
		x.slow, x.refused = false, false
	})
}

// end closes the handle. The caller holds host.mu.
func (x *Exchange) end() {
	delete(x.host.exchanges, x.handle)
	x.host.mailbox.drop(x.handle)
	close(x.done)
}

func (x *Exchange) signal() {
	select {
	case x.wrote <- struct{}{}:
	default:
	}
}
