package httpfn

import (
	"context"
	"errors"
	"io"

	"github.com/coder/websocket"

	"innkeeper/adapters/abi"
)

// errCrowded means that the clients' messages take all the memory that they may have together.
var errCrowded = errors.New("too many large messages at once")

// read brings messages to the guest until the client closes or stop is called. A guest that is behind holds the
// client back. Messages for a guest that has closed the handle are dropped: only the client's close is waited for then.
func (c *client) read(f *Family, id uint32, keyed bool) {
	defer close(c.done)
	for {
		m := message{f: f, keyed: keyed}
		err := m.receive(c.ctx, c.conn)
		if err == nil {
			c.busy.Add(1)
			err = f.cfg.Mailbox.PostDelta(c.wanted, abi.EventHTTPMessage, id, m.payload, false)
			c.busy.Add(-1)
		}
		m.release()
		switch {
		case err == nil:
		case errors.Is(err, errCrowded):
			_ = c.conn.Close(websocket.StatusTryAgainLater, "")
			return
		case c.ctx.Err() != nil || c.wanted.Err() == nil:
			return
		}
	}
}

// message is one message on its way from a client to the mailbox, and what it costs.
type message struct {
	f       *Family
	keyed   bool // its socket was opened with the key
	payload []byte
	head    int   // bytes of the payload in front of the message
	booked  int64 // bytes of the family's budget
}

// firstMessageBytes is what every socket may hold without asking.
const firstMessageBytes = 512

// receive reads a message as the payload of its event.
func (m *message) receive(ctx context.Context, conn *websocket.Conn) error {
	kind, reader, err := conn.Reader(ctx)
	if err != nil {
		return err
	}
	head := abi.HTTPMessage{Type: abi.MessageText}
	if kind == websocket.MessageBinary {
		head.Type = abi.MessageBinary
	}
	m.payload = head.Append(make([]byte, 0, firstMessageBytes))
	m.head = len(m.payload)
	for {
		if len(m.payload) == cap(m.payload) && !m.grow() {
			return errCrowded
		}
		n, err := reader.Read(m.payload[len(m.payload):cap(m.payload)])
		m.payload = m.payload[:len(m.payload)+n]
		switch err {
		case nil:
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

// grow doubles the payload's room, but not past the largest message and the byte that is too many.
func (m *message) grow() bool {
	size := min(2*cap(m.payload), max(cap(m.payload)+1, m.head+m.f.cfg.MessageBytes+1))
	n := int64(size)
	if !m.f.messages.TakeFor(m.keyed, n) {
		return false
	}
	m.f.messages.Give(m.booked)
	m.booked = n
	m.payload = append(make([]byte, 0, size), m.payload...)
	return true
}

// release gives the memory back.
func (m *message) release() {
	m.f.messages.Give(m.booked)
	m.booked, m.payload = 0, nil
}
