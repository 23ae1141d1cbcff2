package front

import (
	"cmp"
	"context"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// connKey is where a request's context has its connection.
type connKey struct{}

// writePiece is how much of an answer must move within one write stall timeout, in bytes.
const writePiece = 64 << 10

// conn is one client connection. It renews the write deadline with progress, can gather several writes of the HTTP server
// into one, and gives the server's own error pages the shape of all others.
//
// Its fields are used by the connection's own goroutine, except for place, stay and cut.
type conn struct {
	net.Conn
	server  *server
	release func() // frees the connection's place and its descriptor; safe to call twice
	head    head   // of the request that is read, or was
	came    time.Time
	stay    atomic.Uint32 // why it is not closed to make room: see stay.go
	keyed   bool          // it has brought the key

	place   atomic.Pointer[place] // whose request is in progress: from the start of a handler to the end of its answer
	taken   bool                  // hijacked: the handler has it for itself
	settled bool                  // a request was read, or none will be
	corked  bool                  // writes are gathered
	held    *buffer               // what was gathered; nil if nothing was
	failed  error                 // the first write error; later writes repeat it

	cut atomic.Bool // somebody set a write deadline in the past
}

func newConn(raw net.Conn, s *server) *conn {
	return &conn{
		Conn: raw, server: s, release: sync.OnceFunc(s.listener.dismiss), head: head{front: s.listener.front}, came: time.Now(),
	}
}

// Read gives the HTTP server what came in, as long as the request's head is not too much.
func (c *conn) Read(p []byte) (int, error) {
	if c.head.refusal() != 0 {
		return 0, errHead
	}
	n, err := c.Conn.Read(p)
	if n == 0 {
		return 0, err
	}
	n, refused := c.head.read(p[:n])
	return n, cmp.Or(refused, err)
}

// begin books a request in progress. Its end is a change of the connection's state, after the last byte of the answer. It
// returns the status to refuse the request with, or 0.
func (c *conn) begin(p *place) (refused int) {
	c.settle()
	p.busy.add(1)
	c.place.Store(p)
	return c.head.begun()
}

// rest books the end of a request, if there was one, and of its head.
func (c *conn) rest() {
	c.head.over()
	c.answered()
	if p := c.place.Swap(nil); p != nil {
		p.busy.add(-1)
	}
}

// settle books that the connection's first request was read, or that none will come.
func (c *conn) settle() {
	if !c.settled {
		c.settled = true
		c.server.listener.unread.add(-1)
	}
}

// Write sends what the HTTP server gives.
func (c *conn) Write(p []byte) (int, error) {
	switch {
	case c.failed != nil:
		return 0, c.failed
	case c.place.Load() == nil:
		return c.writePlain(p)
	case c.corked && c.hold(p):
		return len(p), nil
	}
	if err := c.sendHeld(); err != nil {
		return 0, err
	}
	return c.send(p)
}

// send writes in pieces, each with its own deadline: a slow client lives as long as it moves.
func (c *conn) send(p []byte) (sent int, err error) {
	for len(p) > 0 {
		piece := p[:min(len(p), writePiece)]
		err := c.Conn.SetWriteDeadline(time.Now().Add(c.server.listener.limits.Load().WriteStallTimeout))
		if c.cut.Load() {
			err = os.ErrDeadlineExceeded
		}
		n := 0
		if err == nil {
			n, err = c.Conn.Write(piece)
		}
		sent += n
		if err != nil {
			c.failed = err
			return sent, err
		}
		p = p[n:]
	}
	return sent, nil
}

// cork gathers the writes that follow until uncork. At least one published client loses an event when a network read ends
// inside of it, and the HTTP server would split at its own buffer's size.
func (c *conn) cork() { c.corked = true }

// hold gathers p, if it is not too much.
func (c *conn) hold(p []byte) bool {
	if c.held == nil {
		c.held = c.server.listener.front.buffers.get()
	}
	if len(c.held.data)+len(p) > writePiece {
		return false
	}
	c.held.data = append(c.held.data, p...)
	return true
}

// uncork sends what was gathered.
func (c *conn) uncork() error {
	if !c.corked {
		return c.failed
	}
	c.corked = false
	return c.sendHeld()
}

func (c *conn) sendHeld() error {
	if c.held == nil {
		return nil
	}
	held := c.held
	c.held = nil
	_, err := c.send(held.data)
	c.server.listener.front.buffers.put(held)
	return err
}

// SetWriteDeadline with a time in the past ends every write, the one in progress and those to come. Another deadline has
// no effect: each write sets its own. Any goroutine may call it.
func (c *conn) SetWriteDeadline(t time.Time) error {
	if t.IsZero() || t.After(time.Now()) {
		return nil
	}
	c.cut.Store(true) // first: a write that renews its deadline after ours sees it
	return c.Conn.SetWriteDeadline(t)
}

// CloseWrite lets the HTTP server end its side first, so that a client still reads the last answer.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close closes the connection and frees its place.
func (c *conn) Close() error {
	defer c.release()
	return c.Conn.Close()
}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}
