package gateway

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/agent"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/supervisor"
)

// stubborn is an agent that notices that its turn was cancelled and takes its time all the same.
type stubborn struct {
	hanging
	cancelled chan struct{}
	release   chan struct{}
}

func (a stubborn) Run(ctx context.Context, _ agent.Turn, _ func(agent.Event) error) error {
	<-ctx.Done()
	a.cancelled <- struct{}{}
	<-a.release
	return context.Cause(ctx)
}

// A slot is connected from the moment that its instance said so, and not a moment longer than that instance lives.
func TestCause2ConnectedIsEarned(t *testing.T) {
	atMark, goOn := make(chan struct{}), make(chan struct{})
	answer := stubborn{cancelled: make(chan struct{}), release: make(chan struct{})}
	p := newPuppet()
	p.main(p.ask(), p.mark(), p.ready(), p.await(abi.EventHTTPRequest), p.respond("answer"), p.await(abi.EventHTTPRequest), wt.Unreachable)
	dir := t.TempDir()
	h := openIn(t, dir, plan{
		toml: adapter(puppetName, p.write(t, dir, puppetName, puppetManifest), quick), agent: answer,
		fault: func(family, function string) (int32, bool) {
			if family == "config" {
				atMark <- struct{}{}
				<-goOn
			}
			return 0, family == "config"
		},
	})

	<-atMark // the guest runs, and has not said that it is ready
	h.shows("starting")
	h.unavailable("starting")
	goOn <- struct{}{}
	h.await(puppetName, supervisor.Connected)
	h.shows("connected")
	if status, body := h.get(puppetName); status != http.StatusOK || body != "answer" {
		t.Errorf("%d %s", status, body)
	}

	h.unavailable("") // the guest traps over this request
	<-answer.cancelled
	// The guest is gone; what it held is still being closed.
	h.shows("stopping")
	h.unavailable("")
	answer.release <- struct{}{}
	if status := h.await(puppetName, supervisor.Backoff); !strings.HasPrefix(status.Reason, "trap: ") {
		t.Error(status.Reason)
	}
	<-atMark // of the next generation
	h.shows("starting")
	goOn <- struct{}{}
	h.await(puppetName, supervisor.Connected)
	go func() { // for the end of the test
		<-answer.cancelled
		answer.release <- struct{}{}
	}()
}

// shows checks the state that an operator sees.
func (h *harness) shows(state string) {
	h.t.Helper()
	if now := h.slotOf(puppetName).status().State; now != state {
		h.t.Errorf("status shows %s, want %s", now, state)
	}
}

// unavailable checks that callers are told to come back.
func (h *harness) unavailable(word string) {
	h.t.Helper()
	response, err := http.Get(h.url(puppetName))
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	body := make([]byte, 512)
	n, _ := response.Body.Read(body)
	if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" || !strings.Contains(string(body[:n]), word) {
		h.t.Errorf("%s, Retry-After %q: %s", response.Status, response.Header.Get("Retry-After"), body[:n])
	}
}

// A key, and an adapter that does not come up: that is backoff with the adapter's error, and never connected.
func TestCause2AKeyIsNotAConnection(t *testing.T) {
	p := newPuppet()
	p.main(p.must(0, p.host("lifecycle.fail", p.text("upstream_down"), wt.I32Const(1), p.text("no route to the platform"))), p.exit(75))
	dir := t.TempDir()
	file := p.write(t, dir, puppetName, keyedManifest)
	h := openIn(t, dir, plan{toml: adapter(puppetName, file, quick, `key = "`+goodKey+`"`)})
	for attempt := 1; attempt <= 3; attempt++ {
		status := h.await(puppetName, supervisor.Backoff)
		if status.Reason != "upstream_down: no route to the platform" || status.Attempts != attempt || status.NextAttempt.IsZero() {
			t.Errorf("attempt %d: %+v", attempt, status)
		}
	}
	if a := h.Status().Adapters[0]; a.LastError != "upstream_down: no route to the platform" || a.LastErrorAt == nil {
		t.Errorf("%+v", a)
	}
	if states := h.states(puppetName); slices.Contains(states, supervisor.Connected) {
		t.Errorf("%v", states)
	}
}
