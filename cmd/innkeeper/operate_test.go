package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"innkeeper/runtime/admin"
)

func TestOperationsWaitForTheirOutcome(t *testing.T) {
	connected := admin.Adapter{Name: "mine", State: "connected", Generation: 3, Since: time.Now()}
	paused := admin.Adapter{Name: "mine", State: "paused", Reason: "paused by an operator", Generation: 3, Since: time.Now()}
	backoff := admin.Adapter{Name: "mine", State: "backoff", Reason: "trap", Generation: 4, Since: time.Now()}
	next := connected
	next.Generation = 4
	tests := []struct {
		command       string
		before, after admin.Adapter
		code          int
		says          string
	}{
		{"restart", connected, next, exOK, "mine: connected (generation 4)"},
		{"restart", connected, backoff, exTempFail, "mine: backoff (generation 4)  trap"},
		{"pause", connected, paused, exOK, "mine: paused (generation 3)"},
		{"resume", paused, next, exOK, "mine: connected (generation 4)"},
	}
	for _, test := range tests {
		t.Run(test.command+" to "+test.after.State, func(t *testing.T) {
			sh := newShell(t)
			sh.write("innkeeper.toml", "")
			h := &fakeHost{adapters: []admin.Adapter{test.before}}
			looks := make(chan struct{}, 8)
			h.on = func(_ context.Context, h *fakeHost, _ string) error {
				h.adapters[0].State = "stopping"
				return nil
			}
			sh.host(countedLooks{h, looks})
			go func() { // the outcome comes after the command has looked twice: at first, and once in vain
				<-looks
				<-looks
				h.mu.Lock()
				h.adapters[0] = test.after
				h.mu.Unlock()
			}()
			sh.want(test.code, []string{test.command, "mine"}, test.says)
		})
	}
}

// countedLooks tells each time that the status is asked for.
type countedLooks struct {
	*fakeHost
	looks chan struct{}
}

func (c countedLooks) Status() admin.Status {
	status := c.fakeHost.Status()
	select {
	case c.looks <- struct{}{}:
	default:
	}
	return status
}

func TestOperationDoesNotWaitForEver(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "")
	sh.host(&fakeHost{adapters: []admin.Adapter{{Name: "mine", State: "connected"}}})
	sh.want(exTempFail, []string{"restart", "mine", "--wait", "1ms"}, "no outcome within 1ms")
	sh.want(exOK, []string{"restart", "mine", "--wait", "0"})
}

func TestRefusalsHaveTheirExitCodes(t *testing.T) {
	tests := []struct {
		err  error
		code int
		says string
	}{
		{&admin.Problem{Code: admin.CodeUnknownAdapter, Message: "no such adapter"}, exUsage, "innkeeper: no such adapter"},
		{&admin.Problem{Code: admin.CodeRefused, Message: "it is disabled"}, exTempFail, "it is disabled"},
		{&admin.Problem{Code: admin.CodeBadConfig, Message: "bad", Report: "x.toml:1:2: oops", Hint: "kept"}, exConfig, "x.toml:1:2: oops\nhint: kept"},
		{errors.New("broken"), exSoftware, "broken"},
	}
	for _, test := range tests {
		sh := newShell(t)
		sh.write("innkeeper.toml", "")
		sh.host(&fakeHost{adapters: threeAdapters(), on: func(context.Context, *fakeHost, string) error { return test.err }})
		sh.want(test.code, []string{"reload"}, test.says)
		sh.want(test.code, []string{"pause", "relay"}, test.says)
	}
}

func TestReloadShowsWhatChanged(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "")
	sh.host(&fakeHost{adapters: threeAdapters()})
	sh.want(exOK, []string{"reload"}, "api_server: connected (generation 3)  http://127.0.0.1:8642")
}
