package front_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/front"
	"innkeeper/runtime/front/backend"
)

func TestARequestReachesItsBackend(t *testing.T) {
	l := start(t, nil)
	got := ask(t, l, request{method: "POST", path: "/v1/responses", body: "hello"})
	if got.StatusCode != 200 || got.text != "create POST /v1/responses hello" {
		t.Errorf("got %d %q", got.StatusCode, got.text)
	}
	if got := ask(t, l, request{method: "GET", path: "/v1/responses/a%20b", noKey: false}); got.text != "get GET /v1/responses/a b " {
		t.Errorf("got %q", got.text)
	}
	if got := ask(t, l, request{method: "GET", path: "/health", noKey: true}); got.text != "health GET /health " {
		t.Errorf("open route without a key: %q", got.text)
	}
}

func TestOrderOfChecks(t *testing.T) {
	l := start(t, func(cfg *front.SiteConfig) { cfg.Limits.BodyBytes = 10 })
	l.Detach(front.Unavailable{State: "backoff"})
	long := strings.Repeat("x", 100)
	cases := []struct {
		name   string
		q      request
		status int
		code   string
	}{
		{"origin before path", request{method: "GET", path: "/nowhere", header: http.Header{"Origin": {"https://evil.example"}}}, 403, "origin_not_allowed"},
		{"path before key", request{method: "GET", path: "/nowhere", noKey: true}, 404, "unknown_url"},
		{"method before key", request{method: "PUT", path: "/v1/responses", noKey: true}, 405, "method_not_supported"},
		{"key before backend", request{method: "POST", path: "/v1/responses", noKey: true}, 401, "invalid_api_key"},
		{"backend before body", request{method: "POST", path: "/v1/responses", body: long}, 503, "unavailable"},
		{"query", request{method: "GET", path: "/health?q=\xff"}, 400, "invalid_url"},
		{"encoded slash is a slash", request{method: "GET", path: "/v1/responses/a%2Fb"}, 404, "unknown_url"},
		{"path that is no text", request{method: "GET", path: "/v1/responses/%ff"}, 404, "unknown_url"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := ask(t, l, c.q)
			if got.StatusCode != c.status || got.code(t) != c.code || got.Header.Get("Content-Type") != "application/json" {
				t.Errorf("got %d %s", got.StatusCode, got.text)
			}
			switch c.status {
			case 401:
				if got.Header.Get("WWW-Authenticate") != "Bearer" {
					t.Errorf("challenge: %q", got.Header.Get("WWW-Authenticate"))
				}
			case 405:
				if got.Header.Get("Allow") != "POST" {
					t.Errorf("allow: %q", got.Header.Get("Allow"))
				}
			case 503:
				if got.Header.Get("Retry-After") != "1" {
					t.Errorf("retry after: %q", got.Header.Get("Retry-After"))
				}
			}
		})
	}
}

func TestKey(t *testing.T) {
	l := start(t, nil)
	cases := []struct {
		name    string
		headers []string
		want    int
	}{
		{"right", []string{"Bearer " + key}, 200},
		{"scheme in any case, more spaces", []string{"bEARER   " + key + " "}, 200},
		{"none", nil, 401},
		{"wrong", []string{"Bearer " + strings.ToUpper(key)}, 401},
		{"prefix", []string{"Bearer " + key[:len(key)-1]}, 401},
		{"longer", []string{"Bearer " + key + "x"}, 401},
		{"empty", []string{"Bearer "}, 401},
		{"no scheme", []string{key}, 401},
		{"other scheme", []string{"Basic " + key}, 401},
		{"two", []string{"Bearer " + key, "Bearer " + key}, 401},
		{"endless", []string{"Bearer " + strings.Repeat("k", 10_000)}, 401},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := ask(t, l, request{method: "GET", path: "/v1/responses/x", noKey: true, header: http.Header{"Authorization": c.headers}})
			if got.StatusCode != c.want {
				t.Errorf("got %d %s", got.StatusCode, got.text)
			}
		})
	}
}

