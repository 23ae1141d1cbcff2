package openaiagent_test

import (
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/agent"
	"innkeeper/runtime/agent/openaiagent"
	up "innkeeper/runtime/agent/upstreamtest"
)

func TestUpstreamTrouble(t *testing.T) {
	short := func(c *openaiagent.Config) { noRetries(c); c.Timeout = 50 * time.Millisecond } // runs out for sure
	cases := []struct {
		name      string
		behaviour up.Behaviour
		status    int
		code      string
		text      string // streamed before
		words     string // in the message
	}{
		{"500", up.Status(500, "server_error", "oops", "It broke."), 502, "upstream_error", "", "It broke."},
		{"503 of a proxy", up.Raw(503, "text/html", "<html>busy</html>"), 502, "upstream_error", "", "failed"},
		{"402", up.Status(402, "billing", "", "No money left."), 502, "upstream_error", "", "No money left."},
		{"wrong key", up.RequireKey("another", up.Text("ok")), 502, "upstream_auth", "", "[agent]"},
		{"forbidden", up.Status(403, "", "", "Your key has no access."), 502, "upstream_auth", "", "[agent]"},
		{"400", up.Status(400, "invalid_request_error", "context_length_exceeded", "Too long."), 400, "context_length_exceeded", "", "Too long."},
		{"422 with a detail", up.Raw(422, "application/json", `{"detail":"bad field"}`), 400, "", "", "bad field"},
		{"400 with a string", up.Raw(400, "application/json", `{"error":"bad model"}`), 400, "", "", "bad model"},
		{"400 in a list", up.Raw(400, "application/json", `[{"error":{"code":400,"message":"bad thing"}}]`), 400, "", "", "bad thing"},
		{"400 without words", up.Raw(400, "text/plain", ""), 400, "", "", "refused the request"},
		{"unknown model", up.Status(404, "invalid_request_error", "model_not_found", "No such model."), 404, "model_not_found", "", "No such model."},
		{"wrong base URL", up.Raw(404, "text/plain", "404 page not found"), 502, "upstream_not_found", "", "base_url"},
		{"429", up.TooMany(17 * time.Second), 429, "rate_limit_exceeded", "", "Rate limit"},
		{"408", up.Raw(408, "text/plain", ""), 504, "upstream_timeout", "", "waiting"},
		{"dropped", up.Drop(), 502, "upstream_cut", "", "without an answer"},
		{"hangs", up.Hang(), 504, "upstream_timeout", "", "in time"},
		{"cut", up.Cut(up.Content("a"), up.Content("b")), 502, "upstream_cut", "ab", "before it was complete"},
		{"cut before anything", up.Cut(), 502, "upstream_cut", "", "before it was complete"},
		{"ends early but properly", up.Stream(up.Content("a")), 502, "upstream_cut", "a", "before it was complete"},
		{"ends within an event", up.Stream(up.Content("a"), "data: {\"choices\""), 502, "upstream_cut", "a", "before it was complete"},
		{"broken JSON", up.Stream(up.Content("a"), up.Frame(`{"choices":[`), up.Finish("stop"), up.Done), 502, "upstream_malformed", "a", "JSON"},
		{"JSON that is no object", up.Stream(up.Frame(`[1]`), up.Done), 502, "upstream_malformed", "", "JSON"},
		{"no events", up.Stream("this is\nnot a stream\n\n"), 502, "upstream_malformed", "", "not an event stream"},
		{"[DONE] and no answer", up.Stream(up.Done), 502, "upstream_malformed", "", "not an event stream"},
		{"HTML", up.Raw(200, "text/html", "<html>"), 502, "upstream_malformed", "", "base_url"},
		{"JSON instead of a stream", up.Raw(200, "application/json", `{"choices":[]}`), 502, "upstream_malformed", "", "base_url"},
		{"error with status 200", up.Raw(200, "application/json", `{"error":{"message":"It broke."}}`), 502, "upstream_error", "", "It broke."},
		{"error within", up.Stream(up.Content("a"), up.Frame(`{"error":{"message":"It broke.","code":null}}`)), 502, "upstream_error", "a", "It broke."},
		{"error event", up.Stream("event: error\n" + up.Frame(`{"message":"It broke."}`)), 502, "upstream_error", "", "It broke."},
		{"429 within", up.Stream(up.Content("a"), up.Frame(`{"error":{"message":"Slow down.","code":429}}`)), 429, "rate_limit_exceeded", "a", "Slow down."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := up.Start(t, c.behaviour)
			change := noRetries
			if c.name == "hangs" {
				change = short
			}
			r := run(t, newAgent(t, s.URL(), change), hello)
			mustFail(t, r, c.status, c.code)
			if r.text != c.text || !strings.Contains(r.failed.Message, c.words) {
				t.Errorf("text %q, message %q; want %q and %q", r.text, r.failed.Message, c.text, c.words)
			}
			if upstreams := r.failed.Status >= 500; upstreams != (r.failed.Type == agent.TypeUpstream) {
				t.Errorf("status %d has the type %s", r.failed.Status, r.failed.Type)
			}
			if n := len(s.Requests()); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

func TestRefusedConnection(t *testing.T) {
	r := run(t, newAgent(t, up.RefusedURL(t)), hello)
	mustFail(t, r, 502, "upstream_unreachable")
	if !strings.Contains(r.failed.Message, "refused") || strings.Contains(r.failed.Message, "127.0.0.1") {
		t.Errorf("message %q; want it to say refused, without the address", r.failed.Message)
	}
	if r.failed.Cause == nil || !strings.Contains(r.failed.Cause.Error(), "127.0.0.1") {
		t.Errorf("cause %v; want the address, for the operator", r.failed.Cause)
	}
}

func TestPlainHTTPBehindHTTPS(t *testing.T) {
	s := up.Start(t, up.Text("ok"))
	r := run(t, newAgent(t, strings.Replace(s.URL(), "http:", "https:", 1), noRetries), hello)
	mustFail(t, r, 502, "upstream_unreachable")
	if !strings.Contains(r.failed.Message, "trusted") {
		t.Errorf("message %q", r.failed.Message)
	}
}

func TestRetryAfterReachesTheCaller(t *testing.T) {
	s := up.Start(t, up.TooMany(17*time.Second))
	r := run(t, newAgent(t, s.URL()), hello)
	mustFail(t, r, 429, "rate_limit_exceeded")
	if r.failed.RetryAfter != 17*time.Second || len(s.Requests()) != 1 {
		t.Errorf("retry after %v, %d requests; want 17 s and no retry before that", r.failed.RetryAfter, len(s.Requests()))
	}
}

func TestUpstreamWordsAreCleaned(t *testing.T) {
	s := up.Start(t, up.Status(400, "x", "y", "key "+secret+"\n\x1b[31m"+strings.Repeat("é", 1000)))
	r := run(t, newAgent(t, s.URL()), hello)
	mustFail(t, r, 400, "y")
	m := r.failed.Message
	if !strings.HasPrefix(m, "key [key]  [31mé") || !strings.HasSuffix(m, "é…") || len(m) > 1100 {
		t.Errorf("message %q", m)
	}
}

func TestEndlessErrorBodyIsBounded(t *testing.T) {
	s := up.Start(t, up.Raw(500, "text/plain", strings.Repeat("x", 8<<20)))
	mustFail(t, run(t, newAgent(t, s.URL(), noRetries), hello), 502, "upstream_error")
}
