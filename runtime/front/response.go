package front

import "net/http"

// gatherFrom is the size from which a write is gathered, in bytes: together with a head of the usual size, smaller ones fit
// the HTTP server's own buffer and leave in one piece anyway.
const gatherFrom = 1 << 10

// response is the ResponseWriter that backends get. Each Write, and what the HTTP server puts around it, leaves in one
// network write with the next flush. It notes the status for the log.
type response struct {
	http.ResponseWriter
	conn     *conn
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
