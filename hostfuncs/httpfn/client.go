package httpfn

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// client is the other side of a WebSocket. A reader brings its messages to the mailbox, and a pinger finds out whether it is gone;
// both end with stop. Its methods that Serve calls are safe on nil: most exchanges have none.
type client struct {
	conn   *websocket.Conn
	raw    *rawConn // under conn: closing it ends a close of conn that waits for the client
	ctx    context.Context
	cancel context.CancelFunc
	wanted context.Context // over when the guest has closed the handle: it gets no more messages
	mute   context.CancelFunc
	done   chan struct{} // closed when the reader has ended: the client closed, or is gone
	work   sync.WaitGroup

	// busy counts what keeps a pong from being seen in time: a message that waits for the guest, and a write in progress,
	// which has a deadline of its own.
	busy atomic.Int32
}

// shakeHands makes a WebSocket of a request. If it cannot be one, the client has been told.
func shakeHands(w http.ResponseWriter, r *http.Request, protocol string, messageBytes int64) (*client, error) {
	// The front has checked the origin.
	options := &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled}
	if protocol != "" {
		options.Subprotocols = []string{protocol}
	}
	over := &takeover{ResponseWriter: w}
	conn, err := websocket.Accept(over, r, options)
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(messageBytes)
	c := &client{conn: conn, raw: over.conn, done: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancel(r.Context())
	c.wanted, c.mute = context.WithCancel(c.ctx)
	return c, nil
}

// start begins to read from the client.
func (c *client) start(f *Family, id uint32, keyed bool) {
	c.work.Go(func() { c.read(f, id, keyed) })
	if every := f.keepAlive(); every > 0 {
		c.work.Go(func() { c.ping(every) })
	}
}

// takeover is a ResponseWriter that remembers the connection which was taken over from it.
type takeover struct {
	http.ResponseWriter
	conn *rawConn
}

// Hijack implements http.Hijacker.
func (t *takeover) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(t.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	t.conn = &rawConn{Conn: conn}
	return t.conn, buffered, nil
}

// rawConn is the connection under a WebSocket. It counts the reads that brought something: the library tells of a message
// only when its buffer is full.
type rawConn struct {
	net.Conn
	reads atomic.Uint64
}

func (c *rawConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.reads.Add(1)
	}
	return n, err
}

// ping asks the client for a sign of life from time to time. One that gives none within the same time is gone.
func (c *client) ping(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-c.ctx.Done():
			return
		}
		if !c.alive(every) {
			c.cancel()
			return
		}
	}
}

// alive waits for a pong. A client in the middle of a message cannot send one, and one that the guest holds back is not heard.
func (c *client) alive(within time.Duration) bool {
	before, busy := c.raw.reads.Load(), c.busy.Load() > 0
	wait, cancel := context.WithTimeout(c.ctx, within)
	defer cancel()
	err := c.conn.Ping(wait)
	if err == nil {
		return true
	}
	excused := busy || c.busy.Load() > 0 || c.raw.reads.Load() != before
	return excused && c.ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded)
}

// over is closed when no more messages come; nil, which never is, if there is no client.
func (c *client) over() <-chan struct{} {
	if c == nil {
		return nil
	}
	return c.done
}

// dropGrace is how long a close frame may take to leave for a client that is cut off.
const dropGrace = 100 * time.Millisecond

// drop sends a close frame and does not wait for the client's: 1012 (service restart) if the instance is over, else 1011
// (internal error). The socket is stopped afterwards.
// https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number
func (c *client) drop(restart bool) {
	code := websocket.StatusInternalError
	if restart {
		code = websocket.StatusServiceRestart
	}
	closed := make(chan struct{})
	c.work.Go(func() {
		defer close(closed)
		_ = c.conn.Close(code, "")
	})
	select {
	case <-closed:
	case <-time.After(dropGrace):
	}
}

// stop ends the socket and waits for its goroutines.
func (c *client) stop() {
	if c == nil {
		return
	}
	c.cancel()
	_ = c.raw.Close() // first: CloseNow waits for a Close that is on its way, and that one for the client
	_ = c.conn.CloseNow()
	c.work.Wait()
}
