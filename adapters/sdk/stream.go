package sdk

import (
	"errors"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/internal/buffer"
)

// DefaultSendLimit is how many bytes Send holds for a client that reads too slowly, unless SetSendLimit says otherwise. It
// is more than the longest answer of a language model.
const DefaultSendLimit = 1 << 20

// sendPiece is the size in which pending bytes are handed to the host once a client reads again.
const sendPiece = 32 << 10

// Begin sends status and headers of a streamed answer. Then come Send or Write, and End. The error is ErrEnded,
// abi.EEXIST if it was begun before, abi.EPIPE if the client left, abi.EINVAL for what HTTP does not allow; the exchange is still
// open after each of them.
func (x *Exchange) Begin(status int, headers Header) error {
	if x.state == stateEnded {
		return ErrEnded
	}
	err := abi.FromResult(x.loop.host.HTTP.Begin(x.handle, uint32(status), headers))
	if err == nil {
		x.state = stateBegun
	}
	return err
}

// Write sends one piece of a streamed answer in one write. abi.EAGAIN means that the client is too slow now and nothing
// was taken: wait for OnWritable. abi.EPIPE means that it left, abi.EMSGSIZE that the piece is over the host's limit,
// abi.ENOMEM that the host holds too much for slow clients to take a piece of that size, abi.EINVAL that Begin is missing.
func (x *Exchange) Write(chunk []byte) error {
	switch {
	case x.state == stateEnded || x.ending:
		return ErrEnded
	case x.gone:
		return abi.EPIPE
	case len(x.pending) > 0:
		return abi.EAGAIN
	}
	return abi.FromResult(x.loop.host.HTTP.Write(x.handle, chunk))
}

// beginAndWrite is Write, after a Begin with plain text where that is missing.
func (x *Exchange) beginAndWrite(chunk []byte) error {
	if x.state == stateOpen {
		if err := x.Begin(200, buffer.View(textHeader)); err != nil {
			return err
		}
	}
	return x.Write(chunk)
}

// OnWritable sets what is called when a stream that gave EAGAIN takes bytes again, or when everything that Send held has gone out.
func (x *Exchange) OnWritable(f func()) { x.onWritable = f }

// Send is Write for those who do not want to wait: what a slow client does not take now is held and goes out when it reads
// again. A client for whom more than the limit would be held is cut off: the exchange is aborted and Send returns
// abi.EPIPE, as it does for a client that left.
func (x *Exchange) Send(chunk []byte) error {
	err := x.Write(chunk)
	if !errors.Is(err, abi.EAGAIN) {
		return err
	}
	if len(x.pending)+len(chunk) > x.limit() {
		x.Abort()
		return abi.EPIPE
	}
	x.pending = append(x.pending, chunk...)
	if x.onMessage != nil {
		x.messages = append(x.messages, len(chunk))
	}
	return nil
}

// Pending is how many bytes Send holds for the client.
func (x *Exchange) Pending() int { return len(x.pending) }

// SetSendLimit sets how many bytes Send may hold for this client.
func (x *Exchange) SetSendLimit(n int) { x.sendLimit = n }

func (x *Exchange) limit() int {
	if x.sendLimit > 0 {
		return x.sendLimit
	}
	return DefaultSendLimit
}

// End finishes a streamed answer and ends the exchange. While Send holds bytes it returns at once and the end follows
// them. abi.EPIPE means that the client left before; the exchange has ended all the same. abi.EINVAL before Begin: the
// exchange is still open.
func (x *Exchange) End() error {
	if x.state == stateEnded || x.ending {
		return ErrEnded
	}
	if len(x.pending) > 0 && !x.gone {
		x.ending = true
		return nil
	}
	err := abi.FromResult(x.loop.host.HTTP.End(x.handle))
	x.settle(err)
	return err
}

// flush hands over what Send held, as far as the client takes it.
func (x *Exchange) flush() {
	for len(x.pending) > 0 {
		piece := x.pending[:x.nextPiece()]
		err := abi.FromResult(x.loop.host.HTTP.Write(x.handle, piece))
		switch {
		case err == nil:
			x.pending = x.pending[len(piece):]
			if x.onMessage != nil {
				x.messages = x.messages[1:]
			}
		case errors.Is(err, abi.EAGAIN):
			return
		default:
			// The client left: its event is on the way and finds nothing pending.
			x.pending = nil
		}
	}
	x.pending, x.messages = nil, nil
}

// nextPiece is how many of the pending bytes go next: of a WebSocket a whole message, since a piece becomes one.
func (x *Exchange) nextPiece() int {
	if x.onMessage != nil {
		return x.messages[0]
	}
	return min(len(x.pending), sendPiece)
}

// writable is the loop's call for EventHTTPWritable.
func (x *Exchange) writable() {
	x.flush()
	switch {
	case len(x.pending) > 0:
	case x.ending:
		x.finish()
	case x.onWritable != nil:
		x.onWritable()
	}
}

// left is the loop's call for EventHTTPGone, the last event of the handle. An exchange that a callback forgot must not keep the
// loop from ending, so the loop has done with it, whether it is ended or not.
func (x *Exchange) left() {
	x.gone, x.pending, x.messages = true, nil, nil
	x.loop.exchanges.remove(x.handle)
	if x.ending {
		x.finish()
		return
	}
	if f := x.onGone; f != nil {
		x.onGone = nil
		f()
	}
}

// finish ends a stream whose End had to wait for pending bytes.
func (x *Exchange) finish() {
	x.loop.host.HTTP.End(x.handle)
	x.close()
}
