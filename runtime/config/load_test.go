package config

import (
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/limits"
)

// Every reload reads every module; the bytes of those that are still the same must not be held twice.
func TestSameModuleIsHeldOnce(t *testing.T) {
	file := func() dropIns { return dropIns{"relay": relayFile} }
	before := file().must(t, "[adapters.relay]\nroom = \"lobby\"\n")
	load := func(d dropIns) *artifact.Artifact {
		c, err := Load("/etc/inn/innkeeper.toml", Options{
			ReadFile: func(string) ([]byte, error) { return []byte("[adapters.relay]\nroom = \"bar\"\n"), nil }, Folder: d.read(t), Before: before,
		})
		if err != nil {
			t.Fatal(err)
		}
		return c.Adapter("relay").Artifact
	}
	if load(file()) != before.Adapter("relay").Artifact {
		t.Error("the same module is held twice")
	}
	other := file().must(t, "").Adapter("relay").Artifact
	other.Hash[0]++
	before.Adapter("relay").Artifact = other
	if load(file()) == other {
		t.Error("another module was not taken")
	}
}

func TestDefaults(t *testing.T) {
	c := world{text: "[adapters.api_server]\nkey = \"" + goodKey + "\""}.must(t)
	if c.Path != "/etc/inn/innkeeper.toml" || c.DataDir != "/etc/inn/data" || c.LogLevel != slog.LevelInfo {
		t.Errorf("head: %+v", c)
	}
	wantAgent := Agent{Kind: AgentEcho, BaseURL: "https://api.openai.com/v1", Timeout: limits.AgentTimeout}
	if !c.Agent.Equal(wantAgent) {
		t.Errorf("agent: %+v", c.Agent)
	}
	a := c.Adapter("api_server")
	if a.Disposition != Loadable || a.Reason != "" || a.Module != "builtin:api_server" || a.Listen != "127.0.0.1:8642" {
		t.Errorf("adapter: %+v", a)
	}
	if want := (map[string]any{
		"cors_origins": []string{}, "concurrent_turns": int64(0), "keepalive": 15 * time.Second, "agent_idle": 5 * time.Minute,
		"stored_responses": int64(100), "stored_completions": int64(100), "stored_runs": int64(100),
		"idempotency_keys": int64(1000), "idempotency_age": 24 * time.Hour,
	}); !reflect.DeepEqual(a.Settings, want) {
		t.Errorf("settings: %v", a.Settings)
	}
	if !a.BearerKey().Equal(NewSecret(goodKey)) {
		t.Error("the bearer key is another")
	}
	wantLimits := Limits{
		Memory: limits.MemoryBytes, Disk: limits.DiskBytes, Engine: EngineCompiler, Handles: testHandles(), HandlesTotal: limits.HandlesTotal,
		MaxBody: limits.HTTPBodyBytes, MaxConcurrent: limits.HTTPConcurrent, ReadBodyTimeout: limits.HTTPReadBodyTimeout,
		AnswerTimeout: limits.HTTPAnswerTimeout,
		AddressLimits: AddressLimits{
			MaxHeader: limits.HTTPHeaderBytes, MaxConnections: limits.HTTPConnections, ReadHeaderTimeout: limits.HTTPReadHeaderTimeout,
			IdleTimeout: limits.HTTPIdleTimeout, WriteStallTimeout: limits.HTTPWriteStallTimeout,
		},
	}
	if !reflect.DeepEqual(a.Limits, wantLimits) {
		t.Errorf("limits: %+v", a.Limits)
	}
	if want := (Backoff{limits.BackoffInitial, limits.BackoffMax, limits.BackoffResetAfter, limits.AttentionAfter, limits.AttentionFailures}); a.Backoff != want {
		t.Errorf("backoff: %+v", a.Backoff)
	}
	if want := (Budgets{limits.ConnectBudget, limits.StallBudget, limits.DrainBudget, limits.CloseBudget, limits.HandoverBudget, limits.HoldBudget}); a.Budgets != want {
		t.Errorf("budgets: %+v", a.Budgets)
	}
}

