package config

import (
	"errors"
	"reflect"
	"testing"

	"innkeeper/runtime/artifact"
)

func TestKeyAloneLoads(t *testing.T) {
	for name, w := range map[string]world{
		"no file":            {none: true, allow: true},
		"file without table": {text: "[agent]\nkind = \"echo\""},
		"empty table":        {text: "[adapters.api_server]"},
	} {
		w.env = map[string]string{"API_SERVER_KEY": goodKey}
		a := w.one(t)
		if a.Disposition != Loadable || a.Reason != "" || !a.BearerKey().Equal(NewSecret(goodKey)) {
			t.Errorf("%s: %s %s", name, a.Disposition, a.Reason)
		}
	}
	if c := (world{}).must(t); len(c.Adapters) != 0 {
		t.Errorf("nothing configured, but %d adapters", len(c.Adapters))
	}
}

func TestExplicitOffWins(t *testing.T) {
	on := map[string]string{"API_SERVER_KEY": goodKey}
	with := func(value string) map[string]string {
		return map[string]string{"API_SERVER_KEY": goodKey, "API_SERVER_ENABLED": value}
	}
	for _, tc := range []struct {
		name, text string
		env        map[string]string
		want       Disposition
		reason     string
	}{
		{"TOML off", "[adapters.api_server]\nenabled = false", on, Disabled, "enabled = false in [adapters.api_server]"},
		{"TOML off, environment on", "[adapters.api_server]\nenabled = false", with("true"), Disabled, "enabled = false in [adapters.api_server]"},
		{"environment off", "", with("false"), Disabled, "API_SERVER_ENABLED is off in the environment"},
		{"environment off, TOML on", "[adapters.api_server]\nenabled = true", with("0"), Disabled, "API_SERVER_ENABLED is off in the environment"},
		{"environment no", "[adapters.api_server]", with("No"), Disabled, "API_SERVER_ENABLED is off in the environment"},
		{"off without a key", "", map[string]string{"API_SERVER_ENABLED": "false"}, Disabled, "API_SERVER_ENABLED is off in the environment"},
		{"both on", "[adapters.api_server]\nenabled = true", with("1"), Loadable, ""},
		{"empty counts as not set", "", with(""), Loadable, ""},
		{"off by reference", "[adapters.api_server]\nenabled = \"env:SWITCH\"", map[string]string{"SWITCH": "off"}, Disabled, "enabled = false in [adapters.api_server]"},
		{"off, module unreadable", "[adapters.x]\nmodule = \"gone.wasm\"\nenabled = false", nil, Disabled, "enabled = false in [adapters.x]"},
		{"off, module unknown", "[adapters.x]\nenabled = false", nil, Disabled, "enabled = false in [adapters.x]"},
		{"off, nothing is read", "[adapters.api_server]\nenabled = false\nkey = \"file:/gone\"\nmodel_name = \"env:GONE\"\ncors_origins = [\"env:GONE\"]", nil,
			Disabled, "enabled = false in [adapters.api_server]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := world{text: tc.text, env: tc.env}.one(t)
			if a.Disposition != tc.want || a.Reason != tc.reason {
				t.Errorf("%s: %q, want %s: %q", a.Disposition, a.Reason, tc.want, tc.reason)
			}
			if tc.want == Disabled && len(a.Secrets) > 0 {
				t.Error("a disabled adapter has secrets")
			}
		})
	}
}

func TestUnusableKeyIsUnconfigured(t *testing.T) {
	const set = `; set key = "env:API_SERVER_KEY" in [adapters.api_server] or API_SERVER_KEY in the environment`
	const missing = `setting "key" is missing: set key = "env:API_SERVER_KEY" in [adapters.api_server] or API_SERVER_KEY in the environment`
	table := func(lines string) string { return "[adapters.api_server]\n" + lines }
	for _, tc := range []struct {
		name, text string
		env        map[string]string
		want       string
	}{
		{"enabled without a key", table("enabled = true"), nil, missing},
		{"enabled by the environment without a key", "", map[string]string{"API_SERVER_ENABLED": "true"}, missing},
		{"empty variable", table(""), map[string]string{"API_SERVER_KEY": ""}, missing},
		{"empty key", table(`key = ""`), nil,
			`setting "key" counts as missing: the value in /etc/inn/innkeeper.toml line 2 is empty` + set},
		{"short key", table(`key = "hunter2"`), nil,
			`setting "key" counts as missing: the value in /etc/inn/innkeeper.toml line 2 is too short: 7 characters, at least 16 are needed` + set},
		{"placeholder", table("\nkey = \"your-api-key-here\""), nil,
			`setting "key" counts as missing: the value in /etc/inn/innkeeper.toml line 3 is a placeholder` + set},
		{"placeholder in the environment", "", map[string]string{"API_SERVER_KEY": "sk-xxxxxxxxxxxxxxxxxxxx"},
			`setting "key" counts as missing: API_SERVER_KEY in the environment is a placeholder` + set},
		{"reference to no variable", table(`key = "env:GONE"`), nil,
			`setting "key" counts as missing: the value in /etc/inn/innkeeper.toml line 2 refers to the environment variable GONE, which is not set` + set},
		{"reference to no file", table(`key = "file:gone"`), nil,
			`setting "key" counts as missing: the value in /etc/inn/innkeeper.toml line 2 refers to the file /etc/inn/gone: file does not exist` + set},
	} {
		t.Run(tc.name, func(t *testing.T) {
			other := "\n[adapters.other]\nmodule = \"relay.wasm\"\nroom = \"r\""
			c := world{text: tc.text + other, env: tc.env}.must(t)
			a := c.Adapter("api_server")
			if a.Disposition != Unconfigured || a.Reason != tc.want {
				t.Errorf("%s\ngot  %s\nwant %s", a.Disposition, a.Reason, tc.want)
			}
			if len(a.Secrets) != 0 {
				t.Error("an unusable key was kept")
			}
			if c.Adapter("other").Disposition != Loadable {
				t.Error("another adapter is not loaded")
			}
		})
	}
}

