package front

import (
	"io"
	"net/http"
	"strings"
	"time"

	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

// gatherFrom is the size from which a write is gathered, in bytes: together with a head of the usual size, smaller ones fit
// the HTTP server's own buffer and leave in one piece anyway.
const gatherFrom = 1 << 10

// response is the ResponseWriter that backends get. Each Write, and what the HTTP server puts around it, leaves in one
// network write with the next flush. It notes the status for the log.
type response struct {
	http.ResponseWriter
	conn     *conn
	id       string              // of the request
	path     string              // as the client asked for it
	errors   manifest.ErrorShape // what the host's own answers look like
	status   int
	bodyRead bool // nothing of the request is left to read
}

// WriteHeader notes the status.
func (w *response) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write gathers large pieces.
func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if len(p) >= gatherFrom {
		w.conn.cork()
	}
	return w.ResponseWriter.Write(p)
}

// FlushError sends everything written so far.
func (w *response) FlushError() error {
	if err := http.NewResponseController(w.ResponseWriter).Flush(); err != nil {
		return err
	}
	return w.conn.uncork()
}

// Flush is FlushError for those who do not ask.
func (w *response) Flush() { _ = w.FlushError() }

// Unwrap lets http.ResponseController reach deadlines and, for protocols that take the connection over, Hijack.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

var _ http.Flusher = (*response)(nil)

// drainable is how much of an unread body the HTTP server reads by itself to keep the connection, in bytes.
const drainable = 256 << 10

// refuse answers with a problem. Whatever of the body was not read is not waited for without a bound: a client could hold
// the connection with it.
func (w *response) refuse(r *http.Request, p *problem) {
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
		_, _ = io.CopyN(io.Discard, r.Body, limits.HTTPLingerBytes) // whatever ends it, the connection is closed now
	}
}
