package front

import (
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// ServeHTTP takes a request through the checks, in this order: origin, path, method, key, backend, load, body. An unknown
// path is told before the key is asked for, because clients probe paths.
func (l *Listener) ServeHTTP(inner http.ResponseWriter, r *http.Request) {
	c := r.Context().Value(connKey{}).(*conn) // every connection is one of ours
	l.begin(c)
	defer l.endHijacked(c)
	w := &response{ResponseWriter: inner, conn: c}
	id := requestID(r.Header)
	h := w.Header()
	h["X-Content-Type-Options"] = l.nosniff
	h["Referrer-Policy"] = l.noReferrer
	h["X-Request-Id"] = []string{id}
	if l.cfg.Logger.Enabled(r.Context(), slog.LevelDebug) {
		defer l.logRequest(w, r, id, time.Now())
	}
	if p := l.handle(w, r, id); p != nil {
		l.refuse(w, r, p)
	}
	_ = c.uncork() // the connection remembers the error and fails the server's next write
}

// handle answers, or returns the problem to answer with.
func (l *Listener) handle(w *response, r *http.Request, id string) *problem {
	if origins := r.Header["Origin"]; origins != nil && !l.cors.admit(w.Header(), origins) {
		return originRefused()
	}
	route, done, p := l.route(w, r)
	if done || p != nil {
		return p
	}
	if route.key && !l.key.admits(r.Header) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return wrongKey()
	}
	if now := l.current.Load(); now.backend == nil {
		return unavailable(now.unavailable, route.key)
	}
	defer l.exchanges.Add(-1)
	if l.exchanges.Add(1) > int64(l.cfg.Exchanges) {
		return tooMany()
	}
	body, p := l.readBody(w.conn, r)
	defer body.release()
	if p != nil {
		return p
	}
	w.bodyRead = true
	delete(r.Header, "Authorization") // secrets stay in the host
	delete(r.Header, "Proxy-Authorization")
	return l.serve(w, r, Inbound{Route: route.route, Values: route.values(r.URL.Path), RequestID: id, Body: body.bytes()}, route.key)
}

// route finds the route of a request, or answers a preflight (done).
func (l *Listener) route(w *response, r *http.Request) (m method, done bool, p *problem) {
	m, ok, allowed := l.routes.match(r.Method, r.URL.Path)
	switch {
	case preflight(r) && (ok || len(allowed) > 0):
		answerPreflight(w, r, l.routes.methods(r.URL.Path))
		return m, true, nil
	case len(allowed) > 0:
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return m, false, wrongMethod(r)
	case !ok || !utf8.ValidString(r.URL.Path):
		return m, false, unknownPath(r)
	case !utf8.ValidString(r.URL.RawQuery):
		return m, false, badText()
	}
	return m, false, nil
}

// serve hands the request to the backend. One that takes no more requests may have been replaced a moment ago; then its
// successor gets the request, so that a swap loses none.
func (l *Listener) serve(w *response, r *http.Request, in Inbound, trusted bool) *problem {
	var tried *attachment
	for {
		now := l.current.Load()
		switch {
		case now.backend == nil:
			return unavailable(now.unavailable, trusted)
		case now == tried:
			return refused()
		}
		switch now.backend.Serve(w, r, in) {
		case Answered:
			return nil
		case NotTaken:
			tried = now
		case Unanswered:
			return unanswered()
		default:
			// The documented way to close a connection in the middle of an answer.
			// https://pkg.go.dev/net/http#ErrAbortHandler
			panic(http.ErrAbortHandler)
		}
	}
}

// logRequest notes one exchange. It says nothing of the query and the headers: they may hold secrets.
func (l *Listener) logRequest(w *response, r *http.Request, id string, start time.Time) {
	l.cfg.Logger.LogAttrs(r.Context(), slog.LevelDebug, "request",
		slog.String("request_id", id), slog.String("method", clip(r.Method)), slog.String("path", clip(r.URL.Path)),
		slog.Int("status", w.status), slog.Duration("duration", time.Since(start)), slog.String("remote", r.RemoteAddr))
}
