package api

import (
	"errors"
	"slices"
	"strconv"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/lib/jsontext"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// call is one request, and where its answer goes.
type call struct {
	app    *app
	x      *sdk.Exchange
	to     responder
	handle func(*call)
	extra  sdk.Header // lines that the answer to this very client has beside those of every such answer
}

// handler makes a callback for the SDK.
func (a *app) handler(handle func(*call)) func(*sdk.Exchange) {
	return func(x *sdk.Exchange) {
		c := &call{app: a, x: x, handle: handle}
		c.to = client{c}
		handle(c)
	}
}

// reply answers with a JSON text.
func (c *call) reply(body []byte) { c.to.respond(200, jsonHeader, body) }

// replyOut answers with the text in app.out.
func (c *call) replyOut() {
	c.reply(c.app.out)
	reuse(&c.app.out)
}

// refuse answers with an error, unless the predecessor has to be asked first.
func (c *call) refuse(fault *openai.Error) {
	if c.app.mayBeElsewhere(fault) {
		c.passOn()
		return
	}
	c.app.refuse(c.to, fault)
}

func (a *app) refuse(to responder, fault *openai.Error) {
	a.out = openai.AppendError(a.out[:0], fault)
	headers := jsonHeader
	if seconds := fault.RetryAfterSeconds(); seconds > 0 {
		headers = slices.Concat(headers, []byte("retry-after: "+strconv.FormatInt(seconds, 10)+"\n"))
	}
	to.respond(fault.Status, headers, a.out)
}

// body is the request's body; false after an answer if there is none.
func (c *call) body() ([]byte, bool) {
	body, err := c.x.Body()
	if err == nil {
		return body, true
	}
	if errors.Is(err, abi.EPIPE) {
		c.to.abort()
		return nil, false
	}
	c.refuse(openai.Internal("The body of the request could not be read."))
	return nil, false
}

// object reads the body as a JSON object into app.body; false after an answer if it is none. The document has to be
// released in either case.
func (c *call) object() (jsontext.Value, bool) {
	body, ok := c.body()
	if !ok {
		return jsontext.Value{}, false
	}
	root, fault := openai.ParseBody(&c.app.body, body)
	if fault != nil {
		c.refuse(fault)
	}
	return root, fault == nil
}

// creates makes a handler of requests that start work, with what those have in common: an Idempotency-Key is honoured, new work
// has to be admitted, the body is read and decoded, and whatever is wrong is said here. The request is not needed any more
// once start has returned.
func creates[R any](a *app, decode func(jsontext.Value) (R, *openai.Error), start func(*call, R) *openai.Error) func(*call) {
	return a.underKey(func(c *call) {
		if fault := a.admit(); fault != nil {
			c.refuse(fault)
			return
		}
		defer a.body.Release()
		root, ok := c.object()
		if !ok {
			return
		}
		r, fault := decode(root)
		if fault == nil {
			fault = start(c, r)
		}
		if fault != nil {
			c.refuse(fault)
		}
	})
}
