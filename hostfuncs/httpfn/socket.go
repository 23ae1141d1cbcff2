package httpfn

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"innkeeper/runtime/front/backend"
)

// socket is an exchange that became a WebSocket. A reader brings the client's messages to the mailbox, and a pinger finds out
// about clients that are gone; both end with stop. Its methods are safe on nil: most exchanges are none.
type socket struct {
	conn   *websocket.Conn
	raw    *rawConn // under conn: closing it ends a close of conn that waits for the client
	ctx    context.Context
	cancel context.CancelFunc
	wanted context.Context // over when the guest has closed the handle: it gets no more messages
	done   chan struct{}   // closed when the reader has ended: the client closed, or is gone
	work   sync.WaitGroup

	// busy counts what keeps a pong from being seen in time: a message that waits for the guest, and a write in progress,
	// which has a deadline of its own.
	busy atomic.Int32
}

// wantsSocket tells whether the request asks for a WebSocket, with that subprotocol among those it offers if one is named.
func wantsSocket(r *http.Request, protocol string) bool {
	return r.Method == http.MethodGet && hasToken(r.Header, "Connection", "upgrade") && hasToken(r.Header, "Upgrade", "websocket") &&
		(protocol == "" || hasToken(r.Header, "Sec-Websocket-Protocol", protocol))
}

// hasToken looks for one of the comma-separated values of a header, without regard to case.
func hasToken(h http.Header, name, token string) bool {
	for _, line := range h[name] {
		for value := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(value), token) {
				return true
			}
		}
	}
	return false
}

// messages opens the socket if that is still to be done, and sends what waits, a message for each piece.
func (c *carrier) messages(j job) (outcome backend.Outcome, over bool) {
	if j.begin && !c.open() {
		return backend.Answered, true // the library has answered with what is wrong
	}
	var err error
	start := 0
	c.socket.busy.Add(1)
	defer c.socket.busy.Add(-1)
	for _, end := range j.ends {
		if err == nil {
			// The connection's own deadline ends a write to a client that takes nothing.
			err = c.socket.conn.Write(c.socket.ctx, websocket.MessageText, j.data.data[start:end])
		}
		start = end
	}
	c.ex.landed(c.id)
	c.ex.f.putBuffer(j.data)
	if err == nil && j.state == stateEnded {
		_ = c.socket.conn.Close(c.ex.f.endCode(), "") // waits a moment for the client's side
	}
	return backend.Answered, err != nil || j.state == stateEnded
}

// endCode is how a socket closes that the guest has ended: normally, or, while the instance drains, so that a client knows to
// come back. https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number
func (f *Family) endCode() websocket.StatusCode {
	if f.draining.Load() {
		return websocket.StatusServiceRestart
	}
	return websocket.StatusNormalClosure
}

// open does the handshake and starts the reader and the pinger.
func (c *carrier) open() bool {
	// The listener has checked the origin.
	options := &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled}
	if c.ex.protocol != "" {
		options.Subprotocols = []string{c.ex.protocol}
	}
	over := &takeover{ResponseWriter: c.w}
	conn, err := websocket.Accept(over, c.r, options)
	if err != nil {
		return false
	}
	f := c.ex.f
	conn.SetReadLimit(int64(f.cfg.MessageBytes))
	ctx, cancel := context.WithCancel(c.r.Context())
	s := &socket{conn: conn, raw: over.conn, ctx: ctx, cancel: cancel, wanted: c.ex.opened(ctx, cancel), done: make(chan struct{})}
	s.work.Go(func() { s.read(ctx, f, c.id) })
	if f.cfg.KeepAlive > 0 {
		s.work.Go(func() { s.ping(ctx, f.cfg.KeepAlive) })
	}
	c.socket = s
	return true
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

// opened notes that the exchange is a socket now. What cut ends it, and the context returned ends when the handle is closed.
func (ex *exchange) opened(ctx context.Context, cut func()) (wanted context.Context) {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	ex.cut = cut
	wanted, ex.mute = context.WithCancel(ctx)
	if ex.closed {
		ex.mute()
	}
	return wanted
}

// ping asks the client for a sign of life from time to time. One that gives none within the same time is gone.
func (s *socket) ping(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if !s.alive(ctx, every) {
			s.cancel()
			return
		}
	}
}

// alive waits for a pong. A client in the middle of a message cannot send one, and one that the guest holds back is not heard.
func (s *socket) alive(ctx context.Context, within time.Duration) bool {
	before := s.raw.reads.Load()
	wait, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err := s.conn.Ping(wait)
	if err == nil {
		return true
	}
	excused := s.busy.Load() > 0 || s.raw.reads.Load() != before
	return excused && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded)
}

// over is closed when no more messages come; nil, which never is, if there is no socket.
func (s *socket) over() <-chan struct{} {
	if s == nil {
		return nil
	}
	return s.done
}

// dropGrace is how long a close frame may take to leave for a client that is cut off.
const dropGrace = 100 * time.Millisecond

// drop sends a close frame and does not wait for the client's: 1012 (service restart) if the instance is over, else 1011
// (internal error). The socket is stopped afterwards.
// https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number
func (s *socket) drop(restart bool) {
	code := websocket.StatusInternalError
	if restart {
		code = websocket.StatusServiceRestart
	}
	closed := make(chan struct{})
	s.work.Go(func() {
		defer close(closed)
		_ = s.conn.Close(code, "")
	})
	select {
	case <-closed:
	case <-time.After(dropGrace):
	}
}

// stop ends the socket and waits for its goroutines.
func (s *socket) stop() {
	if s == nil {
		return
	}
	s.cancel()
	_ = s.raw.Close() // first: CloseNow waits for a Close that is on its way, and that one for the client
	_ = s.conn.CloseNow()
	s.work.Wait()
}
