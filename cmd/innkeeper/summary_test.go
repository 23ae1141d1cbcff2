package main

import (
	"fmt"
	"strings"
	"testing"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/config"
	"innkeeper/runtime/manifest"
	"innkeeper/runtime/supervisor"
)

// chatConfig returns a configuration with one adapter that answers chat completions.
func chatConfig() *config.Config {
	m := &manifest.Manifest{
		Name:     "api_server",
		HTTP:     &manifest.HTTP{Key: "key", Routes: []manifest.Route{{Method: "POST", Path: chatPath, Guard: manifest.GuardKey}}},
		Settings: []manifest.Setting{{Name: "key", Secret: true, Env: []string{"API_SERVER_KEY"}}},
	}
	return &config.Config{Missing: true, DataDir: "/d", Agent: config.Agent{Kind: config.AgentEcho}, Adapters: []config.Adapter{{
		Name: "api_server", Manifest: m, Disposition: config.Loadable,
		Secrets: map[string]config.Secret{"key": config.NewSecret(goodKey)},
	}}}
}

func summaryOf(t *testing.T, adapters []admin.Adapter) string {
	t.Helper()
	sh := newShell(t)
	a := &app{stdio: sh.stdio(&buffer{}, &buffer{}), configPath: defaultConfig}
	text := a.summary(admin.Status{Adapters: adapters, Process: admin.Process{PID: 7, Version: "v1"}}, chatConfig())
	if n := strings.Count(text, "\n"); n > 12 {
		t.Errorf("%d lines:\n%s", n, text)
	}
	if strings.Contains(text, goodKey) {
		t.Errorf("the key is shown:\n%s", text)
	}
	return text
}

func TestSummaryOfAnAPIServer(t *testing.T) {
	text := summaryOf(t, []admin.Adapter{{Name: "api_server", State: "connected", Listen: "0.0.0.0:8642"}})
	for _, want := range []string{"v1 runs (pid 7)", "connected", "http://127.0.0.1:8642", "echo", "/d", `innkeeper ask "hello"`, "Bearer $KEY", "API_SERVER_KEY", "Ctrl-C"} {
		if !strings.Contains(text, want) {
			t.Errorf("does not say %q:\n%s", want, text)
		}
	}
}

func TestSummaryWhereNothingCanRun(t *testing.T) {
	text := summaryOf(t, []admin.Adapter{{Name: "api_server", State: "unconfigured", Reason: `setting "key" is missing`}})
	for _, want := range []string{"unconfigured", `setting "key" is missing`, "innkeeper reload", "innkeeper check"} {
		if !strings.Contains(text, want) {
			t.Errorf("does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "ask") {
		t.Errorf("asks for what cannot answer:\n%s", text)
	}
}

func TestSummaryOfManyAdaptersStaysShort(t *testing.T) {
	adapters := []admin.Adapter{{Name: "api_server", State: "connected", Listen: "127.0.0.1:1"}}
	for i := range 20 {
		adapters = append(adapters, admin.Adapter{Name: fmt.Sprintf("adapter_with_a_long_name_%d", i), State: "failed", Reason: "line\nbreak"})
	}
	if text := summaryOf(t, adapters); !strings.Contains(text, "18 more adapters") {
		t.Errorf("does not say how many more there are:\n%s", text)
	}
}

func TestSettledIsEveryStateThatSaysSomething(t *testing.T) {
	tests := map[supervisor.State]bool{
		supervisor.Starting: false, supervisor.Stopping: false, supervisor.Connected: true, supervisor.Backoff: true,
		supervisor.Failed: true, supervisor.Paused: true, supervisor.Disabled: true, supervisor.Unconfigured: true,
		supervisor.Stopped: false, // without a reason it has not begun yet
	}
	for state, want := range tests {
		if got := settled([]admin.Adapter{{State: "connected"}, {State: string(state)}}); got != want {
			t.Errorf("%s: %v", state, got)
		}
	}
	if !settled([]admin.Adapter{{State: "stopped", Reason: "exit: ended with exit code 0"}}) || !settled(nil) {
		t.Error("an adapter that has ended, or none at all, has settled")
	}
}

func TestReachable(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:1": "127.0.0.1:1", "0.0.0.0:1": "127.0.0.1:1", ":1": "127.0.0.1:1", "[::]:1": "localhost:1", "[::1]:1": "[::1]:1", "box:1": "box:1",
		"0.0.0.0:1/api": "127.0.0.1:1/api", "[::]:1/api": "localhost:1/api",
	} {
		if got := reachable(listen); got != want {
			t.Errorf("%s: %s, want %s", listen, got, want)
		}
	}
}
