package openaiagent

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/openai/openai-go/v3/option"
)

// errSilent is the cause that ends a request whose upstream said nothing for too long.
var errSilent = errors.New("the upstream was silent for too long")

// watchdog ends a request when the upstream is silent for longer than its limit. It counts only while something is
// awaited from the upstream, so a caller that takes its time is not held against it.
type watchdog struct {
	limit time.Duration
	timer *time.Timer
	heard bool          // whether any byte of the last body has come
	said  upstreamError // what the last error answer says
}

func newWatchdog(limit time.Duration, cancel context.CancelCauseFunc) *watchdog {
	w := &watchdog{limit: limit, timer: time.AfterFunc(limit, func() { cancel(errSilent) })}
	w.rest()
	return w
}

func (w *watchdog) watch() { w.timer.Reset(w.limit) }
func (w *watchdog) rest()  { w.timer.Stop() }

// attempt watches one attempt of the client, up to the headers and then over the body. An error answer is short, and is read
// at once: all of it has the time that one silence may take. The client has a parser of its own, and does not get to see it.
func (w *watchdog) attempt(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
	w.watch()
	res, err := next(req)
	w.rest()
	if err != nil {
		return res, err
	}
	if res.StatusCode >= http.StatusBadRequest {
		w.said = readError(res.Body, w.limit)
		res.Body = http.NoBody
		return res, nil
	}
	w.heard = false
	res.Body = &watchedBody{ReadCloser: res.Body, dog: w}
	return res, nil
}

// watchedBody is a response body under watch.
type watchedBody struct {
	io.ReadCloser
	dog *watchdog
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.dog.watch()
	n, err := b.ReadCloser.Read(p)
	b.dog.rest()
	b.dog.heard = b.dog.heard || n > 0
	return n, err
}
