package sdk

import (
	"context"
	"errors"
	"iter"

	"innkeeper/adapters/abi"
)

// Call is an exchange as a goroutine sees it: its methods may block, and any goroutine may call them.
type Call struct {
	Request

	exchange *Exchange
	ctx      context.Context
	writable chan struct{}
}

// Concurrent makes a handler that may block into a callback for HandleHTTP or HandleRoute: f runs in a goroutine per request. Its
// context ends when the client leaves (cause abi.EPIPE) or the loop ends (cause ErrLoopEnded). When f returns, a streamed answer is
// ended, and a request without an answer gets status 500.
//
// A request costs several times what it costs with a callback; hot adapters use callbacks.
func (l *Loop) Concurrent(f func(ctx context.Context, c *Call)) func(*Exchange) {
	return func(x *Exchange) {
		ctx, cancel := context.WithCancelCause(l.ctx)
		c := &Call{Request: x.Request, exchange: x, ctx: ctx, writable: make(chan struct{}, 1)}
		x.OnGone(func() { cancel(abi.EPIPE) })
		x.OnWritable(c.signal)
		l.Go(func(context.Context) {
			defer cancel(nil)
			defer c.finish()
			f(ctx, c)
		})
	}
}

// signal is the loop's word that the client reads again.
func (c *Call) signal() {
	select {
	case c.writable <- struct{}{}:
	default:
	}
}

// finish ends what the handler left open.
func (c *Call) finish() {
	c.exchange.loop.OnLoop(func() {
		switch x := c.exchange; {
		case x.state == stateBegun:
			_ = x.End() // EPIPE: nobody is left to tell
		case x.state == stateOpen && x.gone:
			x.Abort()
		case x.state == stateOpen:
			_ = x.RespondText(500, "the adapter gave no answer\n")
		}
	})
}

// Header is [Exchange.Header].
func (c *Call) Header(name string) (value string, ok bool) {
	c.exchange.loop.OnLoop(func() { value, ok = c.exchange.Header(name) })
	return value, ok
}

// Body is the whole request body. The caller owns it.
func (c *Call) Body() (body []byte, err error) {
	c.exchange.loop.OnLoop(func() {
		var view []byte
		view, err = c.exchange.Body()
		body = append([]byte(nil), view...)
	})
	return body, err
}

// Respond is [Exchange.Respond].
func (c *Call) Respond(status int, headers Header, body []byte) (err error) {
	c.exchange.loop.OnLoop(func() { err = c.exchange.Respond(status, headers, body) })
	return err
}

// RespondText is [Exchange.RespondText].
func (c *Call) RespondText(status int, text string) (err error) {
	c.exchange.loop.OnLoop(func() { err = c.exchange.RespondText(status, text) })
	return err
}

// RespondJSON is [Exchange.RespondJSON].
func (c *Call) RespondJSON(status int, body []byte) (err error) {
	c.exchange.loop.OnLoop(func() { err = c.exchange.RespondJSON(status, body) })
	return err
}

// Ask is [Loop.Ask] with the call's context: a client that leaves cancels the turn.
func (c *Call) Ask(request []byte) iter.Seq2[TurnEvent, error] {
	return c.exchange.loop.Ask(c.ctx, request)
}

// Begin is [Exchange.Begin].
func (c *Call) Begin(status int, headers Header) (err error) {
	c.exchange.loop.OnLoop(func() { err = c.exchange.Begin(status, headers) })
	return err
}

// Write sends one piece of a streamed answer and blocks while the client is too slow. Without a Begin before, it begins a plain text
// with status 200. The error is abi.EPIPE if the client left, ErrLoopEnded if the loop ended.
func (c *Call) Write(chunk []byte) (err error) {
	for {
		c.exchange.loop.OnLoop(func() { err = c.exchange.beginAndWrite(chunk) })
		if !errors.Is(err, abi.EAGAIN) {
			return err
		}
		select {
		case <-c.writable:
		case <-c.ctx.Done():
			return context.Cause(c.ctx)
		}
	}
}

// End is [Exchange.End].
func (c *Call) End() (err error) {
	c.exchange.loop.OnLoop(func() { err = c.exchange.End() })
	return err
}

// Pass is [Exchange.Pass].
func (c *Call) Pass() (err error) {
	c.exchange.loop.OnLoop(func() { err = c.exchange.Pass() })
	return err
}

// Abort is [Exchange.Abort].
func (c *Call) Abort() { c.exchange.loop.OnLoop(c.exchange.Abort) }
