package httpfn

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"innkeeper/adapters/abi"
)

// socket is an exchange that became a WebSocket. A reader brings the client's messages to the mailbox, and a pinger finds out
// about clients that are gone; both end with stop. Its methods are safe on nil: most exchanges are none.
type socket struct {
	conn   *websocket.Conn
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{} // closed when the reader has ended: the client closed, or is gone
	work   sync.WaitGroup
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
func (c *carrier) messages(j job) (outcome Outcome, over bool) {
	if j.begin && !c.open() {
		return Answered, true // the library has answered with what is wrong
	}
	var err error
	start := 0
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
	return Answered, err != nil || j.state == stateEnded
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
	conn, err := websocket.Accept(c.w, c.r, options)
	if err != nil {
		return false
	}
	f := c.ex.f
	conn.SetReadLimit(int64(f.cfg.MessageBytes))
	ctx, cancel := context.WithCancel(c.r.Context())
	c.ex.mu.Lock()
	c.ex.cut = cancel
	c.ex.mu.Unlock()
	s := &socket{conn: conn, ctx: ctx, cancel: cancel, done: make(chan struct{})}
	s.work.Go(func() { s.read(ctx, f, c.id) })
	if f.cfg.KeepAlive > 0 {
		s.work.Go(func() { s.ping(ctx, f.cfg.KeepAlive) })
	}
	c.socket = s
	return true
}

// read brings messages to the guest until the client closes or the socket is stopped. A guest that is behind holds the
// client back.
func (s *socket) read(ctx context.Context, f *Family, id uint32) {
	defer close(s.done)
	for {
		kind, data, err := s.conn.Read(ctx)
		if err != nil {
			return
		}
		tag := uint32(abi.MessageText)
		if kind == websocket.MessageBinary {
			tag = abi.MessageBinary
		}
		payload := append(abi.AppendU32(make([]byte, 0, 4+len(data)), tag), data...)
		if f.cfg.Mailbox.PostDelta(ctx, abi.EventHTTPMessage, id, payload, false) != nil {
			return
		}
	}
}

// ping asks the client for a sign of life. One that gives none within the same time is gone.
func (s *socket) ping(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		wait, cancel := context.WithTimeout(ctx, every)
		err := s.conn.Ping(wait)
		cancel()
		if err != nil {
			s.cancel()
			return
		}
	}
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

// drop closes without waiting for the client: 1012 (service restart) if the instance is over, else 1011 (internal error).
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
	_ = s.conn.CloseNow()
}

// stop ends the socket and waits for its goroutines.
func (s *socket) stop() {
	if s == nil {
		return
	}
	s.cancel()
	_ = s.conn.CloseNow()
	s.work.Wait()
}
