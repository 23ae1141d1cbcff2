package front

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// body is a request body in memory, and what it costs.
type body struct {
	site   *Site
	limits *SiteLimits
	keyed  bool    // the request carries the key
	buffer *buffer // nil if there is no body
	booked int64   // bytes of what all may have
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
	b.site.bodies.Give(b.booked)
	b.site.front.buffers.put(b.buffer)
	b.buffer, b.booked = nil, 0
}

// readBody reads the whole body within the limits of size, time and memory.
func (s *Site) readBody(c *conn, r *http.Request, limits *SiteLimits, keyed bool) (b body, p *problem) {
	b.site, b.limits, b.keyed = s, limits, keyed
	if r.Body == http.NoBody || r.ContentLength == 0 {
		return b, nil
	}
	if r.ContentLength > limits.BodyBytes {
		return b, tooLarge(limits.BodyBytes)
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return b, encoded() // unpacking it here would make a small body a large one
	}
	// Fails on a dead connection only, and so does Read. The HTTP server lifts the deadline when it sees the body's end.
	_ = c.Conn.SetReadDeadline(time.Now().Add(limits.ReadBodyTimeout))
	b.buffer = s.front.buffers.get()
	p = b.fill(r)
	r.Trailer = nil // nobody reads it, and it may be as dear as a head
	return b, p
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
		case int64(len(b.buffer.data)) > b.limits.BodyBytes:
			return tooLarge(b.limits.BodyBytes)
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
	size := min(2*int64(cap(data)), b.limits.BodyBytes+1)
	if announced > int64(len(data)) {
		size = min(size, announced)
	}
	if !b.book(size - int64(cap(data))) {
		return false
	}
	b.buffer.data = append(make([]byte, 0, size), data...)
	return true
}

// book takes memory from what all bodies may have.
func (b *body) book(n int64) bool {
	if !b.site.bodies.TakeFor(b.keyed, n) {
		return false
	}
	b.booked += n
	return true
}
