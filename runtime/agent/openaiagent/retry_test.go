package openaiagent_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/agent"
	"innkeeper/runtime/agent/openaiagent"
	up "innkeeper/runtime/agent/upstreamtest"
)

func TestRetriesBeforeAnythingWasStreamed(t *testing.T) {
	for name, first := range map[string]up.Behaviour{
		"500": up.Status(500, "", "", "x"), "503": up.Raw(503, "text/plain", ""), "429": up.TooMany(0), "dropped": up.Drop(),
	} {
		t.Run(name, func(t *testing.T) {
			s := up.Start(t, first, up.Text("ok"))
			r := run(t, newAgent(t, s.URL()), hello)
			if r.text != "ok" || r.done == nil || len(s.Requests()) != 2 {
				t.Fatalf("%q, failed %v, %d requests; want an answer from the second", r.text, r.failed, len(s.Requests()))
			}
			if a, b := s.Requests()[0].Body, s.Requests()[1].Body; string(a) != string(b) {
				t.Errorf("the retry has another body: %s and %s", a, b)
			}
		})
	}
}

func TestRetriesAreBounded(t *testing.T) {
	s := up.Start(t, up.Status(500, "", "", "x"))
	mustFail(t, run(t, newAgent(t, s.URL()), hello), 502, "upstream_error")
	if n := len(s.Requests()); n != 1+openaiagent.DefaultRetries {
		t.Errorf("%d requests, want %d", n, 1+openaiagent.DefaultRetries)
	}
}

func TestNoRetryOnceStreamed(t *testing.T) {
	for name, first := range map[string]up.Behaviour{
		"cut": up.Cut(up.Content("a")), "malformed": up.Stream(up.Content("a"), up.Frame("{")), "headers only": up.Cut(),
	} {
		s := up.Start(t, first, up.Text("ok"))
		if r := run(t, newAgent(t, s.URL()), hello); r.failed == nil || len(s.Requests()) != 1 {
			t.Errorf("%s: failed %v after %d requests", name, r.failed, len(s.Requests()))
		}
	}
}

func TestNoRetryForWhatWillNotChange(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 413, 422} {
		s := up.Start(t, up.Status(status, "", "", "x"))
		if r := run(t, newAgent(t, s.URL()), hello); r.failed == nil || len(s.Requests()) != 1 {
			t.Errorf("%d: failed %v after %d requests", status, r.failed, len(s.Requests()))
		}
	}
}

// respond makes a response without a server.
func respond(status int, header, value, body string) *http.Response {
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"text/event-stream"}, header: {value}},
		Body:       io.NopCloser(strings.NewReader(body)),
	}
}

func TestRetryAfterIsKeptUpToTheBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		a := newAgent(t, "http://upstream.test/v1", through(func(*http.Request) (*http.Response, error) {
			if at = append(at, time.Since(start)); len(at) == 1 {
				return respond(429, "Retry-After", "3", ""), nil
			}
			return respond(200, "X", "x", up.Content("ok")+up.Finish("stop")+up.Done), nil
		}), func(c *openaiagent.Config) { c.MaxRetryDelay = 5 * time.Second })
		if r := run(t, a, hello); r.text != "ok" || len(at) != 2 || at[1] != 3*time.Second {
			t.Errorf("%q, failed %v, attempts at %v; want the second after 3 s", r.text, r.failed, at)
		}
	})
}

// dripping returns a transport that answers with a stream in which each frame comes after a pause, and that hangs at the end
// until the body is closed or the request is cancelled.
func dripping(pause time.Duration, frames ...string) roundTrip {
	return func(req *http.Request) (*http.Response, error) {
		r, w := io.Pipe()
		context.AfterFunc(req.Context(), func() { _ = w.CloseWithError(context.Cause(req.Context())) })
		go func() { // ends with the request
			for _, f := range frames {
				select {
				case <-time.After(pause):
				case <-req.Context().Done():
				}
				if _, err := io.WriteString(w, f); err != nil {
					return
				}
			}
		}()
		res := respond(200, "X", "x", "")
		res.Body = r
		return res, nil
	}
}

func TestTimeoutCountsSilenceOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAgent(t, "http://upstream.test/v1", through(dripping(9*time.Second,
			up.Comment, up.Content("a"), up.Comment, up.Content("b"), up.Finish("stop"), up.Done)))
		if r := run(t, a, hello); r.text != "ab" || r.done == nil {
			t.Errorf("%q, failed %v; a stream that moves every 9 s is within a timeout of 10 s", r.text, r.failed)
		}
	})
}

// The timer rests while the caller holds the turn back.
func TestSlowCallerIsNotATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAgent(t, "http://upstream.test/v1", through(dripping(0, up.Content("a"), up.Content("b"), up.Finish("stop"), up.Done)))
		var last agent.Event
		err := a.Run(t.Context(), agent.Turn{Request: []byte(hello)}, func(e agent.Event) error {
			last = e
			time.Sleep(time.Minute)
			return nil
		})
		if err != nil || last.Done == nil {
			t.Errorf("Run = %v, last event %+v", err, last)
		}
	})
}

func TestSilenceEndsTheTurn(t *testing.T) {
	for name, c := range map[string]struct {
		upstream roundTrip
		text     string
		after    time.Duration
		status   int
		code     string
	}{
		"before the headers": {func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, "", 10 * time.Second, 504, "upstream_timeout"},
		"within the stream": {dripping(time.Second, up.Content("a")), "a", 11 * time.Second, 504, "upstream_timeout"},
		"within an error":   {failing(dripping(time.Second, `{"error":`)), "", 10 * time.Second, 400, ""},
		"words for ever":    {failing(dripping(time.Second, slices.Repeat([]string{" "}, 1000)...)), "", 10 * time.Second, 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, tries := time.Now(), 0
				a := newAgent(t, "http://upstream.test/v1", through(func(r *http.Request) (*http.Response, error) {
					tries++
					return c.upstream(r)
				}))
				r := run(t, a, hello)
				mustFail(t, r, c.status, c.code)
				if took := time.Since(start); took != c.after || tries != 1 || r.text != c.text {
					t.Errorf("%q after %v and %d attempts, want %q after %v and one", r.text, took, tries, c.text, c.after)
				}
			})
		})
	}
}

// failing gives a response the status 400.
func failing(next roundTrip) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		res, err := next(r)
		res.StatusCode = 400
		return res, err
	}
}

// An upstream that goes on after the end of its answer holds nobody up for long.
func TestEndlessStreamAfterTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		frames := []string{up.Content("a"), up.Finish("stop"), up.Done}
		for range 1000 {
			frames = append(frames, up.Comment)
		}
		start := time.Now()
		a := newAgent(t, "http://upstream.test/v1", through(dripping(10*time.Millisecond, frames...)))
		if r := run(t, a, hello); r.done == nil || time.Since(start) > time.Second {
			t.Errorf("failed %v, Run took %v", r.failed, time.Since(start))
		}
	})
}

func TestErrorsOfTransports(t *testing.T) {
	for code, err := range map[string]error{
		"upstream_cut":         syscall.ECONNRESET,
		"upstream_unreachable": syscall.EHOSTUNREACH,
	} {
		a := newAgent(t, "http://upstream.test/v1", noRetries, through(func(*http.Request) (*http.Response, error) { return nil, err }))
		mustFail(t, run(t, a, hello), 502, code)
	}
}
