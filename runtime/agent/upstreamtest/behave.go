package upstreamtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Text streams a complete answer of these pieces, with usage.
func Text(pieces ...string) Behaviour {
	return Stream(append(deltas(pieces), Finish("stop"), Usage, Done)...)
}

// Slow answers like [Text], with a pause before the headers and before each event.
func Slow(pause time.Duration, pieces ...string) Behaviour {
	return func(w http.ResponseWriter, r *http.Request) {
		if !sleep(r, pause) {
			return
		}
		out := begin(w)
		for _, frame := range append(deltas(pieces), Finish("stop"), Usage, Done) {
			if !sleep(r, pause) {
				return
			}
			out.send(frame)
		}
	}
}

// Stream writes these frames, each as a chunk of its own, and ends the response properly.
func Stream(frames ...string) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request) {
		out := begin(w)
		for _, frame := range frames {
			out.send(frame)
		}
	}
}

// Cut writes these frames and then drops the connection in the middle of the response.
func Cut(frames ...string) Behaviour {
	return func(w http.ResponseWriter, r *http.Request) {
		Stream(frames...)(w, r)
		drop(w)
	}
}

// Drop closes the connection without any answer.
func Drop() Behaviour {
	return func(w http.ResponseWriter, _ *http.Request) { drop(w) }
}

// Hang takes the request and never answers.
func Hang() Behaviour {
	return func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
}

// HangAfter writes these frames and then nothing more, with the connection open.
func HangAfter(frames ...string) Behaviour {
	return func(w http.ResponseWriter, r *http.Request) {
		Stream(frames...)(w, r)
		<-r.Context().Done()
	}
}

// Status answers with an HTTP status and an OpenAI error object.
func Status(status int, kind, code, message string) Behaviour {
	return Raw(status, "application/json", fmt.Sprintf(`{"error":{"message":%s,"type":%s,"param":null,"code":%s}}`, quote(message), quote(kind), quote(code)))
}

// TooMany answers 429 with a Retry-After of whole seconds.
func TooMany(retryAfter time.Duration) Behaviour {
	limited := Status(http.StatusTooManyRequests, "requests", "rate_limit_exceeded", "Rate limit reached.")
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
		limited(w, r)
	}
}

// Raw answers with any status, content type and body.
func Raw(status int, contentType, body string) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// RequireKey lets next answer requests with that bearer key, and 401 all others, as the real one does: with a part of
// the wrong key in the message.
func RequireKey(key string, next Behaviour) Behaviour {
	return func(w http.ResponseWriter, r *http.Request) {
		got := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if got != key {
			Status(http.StatusUnauthorized, "invalid_request_error", "invalid_api_key", "Incorrect API key provided: "+got)(w, r)
			return
		}
		next(w, r)
	}
}

// response writes frames, each flushed.
type response struct {
	w     http.ResponseWriter
	flush *http.ResponseController
}

func begin(w http.ResponseWriter) response {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	out := response{w, http.NewResponseController(w)}
	_ = out.flush.Flush()
	return out
}

// send ignores errors: a caller that left shows in the request's context.
func (o response) send(frame string) {
	fmt.Fprint(o.w, frame)
	_ = o.flush.Flush()
}

func sleep(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// drop closes the connection under the response.
func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		conn.Close()
	}
}