func TestPrecedence(t *testing.T) {
	env := map[string]string{
		"API_SERVER_KEY": otherKey, "API_SERVER_MODEL_NAME": "from-env", "API_SERVER_CORS_ORIGINS": "https://a, https://b",
		"API_SERVER_HOST": "0.0.0.0", "API_SERVER_PORT": "9000",
	}
	a := world{env: env}.one(t)
	want := []any{otherKey, "from-env", []string{"https://a", "https://b"}, "0.0.0.0:9000"}
	if got := []any{a.BearerKey().Reveal(), a.Settings["model_name"], a.Settings["cors_origins"], a.Listen}; !reflect.DeepEqual(got, want) {
		t.Errorf("environment over defaults: %v", got)
	}
	a = world{env: env, text: `[adapters.api_server]
key = "` + goodKey + `"
model_name = "from-toml"
cors_origins = []
listen = "127.0.0.1:1"`}.one(t)
	want = []any{goodKey, "from-toml", []string{}, "127.0.0.1:1"}
	if got := []any{a.BearerKey().Reveal(), a.Settings["model_name"], a.Settings["cors_origins"], a.Listen}; !reflect.DeepEqual(got, want) {
		t.Errorf("TOML over environment: %v", got)
	}
	a = world{env: env, text: "[adapters.api_server]\nkey = \"changeme\""}.one(t)
	if a.Disposition != Loadable || a.BearerKey().Reveal() != otherKey {
		t.Errorf("an unusable key in the TOML hides the one in the environment: %s", a.Reason)
	}
}

func TestListenFromEnvironment(t *testing.T) {
	for _, tc := range []struct{ host, port, want string }{
		{"", "", "127.0.0.1:8642"},
		{"", "0", "127.0.0.1:0"},
		{"::1", "", "[::1]:8642"},
		{"[::]", "80", "[::]:80"},
	} {
		a := world{env: map[string]string{"API_SERVER_KEY": goodKey, "API_SERVER_HOST": tc.host, "API_SERVER_PORT": tc.port}}.one(t)
		if a.Listen != tc.want {
			t.Errorf("host %q, port %q: %s, want %s", tc.host, tc.port, a.Listen, tc.want)
		}
	}
}

// A second adapter of a module must not be given the first one's key and port.
func TestEnvironmentIsForTheAdapterOfTheModulesName(t *testing.T) {
	c := world{
		text: "[adapters.second]\nmodule = \"builtin:api_server\"\nlisten = \"127.0.0.1:1\"",
		env:  map[string]string{"API_SERVER_KEY": goodKey, "API_SERVER_ENABLED": "true", "API_SERVER_PORT": "2"},
	}.must(t)
	a := c.Adapter("second")
	want := `setting "key" is missing: set key = "env:NAME" or "file:PATH" in [adapters.second]`
	if a.Disposition != Unconfigured || a.Reason != want {
		t.Errorf("%s: %s", a.Disposition, a.Reason)
	}
	if c.Adapter("api_server").Listen != "127.0.0.1:2" {
		t.Error("the environment did not configure the module's own adapter")
	}
}

func TestReasonIsOneLine(t *testing.T) {
	c, err := Load("x.toml", Options{
		ReadFile: func(string) ([]byte, error) { return []byte("[adapters.bad]\nmodule = \"x.wasm\""), nil },
		Module:   func(string) (*artifact.Artifact, error) { return nil, errors.New("line 1\nline 2") },
	})
	if err != nil || c.Adapters[0].Reason != "line 1; line 2" {
		t.Errorf("%v, %v", c, err)
	}
}

func TestUnreadableModuleFailsAlone(t *testing.T) {
	c := world{text: "[adapters.bad]\nmodule = \"gone.wasm\"\nanything = 1\n[adapters.api_server]\nkey = \"" + goodKey + "\""}.must(t)
	bad := c.Adapter("bad")
	if bad.Disposition != Failed || bad.Reason != "module[/etc/inn/gone.wasm]: file does not exist" || bad.Manifest != nil {
		t.Errorf("%s: %s", bad.Disposition, bad.Reason)
	}
	if c.Adapter("api_server").Disposition != Loadable {
		t.Error("another adapter is not loaded")
	}
}
