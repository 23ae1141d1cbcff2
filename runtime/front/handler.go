package front

import (
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/manifest"
)

// ServeHTTP finds the site of a request and lets that answer.
func (s *server) ServeHTTP(inner http.ResponseWriter, r *http.Request) {
	c := r.Context().Value(connKey{}).(*conn) // every connection is one of ours
	l := s.listener
	p, path := l.table.Load().find(r.URL.Path)
	if p == nil {
		p = &l.stray
	}
	refused := c.begin(p)
	defer s.endHijacked(c)
	w := &response{ResponseWriter: inner, conn: c, errors: manifest.ErrorsProblem, id: requestID(r.Header), path: r.URL.Path}
	h := w.Header()
	h["X-Content-Type-Options"] = l.front.nosniff
	h["Referrer-Policy"] = l.front.noReferrer
	h["X-Request-Id"] = []string{w.id}
	if s.retired.Load() {
		h["Connection"] = l.front.closing
	}
	switch {
	case refused != 0:
		h["Connection"] = l.front.closing
		headProblem(refused).write(w)
	case p.site == nil:
		w.refuse(r, unknownPath(r.Method, w.path))
	default:
		p.site.answer(w, r, path)
	}
	c.answered()
	_ = c.uncork() // the connection remembers the error and fails the server's next write
}

// answer takes a request through the checks and logs what became of it.
func (s *Site) answer(w *response, r *http.Request, path string) {
	rules := s.rules.Load()
	if rules.logger.Enabled(r.Context(), slog.LevelDebug) {
		defer logRequest(rules.logger, w, r, time.Now())
	}
	// A backend sees the path that its routes match.
	if len(path) != len(w.path) {
		r.URL.Path, r.URL.RawPath = path, ""
	}
	w.errors = rules.errors
	if p := s.handle(w, r, rules); p != nil {
		w.refuse(r, p)
	}
}

// handle answers, or returns the problem to answer with. The order of the checks is: origin, path, method, guard, backend,
// load, body. An unknown path is told before the key is asked for, because clients probe paths.
func (s *Site) handle(w *response, r *http.Request, rules *rules) *problem {
	if origins := r.Header["Origin"]; origins != nil && !rules.cors.admit(w.Header(), origins) {
		return originRefused()
	}
	route, done, p := rules.route(w, r)
	if done || p != nil {
		return p
	}
	keyed := route.key != nil
	if keyed && !route.key.admits(r.Header) {
		example, scheme := route.key.challenge()
		w.Header().Set("WWW-Authenticate", scheme)
		return wrongKey(example)
	}
	if keyed {
		w.conn.keep(true)
	}
	if now := s.backends.await(r.Context(), keyed); now.current == nil {
		return unavailable(now.unavailable, keyed)
	}
	if !s.exchanges.TakeFor(keyed, 1) {
		return tooMany()
	}
	defer s.exchanges.Give(1)
	body, p := s.readBody(w.conn, r, &rules.limits, keyed)
	defer body.release()
	if p != nil {
		return p
	}
	w.bodyRead = true
	w.conn.keep(keyed)
	for _, name := range rules.secret {
		delete(r.Header, name) // secrets stay in the host
	}
	return s.backends.serve(w, r, backend.Inbound{
		Route: route.Name, Values: route.values(r.URL.Path), RequestID: w.id, Body: body.bytes(), Keyed: keyed,
	})
}

// route finds the route of a request, or answers a preflight (done).
func (s *rules) route(w *response, r *http.Request) (found *rule, done bool, p *problem) {
	found, allowed := s.routes.match(r.Method, r.URL.Path)
	switch {
	case preflight(r) && (found != nil || len(allowed) > 0):
		answerPreflight(w, r, s.routes.methods(r.URL.Path))
		return nil, true, nil
	case len(allowed) > 0:
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return nil, false, wrongMethod(r.Method, w.path)
	case found == nil || !utf8.ValidString(r.URL.Path):
		return nil, false, unknownPath(r.Method, w.path)
	}
	w.errors = found.errors
	if !utf8.ValidString(r.URL.RawQuery) {
		return nil, false, badText()
	}
	return found, false, nil
}

// logRequest notes one exchange. It says nothing of the query and the headers: they may hold secrets.
func logRequest(logger *slog.Logger, w *response, r *http.Request, start time.Time) {
	logger.LogAttrs(r.Context(), slog.LevelDebug, "request",
		slog.String("request_id", w.id), slog.String("method", clip(r.Method)), slog.String("path", clip(w.path)),
		slog.Int("status", w.status), slog.Duration("duration", time.Since(start)), slog.String("remote", r.RemoteAddr))
}
