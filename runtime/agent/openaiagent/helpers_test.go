package openaiagent_test

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/agent"
	"innkeeper/runtime/agent/openaiagent"
)

const (
	secret = "sk-upstream-secret-0123456789"
	hello  = `{"messages":[{"role":"user","content":"hello"}]}`
)

// newAgent returns an agent for an upstream at url that retries without delay.
func newAgent(t testing.TB, url string, change ...func(*openaiagent.Config)) *openaiagent.Agent {
	t.Helper()
	cfg := openaiagent.Config{BaseURL: url, APIKey: secret, Model: "up", Timeout: 10 * time.Second, MaxRetryDelay: time.Millisecond}
	for _, c := range change {
		c(&cfg)
	}
	a, err := openaiagent.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

func noRetries(c *openaiagent.Config) { c.Retries = -1 }

// result is a whole turn, put together.
type result struct {
	events []agent.Event
	text   string
	done   *agent.Done
	failed *agent.Failed
}

// run runs a turn that must come to exactly one end.
func run(t testing.TB, a agent.Agent, body string) result {
	t.Helper()
	var r result
	err := a.Run(t.Context(), agent.Turn{Request: []byte(body)}, func(e agent.Event) error {
		if r.done != nil || r.failed != nil {
			t.Errorf("%s after the last event", e.Kind)
		}
		r.events = append(r.events, e)
		r.text += e.Text
		r.done, r.failed = e.Done, e.Failed
		return nil
	})
	if err != nil || (r.done == nil) == (r.failed == nil) {
		t.Fatalf("Run: err=%v done=%v failed=%v; want exactly one last event", err, r.done, r.failed)
	}
	if r.failed != nil && strings.Contains(r.failed.Error(), secret) {
		t.Errorf("the failure holds the key: %v", r.failed)
	}
	return r
}

// mustFail checks the failure that a turn ends with.
func mustFail(t testing.TB, r result, status int, code string) {
	t.Helper()
	if r.failed == nil || r.failed.Status != status || r.failed.Code != code || r.failed.Message == "" || r.failed.Type == "" {
		t.Fatalf("done=%v failed=%v; want status %d, code %s", r.done, r.failed, status, code)
	}
}

// roundTrip is an HTTP transport without a network, so that time can be made up.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func through(f roundTrip) func(*openaiagent.Config) {
	return func(c *openaiagent.Config) { c.HTTPClient = &http.Client{Transport: f} }
}

// waitNoConnections waits until no client connection is left; the goroutines that serve one end a moment after it.
func waitNoConnections(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	buf := make([]byte, 1<<20)
	for {
		stacks := string(buf[:runtime.Stack(buf, true)])
		if !strings.Contains(stacks, "net/http.(*persistConn)") && !strings.Contains(stacks, "openaiagent.(*call)") {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("goroutines are left:\n%s", stacks)
		}
		runtime.Gosched()
	}
}