func TestEverythingWritten(t *testing.T) {
	got := world{
		env:   map[string]string{"UPSTREAM_KEY": "sk-upstream", "USER2": "bob", "RETRIES": "7"},
		files: map[string]string{"room.txt": "lounge\r\n", "/run/secrets/token": "t0ken"},
		text: `
data_dir = "/var/lib/inn/"
log_level = "debug"
agent = { kind = "openai", base_url = "http://127.0.0.1:9/v1/", model = "m", api_key = "env:UPSTREAM_KEY", timeout = "1m", delay = "5ms" }

[adapters.chat]
module = "mods/relay.wasm"
token = "file:/run/secrets/token"
room = "file:room.txt"
mode = "slow"
retries = "env:RETRIES"
ratio = 2
loud = true
pause = "1m"
buffer = "1MiB"
users = ["ann", "env:USER2"]
limits.memory = "65MB"
limits.engine = "interpreter"
limits.max_body = 5
limits.handles."sqlite.connection" = 2
limits.handles.agent.turn = 3
limits.handles.total = 10
backoff = { initial = "1ms", max = "8ms", attention_failures = 2 }
budgets = { connect = "1s", stall = "2s", drain = "3s", close = "4s", handover = "5s", hold = "6s" }
`}.must(t)
	if got.DataDir != "/var/lib/inn" || got.LogLevel != slog.LevelDebug {
		t.Errorf("head: %+v", got)
	}
	if want := (Agent{AgentOpenAI, "http://127.0.0.1:9/v1", "m", NewSecret("sk-upstream"), time.Minute, 5 * time.Millisecond}); !got.Agent.Equal(want) {
		t.Errorf("agent: %+v", got.Agent)
	}
	a := got.Adapter("chat")
	if a.Disposition != Loadable || a.Module != "/etc/inn/mods/relay.wasm" || a.Listen != "" {
		t.Errorf("adapter: %+v", a)
	}
	want := map[string]any{
		"room": "lounge", "mode": "slow", "retries": int64(7), "ratio": 2.0, "loud": true, "pause": time.Minute,
		"buffer": int64(1 << 20), "users": []string{"ann", "bob"},
	}
	if !reflect.DeepEqual(a.Settings, want) {
		t.Errorf("settings: %v", a.Settings)
	}
	if a.Secrets["token"].Reveal() != "t0ken" || !a.BearerKey().IsZero() {
		t.Error("the token is another")
	}
	if l := a.Limits; l.Memory != 991*limits.MemoryPageBytes || l.Engine != EngineInterpreter || l.MaxBody != 5 ||
		l.Handles["sqlite.connection"] != 2 || l.Handles["agent.turn"] != 3 || l.HandlesTotal != 10 {
		t.Errorf("limits: %+v", l)
	}
	if b := a.Backoff; b.Initial != time.Millisecond || b.ResetAfter != 8*time.Millisecond || b.AttentionFailures != 2 {
		t.Errorf("backoff: %+v", b)
	}
	if want := (Budgets{time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Second, 5 * time.Second, 6 * time.Second}); a.Budgets != want {
		t.Errorf("budgets: %+v", a.Budgets)
	}
}

func TestSettingsJSON(t *testing.T) {
	a := world{text: "[adapters.r]\nmodule = \"relay.wasm\"\nroom = \"a<b\"\ntoken = \"hunter2\"\nusers = [\"ann\"]"}.one(t)
	got, err := a.SettingsJSON()
	want := `{"buffer":65536,"loud":false,"mode":"fast","pause":2000000000,"ratio":0.5,"retries":3,"room":"a\u003cb","users":["ann"]}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func TestMissingFile(t *testing.T) {
	for _, w := range []world{{none: true}, {none: true, allow: true}, {none: true, env: map[string]string{"API_SERVER_KEY": goodKey}}} {
		_, err := w.load(t)
		want := `config[/etc/inn/innkeeper.toml]: file does not exist: run "innkeeper init" to write one, or name another with -c`
		if !errors.Is(err, fs.ErrNotExist) || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	c := world{none: true, allow: true, env: map[string]string{"API_SERVER_KEY": goodKey}}.must(t)
	if a := c.Adapter("api_server"); a == nil || a.Disposition != Loadable || c.DataDir != "/etc/inn/data" {
		t.Errorf("the environment alone: %+v", c)
	}
}

func TestRelativePathsStartAtTheFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	c, err := Load("sub/innkeeper.toml", Options{ReadFile: func(string) ([]byte, error) { return []byte(`data_dir = "../d"`), nil }})
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := filepath.EvalSymlinks(dir); c.DataDir != filepath.Join(want, "d") && c.DataDir != filepath.Join(dir, "d") {
		t.Errorf("data_dir %s", c.DataDir)
	}
}