func TestTheKeyStaysInTheHost(t *testing.T) {
	var logs lines
	seen := make(chan http.Header, 1)
	l := start(t, func(cfg *front.SiteConfig) {
		cfg.Logger = slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	l.Attach(backendFunc(func(w http.ResponseWriter, r *http.Request, _ backend.Inbound) backend.Outcome {
		seen <- r.Header.Clone()
		return backend.Answered
	}))
	ask(t, l, request{method: "GET", path: "/v1/responses/x?key=secret", header: http.Header{"Proxy-Authorization": {"Basic eA=="}, "X-Request-Id": {"id-in-log"}}})
	h := <-seen
	if h.Get("Authorization") != "" || h.Get("Proxy-Authorization") != "" {
		t.Errorf("backend got %v", h)
	}
	ask(t, l, request{method: "GET", path: "/nowhere"}) // the first line is written before this answer
	if text := logs.String(); !strings.Contains(text, "id-in-log") || strings.Contains(text, key) || strings.Contains(text, "secret") {
		t.Errorf("log: %s", text)
	}
}

func TestRequestID(t *testing.T) {
	l := start(t, nil)
	for sent, kept := range map[string]bool{
		"abc-123": true, strings.Repeat("x", 128): true, strings.Repeat("x", 129): false, "with space": false, "ümlaut": false, "": false,
	} {
		got := ask(t, l, request{method: "GET", path: "/health", header: http.Header{"X-Request-Id": {sent}}}).Header.Get("X-Request-Id")
		if kept && got != sent || !kept && (got == sent || len(got) != 36) {
			t.Errorf("sent %q, got %q", sent, got)
		}
	}
}

func TestCORS(t *testing.T) {
	const page = "https://app.example"
	asked := func(method, origin string) request {
		h := http.Header{"Origin": {origin}}
		if method == "OPTIONS" {
			h.Set("Access-Control-Request-Method", "POST")
			h.Set("Access-Control-Request-Headers", "authorization,content-type,x-stainless-os")
		}
		return request{method: method, path: "/v1/responses", header: h, noKey: method == "OPTIONS"}
	}
	cases := []struct {
		name           string
		origins        []string
		q              request
		status         int
		allowed, vary  string
		methods, heads string
	}{
		{"off", nil, asked("POST", page), 403, "", "Origin", "", ""},
		{"off, preflight", nil, asked("OPTIONS", page), 403, "", "Origin", "", ""},
		{"off, null", nil, asked("POST", "null"), 403, "", "Origin", "", ""},
		{"listed", []string{"https://APP.example/"}, asked("POST", page), 200, page, "Origin", "", ""},
		{"not listed", []string{"https://other.example"}, asked("POST", page), 403, "", "Origin", "", ""},
		{"listed as a prefix only", []string{"https://app.example.evil"}, asked("POST", page), 403, "", "Origin", "", ""},
		{"listed, preflight", []string{page}, asked("OPTIONS", page), 204, page, "Origin, Access-Control-Request-Headers", "POST",
			"authorization, content-type, x-stainless-os"},
		{"all", []string{"*"}, asked("POST", "null"), 200, "*", "", "", ""},
		{"all, preflight", []string{"*"}, asked("OPTIONS", page), 204, "*", "Access-Control-Request-Headers", "POST",
			"authorization, content-type, x-stainless-os"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l := start(t, func(cfg *front.SiteConfig) { cfg.Origins = c.origins })
			got := ask(t, l, c.q)
			h := got.Header
			if got.StatusCode != c.status || h.Get("Access-Control-Allow-Origin") != c.allowed || strings.Join(h["Vary"], ", ") != c.vary ||
				h.Get("Access-Control-Allow-Methods") != c.methods || h.Get("Access-Control-Allow-Headers") != c.heads {
				t.Errorf("got %d %v", got.StatusCode, h)
			}
			if h.Get("Access-Control-Allow-Credentials") != "" {
				t.Error("credentials allowed")
			}
			if c.status == 403 {
				got.code(t)
			}
		})
	}
	t.Run("errors are readable for the page", func(t *testing.T) {
		l := start(t, func(cfg *front.SiteConfig) { cfg.Origins = []string{page} })
		q := asked("POST", page)
		q.noKey = true
		if got := ask(t, l, q); got.StatusCode != 401 || got.Header.Get("Access-Control-Allow-Origin") != page {
			t.Errorf("got %d %v", got.StatusCode, got.Header)
		}
		q = asked("OPTIONS", page)
		q.path = "/nowhere"
		if got := ask(t, l, q); got.StatusCode != 404 {
			t.Errorf("preflight of an unknown path: %d", got.StatusCode)
		}
	})
}

func TestUnavailable(t *testing.T) {
	l := start(t, nil)
	l.Detach(front.Unavailable{State: "paused", Reason: "the operator paused it", RetryAfter: 1500 * time.Millisecond})
	open := ask(t, l, request{method: "GET", path: "/health", noKey: true})
	if open.StatusCode != 503 || open.Header.Get("Retry-After") != "2" || !strings.Contains(open.text, "paused") || strings.Contains(open.text, "operator") {
		t.Errorf("without the key: %d %v %s", open.StatusCode, open.Header, open.text)
	}
	trusted := ask(t, l, request{method: "GET", path: "/v1/responses/x"})
	if trusted.StatusCode != 503 || !strings.Contains(trusted.text, "the operator paused it") {
		t.Errorf("with the key: %d %s", trusted.StatusCode, trusted.text)
	}
}

func TestBeforeTheFirstBackend(t *testing.T) {
	f := newFront(nil)
	s, err := f.Open(t.Context(), config(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close(t.Context())
	if got := ask(t, &site{Site: s}, request{method: "GET", path: "/health"}); got.StatusCode != 503 || !strings.Contains(got.text, "starting") {
		t.Errorf("got %d %s", got.StatusCode, got.text)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestOutcomes(t *testing.T) {
	l := start(t, nil)
	outcome := func(o backend.Outcome) {
		l.Attach(backendFunc(func(http.ResponseWriter, *http.Request, backend.Inbound) backend.Outcome { return o }))
	}
	q := request{method: "POST", path: "/v1/responses", body: "x"}
	outcome(backend.NotTaken)
	if got := ask(t, l, q); got.StatusCode != 503 || got.code(t) != "unavailable" || got.Header.Get("Retry-After") == "" {
		t.Errorf("not taken: %d %s", got.StatusCode, got.text)
	}
	outcome(backend.Unanswered)
	if got := ask(t, l, q); got.StatusCode != 503 || got.code(t) != "unanswered" || got.Header.Get("Retry-After") == "" {
		t.Errorf("unanswered: %d %s", got.StatusCode, got.text)
	}
	outcome(backend.Overdue)
	if got := ask(t, l, q); got.StatusCode != 504 || got.code(t) != "answer_timeout" {
		t.Errorf("overdue: %d %s", got.StatusCode, got.text)
	}
	l.Attach(backendFunc(func(w http.ResponseWriter, _ *http.Request, _ backend.Inbound) backend.Outcome {
		_, _ = w.Write([]byte("half an ans"))
		_ = http.NewResponseController(w).Flush()
		return backend.Cut
	}))
	c := dial(t, l)
	c.send(t, "POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	buffer := make([]byte, 100)
	total := 0
	for err == nil {
		var n int
		n, err = response.Body.Read(buffer[total:])
		total += n
	}
	if string(buffer[:total]) != "half an ans" || err.Error() != "unexpected EOF" {
		t.Errorf("cut: %q, %v", buffer[:total], err)
	}
}

func TestTooManyExchanges(t *testing.T) {
	l := start(t, func(cfg *front.SiteConfig) { cfg.Limits.Exchanges = 1 })
	entered, leave := make(chan struct{}), make(chan struct{})
	l.Attach(backendFunc(func(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome {
		close(entered)
		<-leave
		return echo(w, r, in)
	}))
	c := dial(t, l)
	c.send(t, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
	<-entered
	if got := ask(t, l, request{method: "GET", path: "/health"}); got.StatusCode != 429 || got.code(t) != "rate_limit_exceeded" || got.Header.Get("Retry-After") != "1" {
		t.Errorf("got %d %s", got.StatusCode, got.text)
	}
	if got := ask(t, l, request{method: "GET", path: "/nowhere"}); got.StatusCode != 404 {
		t.Errorf("a refused request counts: %d", got.StatusCode)
	}
	close(leave)
	if got := c.answer(t); got.StatusCode != 200 {
		t.Errorf("the one in progress got %d", got.StatusCode)
	}
	l.Attach(backendFunc(echo))
	if got := ask(t, l, request{method: "GET", path: "/health"}); got.StatusCode != 200 {
		t.Errorf("afterwards: %d", got.StatusCode)
	}
}

// What a page says that it wants to send is sent back to a browser, as far as it is names.
func TestPreflightSendsBackNamesOnly(t *testing.T) {
	l := start(t, func(cfg *front.SiteConfig) { cfg.Origins = []string{"*"} })
	h := http.Header{
		"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"POST"},
		"Access-Control-Request-Headers": {"x-a, \u202e\u009b31m,b c,,x-b", strings.Repeat("long,", 10_000)},
	}
	got := ask(t, l, request{method: "OPTIONS", path: "/open", header: h, noKey: true}).Header.Get("Access-Control-Allow-Headers")
	if !strings.HasPrefix(got, "x-a, x-b, long, ") || len(got) > 8<<10 {
		t.Errorf("%d bytes: %.100q", len(got), got)
	}
}
