package front

import (
	"bytes"
	"errors"
	"net/http"
	"sync"

	"innkeeper/runtime/limits"
)

// errHead ends a connection whose request head is not read any further. What the client is told the connection knows.
var errHead = errors.New("the request head is not read any further")

// head counts a request head while it comes in, before the HTTP server has it: that makes of each line several times its bytes,
// and bounds the bytes only.
//
// The server reads from one goroutine at a time, but a request may begin to be worked on meanwhile.
type head struct {
	front *Front

	mu      sync.Mutex
	past    bool // the head is whole: what comes now is a body
	lines   int  // that are not empty
	bytes   int
	partial bool  // a line has begun, with more than a carriage return
	unseen  int   // lines that came with what was before the head: the HTTP server reads ahead
	ahead   int   // lines that came with what is after it
	refused int   // the status to refuse it with; 0 while it is fine
	charged int64 // taken of what all may have
	counts  bool  // what was charged counts as that of an unfinished head
}

// read counts what came in. It returns how many bytes of it the HTTP server may have: if that is less than all, or there is an
// error, it gets no more of this head.
func (h *head) read(p []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.past {
		h.follow(p)
		return len(p), nil
	}
	n = h.count(p)
	if !h.charge() {
		h.refused = http.StatusServiceUnavailable
		return 0, errHead
	}
	return n, nil
}

// refusal is the status that the head is refused with, 0 while it is fine.
func (h *head) refusal() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refused
}

// begun says that the HTTP server has the whole head. It returns the status to refuse the request with, or 0.
func (h *head) begun() (refused int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.past = true
	h.finish()
	return h.refused
}

// over says that nobody has the head any more. What comes now is the next one.
func (h *head) over() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.finish()
	if h.charged > 0 {
		h.front.cfg.Flight.Give(h.charged)
	}
	h.past, h.lines, h.bytes, h.partial, h.refused, h.charged = false, 0, 0, false, 0, 0
	h.unseen, h.ahead = h.ahead, 0
}

// finish takes the head out of the unfinished ones. The caller holds h.mu.
func (h *head) finish() {
	if h.counts {
		h.front.heads.Give(h.charged)
		h.counts = false
	}
}

// follow counts lines of what follows a head. The HTTP server may have read the end of a body together with part of the next
// head, in one piece of a few KB; the single byte for which it waits beside a handler comes after such a piece. The caller holds h.mu.
func (h *head) follow(p []byte) {
	if len(p) > 1 {
		h.ahead = 0
	}
	if len(p) <= readAhead {
		h.ahead += bytes.Count(p, newline)
	}
}

// readAhead is the size of the HTTP server's buffer for reading, in bytes: larger pieces go to the reader of the body.
const readAhead = 4 << 10

var newline = []byte{'\n'}

// count goes through the lines up to the end of the head, or to one too many. The caller holds h.mu.
func (h *head) count(p []byte) int {
	for at := 0; at < len(p); {
		line, end := p[at:], bytes.IndexByte(p[at:], '\n')
		if end >= 0 {
			line = line[:end]
		}
		if len(line) > 1 || len(line) == 1 && line[0] != '\r' {
			h.partial = true
		}
		if end < 0 {
			break
		}
		at += end + 1
		switch {
		case h.partial:
			h.lines++
		case h.lines > 0: // an empty line before the first one ends nothing
			h.past = true
			h.bytes += at
			h.ahead = bytes.Count(p[at:], newline)
			return len(p)
		}
		h.partial = false
		if h.lines > limits.HTTPHeaderLines {
			h.refused = http.StatusRequestHeaderFieldsTooLarge
			h.bytes += at
			return at
		}
	}
	h.bytes += len(p)
	return len(p)
}

// charge takes what the head costs, and reports whether there is enough. What every connection may hold without asking, a head of
// the usual size, comes with its place: a head that carries the key must not be refused because of others that never end. The
// caller holds h.mu.
func (h *head) charge() bool {
	cost := int64(h.bytes + (h.lines+h.unseen)*limits.HTTPHeaderLineBytes)
	more := cost - limits.HTTPHeadFreeBytes - h.charged
	switch {
	case more <= 0:
		return true
	case !h.front.heads.Take(more):
		return false
	case !h.front.cfg.Flight.TakeFor(false, more): // nobody knows yet whether it carries the key
		h.front.heads.Give(more)
		return false
	}
	h.charged += more
	h.counts = true
	return true
}
