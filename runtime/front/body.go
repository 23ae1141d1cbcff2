package front

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"innkeeper/runtime/limits"
)

// body is a request body in memory, and what it costs.
type body struct {
	l      *Listener
	buffer *buffer // nil if there is no body
	booked int64   // bytes of the listener's budget
}

// bytes is the body.
func (b *body) bytes() []byte {
	if b.buffer == nil {
		return nil
	}
	return b.buffer.data
}

// release gives the memory back.
func (b *body) release() {
	b.l.bodies.Add(-b.booked)
	b.l.buffers.put(b.buffer)
	b.buffer, b.booked = nil, 0
}

// readBody reads the whole body within the limits of size, time and memory.
func (l *Listener) readBody(c *conn, r *http.Request) (b body, p *problem) {
	b.l = l
	if r.Body == http.NoBody || r.ContentLength == 0 {
		return b, nil
	}
	if r.ContentLength > l.cfg.BodyBytes {
		return b, tooLarge(l.cfg.BodyBytes)
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return b, encoded() // unpacking it here would make a small body a large one
	}
	// Fails on a dead connection only, and so does Read. The HTTP server lifts the deadline when it sees the body's end.
	_ = c.Conn.SetReadDeadline(time.Now().Add(l.cfg.ReadBodyTimeout))
	b.buffer = l.buffers.get()
	return b, b.fill(r)
}

func (b *body) fill(r *http.Request) *problem {
	if !b.book(int64(cap(b.buffer.data))) {
		return noMemory()
	}
	for {
		data := b.buffer.data
		n, err := r.Body.Read(data[len(data):cap(data)])
		b.buffer.data = data[:len(data)+n]
		switch {
		case int64(len(b.buffer.data)) > b.l.cfg.BodyBytes:
			return tooLarge(b.l.cfg.BodyBytes)
		case err == io.EOF:
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return tooSlow()
		case err != nil:
			return brokenBody()
		case len(b.buffer.data) == cap(b.buffer.data) && !b.grow(r.ContentLength):
			return noMemory()
		}
	}
}

// grow doubles the buffer, but not past what the client announced or may send.
func (b *body) grow(announced int64) bool {
	data := b.buffer.data
	size := min(2*int64(cap(data)), b.l.cfg.BodyBytes+1)
	if announced > int64(len(data)) {
		size = min(size, announced)
	}
	if !b.book(size - int64(cap(data))) {
		return false
	}
	b.buffer.data = append(make([]byte, 0, size), data...)
	return true
}

// book takes memory from the budget of all bodies.
func (b *body) book(n int64) bool {
	b.booked += n
	return b.l.bodies.Add(n) <= b.l.cfg.BodiesBytes
}

// drainable is how much of an unread body the HTTP server reads by itself to keep the connection, in bytes.
const drainable = 256 << 10

// refuse answers with a problem. Whatever of the body was not read is not waited for without a bound: a client could hold
// the connection with it.
func (l *Listener) refuse(w *response, r *http.Request, p *problem) {
	unread := !w.bodyRead && r.Body != http.NoBody && r.ContentLength != 0
	if unread && p.status != http.StatusRequestTimeout {
		_ = w.conn.Conn.SetReadDeadline(time.Now().Add(limits.HTTPLinger))
	}
	large := r.ContentLength < 0 || r.ContentLength > drainable
	if !unread || !large && p.status != http.StatusRequestTimeout {
		p.write(w)
		return
	}
	w.Header().Set("Connection", "close")
	p.write(w)
	if w.FlushError() == nil && !strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		_, _ = io.CopyN(io.Discard, r.Body, l.cfg.BodyBytes) // whatever ends it, the connection is closed now
	}
}
