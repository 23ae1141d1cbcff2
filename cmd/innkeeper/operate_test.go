package main

import (
	"context"
	"errors"
	"testing"

	"innkeeper/runtime/admin"
)

func TestOperationsShowTheirOutcome(t *testing.T) {
	connected := admin.Adapter{Name: "mine", State: "connected", Generation: 4}
	paused := admin.Adapter{Name: "mine", State: "paused", Reason: "paused by an operator", Generation: 3}
	backoff := admin.Adapter{Name: "mine", State: "backoff", Reason: "trap", Generation: 4}
	refused := admin.Adapter{Name: "mine", State: "connected", Generation: 3, Update: "refused: trap"}
	tests := []struct {
		command string
		after   admin.Adapter
		err     error
		code    int
		says    []string
	}{
		{"restart", connected, nil, exOK, []string{"mine: connected (generation 4)"}},
		{"restart", backoff, &admin.Problem{Code: admin.CodeNotReady, Message: "trap"}, exTempFail,
			[]string{"mine: backoff (generation 4)  trap", "adapter[mine]: it is backoff"}},
		{"restart", refused, &admin.Problem{Code: admin.CodeUpdateRefused, Message: "update refused: trap"}, exDataErr,
			[]string{"mine: connected (generation 3)", "innkeeper: update refused: trap"}},
		{"pause", paused, nil, exOK, []string{"mine: paused (generation 3)"}},
		{"resume", connected, nil, exOK, []string{"mine: connected (generation 4)"}},
	}
	for _, test := range tests {
		t.Run(test.command+" to "+test.after.State, func(t *testing.T) {
			sh := newShell(t)
			sh.write("innkeeper.toml", "")
			sh.host(&fakeHost{on: func(_ context.Context, h *fakeHost, _ string) error {
				h.adapters = []admin.Adapter{test.after}
				return test.err
			}})
			sh.want(test.code, []string{test.command, "mine"}, test.says...)
		})
	}
}

func TestOperationDoesNotWaitForEver(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "")
	waits := admin.Adapter{Name: "mine", State: "connected", Generation: 3, Predecessor: 2, Update: "waiting"}
	sh.host(&fakeHost{adapters: []admin.Adapter{waits}, on: func(ctx context.Context, _ *fakeHost, _ string) error {
		<-ctx.Done()
		return context.Cause(ctx)
	}})
	sh.want(exTempFail, []string{"restart", "mine", "--wait", "1ms"}, "no outcome within 1ms", "mine: connected (generation 3)",
		"update waits for generation 2")
	sh.want(exOK, []string{"restart", "mine", "--wait", "0"})
	sh.want(exTempFail, []string{"reload", "--wait", "1ms"}, "no outcome within 1ms")
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
