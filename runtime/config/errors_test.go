package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"innkeeper/runtime/limits"
)

// Every text is what an operator reads; the file's name is left out of the table.
func TestErrors(t *testing.T) {
	api := "[adapters.api_server]\nkey = \"" + goodKey + "\"\n"
	mod := "[adapters.r]\nmodule = \"relay.wasm\"\nroom = \"x\"\n"
	for _, tc := range []struct {
		name, text string
		env        map[string]string
		want       []string
	}{
		{"unknown key", "log_levle = \"debug\"", nil, []string{`:1:1: unknown key "log_levle"; did you mean log_level?`}},
		{"unknown key without a guess", "colour = 1", nil, []string{`:1:1: unknown key "colour"`}},
		{"unknown table", "[adaptors.x]\na = 1", nil, []string{`:1:2: unknown key "adaptors"; did you mean adapters?`}},
		{"unknown key of an adapter", api + "modle_name = \"x\"", nil,
			[]string{`:3:1: [adapters.api_server] unknown key "modle_name"; did you mean model_name?`}},
		{"unknown limit", api + "[adapters.api_server.limits]\nmemroy = 1", nil,
			[]string{`:4:1: [adapters.api_server.limits] unknown key "memroy"; did you mean memory?`}},
		{"key in the wrong table", api + "memory = \"1GiB\"", nil,
			[]string{`:3:1: [adapters.api_server] unknown key "memory"; memory belongs in [adapters.api_server.limits]`}},
		{"top-level key after a table", api + "data_dir = \"x\"", nil,
			[]string{`:3:1: [adapters.api_server] unknown key "data_dir"; data_dir belongs at the top of the file, before the first table`}},
		{"unknown handle", api + "limits.handles.sqlite.conection = 1\nlimits.handles.\"sqlite.statment\" = 1", nil, []string{
			`:3:23: [adapters.api_server.limits.handles] unknown kind of handle "sqlite.conection"`,
			`:4:16: [adapters.api_server.limits.handles] unknown key "sqlite.statment"; did you mean "sqlite.statement"?`}},
		{"handle in two spellings", api + "limits.handles.sqlite.connection = 1\nlimits.handles.\"sqlite.connection\" = 1", nil, []string{
			`:3:23: [adapters.api_server.limits.handles] "sqlite.connection" is set twice`}},
		{"wrong types", "data_dir = 1\nlog_level = \"loud\"\n[agent]\ntimeout = 5\ndelay = \"-1s\"\n", nil, []string{
			`:1:12: data_dir must be a string, not the integer 1`,
			`:2:13: log_level must be "debug", "info", "warn" or "error", not "loud"`,
			`:4:11: [agent] timeout must be a duration such as "1m30s", not the integer 5`,
			`:5:9: [agent] delay must be at least "0s", not "-1s"`}},
		{"tables that are none", "agent = 1\nadapters = \"x\"", nil, []string{`:1:1: agent must be a table`, `:2:1: adapters must be a table`}},
		{"adapter that is no table", "[adapters]\nx = 1", nil, []string{`:2:1: [adapters] x must be a table`}},
		{"several at once, in the order of the file", "[agent]\nkind = \"gpt\"\n[adapters.api_server]\nenabled = \"yes\"\nkey = 12345678901234567\n[adapters.api_server.budgets]\nstall = \"soon\"\nconnekt = \"1s\"", nil, []string{
			`:2:8: [agent] kind must be "echo" or "openai", not "gpt"`,
			`:4:11: [adapters.api_server] enabled must be true or false, not the string "yes"`,
			`:5:1: [adapters.api_server] key must be a string, not an integer`,
			`:7:9: [adapters.api_server.budgets] stall must be a duration such as "1m30s", not the string "soon"`,
			`:8:1: [adapters.api_server.budgets] unknown key "connekt"; did you mean connect?`}},
		{"settings by the manifest", mod + "mode = \"medium\"\nretries = 10\nratio = \"half\"\nloud = 1\npause = \"1y\"\nbuffer = -1\nusers = [1]", nil, []string{
			`:4:8: [adapters.r] mode must be "fast" or "slow", not "medium"`,
			`:5:11: [adapters.r] retries must be at most 9, not 10`,
			`:6:9: [adapters.r] ratio must be a number, not the string "half"`,
			`:7:8: [adapters.r] loud must be true or false, not the integer 1`,
			`:8:9: [adapters.r] pause must be a duration such as "1m30s", not the string "1y"`,
			`:9:10: [adapters.r] buffer must be at least "0B", not "-1B"`,
			`:10:9: [adapters.r] users must be a list of strings, but item 1 is the integer 1`}},
		{"references", mod + "mode = \"env:GONE\"\nretries = \"env:MANY\"\nusers = [\"file:gone\"]\nbuffer = \"env:\"", map[string]string{"MANY": "hunter2"}, []string{
			`:4:8: [adapters.r] mode refers to the environment variable GONE, which is not set`,
			`:5:11: [adapters.r] retries must be an integer, not a string (the content of env:MANY)`,
			`:6:9: [adapters.r] users has an item that refers to the file /etc/inn/gone: file does not exist`,
			`:7:10: [adapters.r] buffer needs the name of an environment variable after env:`}},
		{"reference for the agent", "[agent]\napi_key = \"env:GONE\"", nil, []string{
			`:2:1: [agent] api_key refers to the environment variable GONE, which is not set`}},
		{"base_url", "agent.base_url = \"ftp://x\"", nil, []string{`:1:7: [agent] base_url must be an address such as "https://api.openai.com/v1"`}},
		{"password in base_url", "agent.base_url = \"https://me:hunter2@x/v1\"", nil,
			[]string{`:1:7: [agent] base_url must not hold a user name or password; put the key into api_key`}},
		{"data_dir", "data_dir = \"/\"", nil, []string{`:1:12: data_dir must not be the root of the file system`}},
		{"data_dir at home", "data_dir = \"~/inn\"", nil, []string{`:1:12: data_dir must not begin with ~, which only shells expand; write the whole path`}},
		{"data_dir empty", "data_dir = \"\"", nil, []string{`:1:12: data_dir must not be empty`}},
		{"adapter's name", "[adapters.\"Api Server\"]", nil,
			[]string{`:1:11: [adapters] an adapter's name is made of a-z, 0-9, _ and -, at most 64 characters`}},
		{"no such bundled module", "[adapters.x]\nmodule = \"builtin:apiserver\"", nil,
			[]string{`:2:10: [adapters.x] there is no bundled adapter apiserver; did you mean "builtin:api_server"?`}},
		{"module from the net", "[adapters.x]\nmodule = \"https://x/y.wasm\"", nil,
			[]string{`:2:10: [adapters.x] module must be builtin:NAME or the path of a file`}},
		{"listen", api + "listen = \"8642\"", nil, []string{`:3:10: [adapters.api_server] listen must be an address such as "127.0.0.1:8642"`}},
		{"listen of another type", api + "listen = 8642", nil, []string{`:3:10: [adapters.api_server] listen must be a string, not the integer 8642`}},
		{"listen without HTTP", mod + "listen = \":1\"", nil,
			[]string{`:4:1: [adapters.r] listen has no meaning here, because /etc/inn/relay.wasm serves no HTTP`}},
		{"listen twice", api + "[adapters.b]\nmodule = \"builtin:api_server\"\nkey = \"" + otherKey + "\"\nlisten = \"0.0.0.0:8642\"", nil,
			[]string{`:6:10: [adapters.b] listen "0.0.0.0:8642" is the address of [adapters.api_server], too; give one of them another port`}},
		{"listen twice by default", api + "[adapters.b]\nmodule = \"builtin:api_server\"\nkey = \"" + otherKey + "\"", nil,
			[]string{`:3:11: [adapters.b] listen "127.0.0.1:8642" is the address of [adapters.api_server], too; give one of them another port`}},
		{"backoff", mod + "[adapters.r.backoff]\ninitial = \"10m\"", nil, []string{`:5:11: [adapters.r.backoff] initial 10m0s is longer than max 5m0s`}},
		{"environment", "", map[string]string{"API_SERVER_KEY": goodKey, "API_SERVER_PORT": "http", "API_SERVER_ENABLED": "perhaps"}, []string{
			`API_SERVER_ENABLED in the environment must be true or false, not the string "perhaps"`,
			`API_SERVER_PORT in the environment must be a part of an address such as "127.0.0.1:8642"`}},
		{"duplicate key", api + "key = \"hunter2\"", nil, []string{`:3:1: key 'adapters.api_server.key' has already been defined`}},
		{"duplicate adapter", api + api, nil, []string{`:3:2: key 'adapters.api_server' has already been defined`}},
		{"no TOML", "[agent]\nkind = echo", nil, []string{`:2:8: expected value but found this text instead`}},
		{"too deep", strings.Repeat("a.", limits.TOMLDepth) + "a = 1", nil, []string{`:1:34: nested too deep, at most 16 levels are allowed`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := world{text: tc.text, env: tc.env}.load(t)
			var list Errors
			if !errors.As(err, &list) {
				t.Fatalf("no Errors but %v, %+v", err, c)
			}
			got := strings.ReplaceAll(err.Error(), "/etc/inn/innkeeper.toml:", ":")
			if want := strings.Join(tc.want, "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			if strings.Contains(list.Report(), "hunter2") {
				t.Errorf("the report shows a secret:\n%s", list.Report())
			}
		})
	}
}

func TestReport(t *testing.T) {
	_, err := world{text: "[agent]\nkind = \"gpt\" # hunter2\n\tapi_kye = \"hunter2\"\n[adapters.api_server]\nkey = 99\n"}.load(t)
	var list Errors
	if !errors.As(err, &list) {
		t.Fatal(err)
	}
	want := `/etc/inn/innkeeper.toml:2:8: [agent] kind must be "echo" or "openai", not "gpt"
  2 | kind = "gpt"
    |        ^^^^^
/etc/inn/innkeeper.toml:3:2: [agent] unknown key "api_kye"; did you mean api_key?
  3 |  api_kye = …
    |  ^^^^^^^
/etc/inn/innkeeper.toml:5:1: [adapters.api_server] key must be a string, not an integer
  5 | key = …
    | ^^^`
	if got := list.Report(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	var first *Error
	if !errors.As(err, &first) || first.Line != 2 {
		t.Errorf("the first error is %v", first)
	}
}

func TestReportEndsSomewhere(t *testing.T) {
	var b strings.Builder
	for i := range limits.ConfigErrors + 5 {
		fmt.Fprintf(&b, "zzz%d = 1\n", i)
	}
	_, err := world{text: b.String()}.load(t)
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != limits.ConfigErrors+1 || lines[limits.ConfigErrors] != "and 5 more" {
		t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-1])
	}
}

// An adapter that is not going to be loaded must not keep another from running.
func TestListenConflictsCountLoadedAdaptersOnly(t *testing.T) {
	for _, second := range []string{"enabled = false", "key = \"changeme\""} {
		world{text: "[adapters.api_server]\nkey = \"" + goodKey + "\"\n[adapters.b]\nmodule = \"builtin:api_server\"\n" + second}.must(t)
	}
}

func TestSameAddress(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"127.0.0.1:1", "127.0.0.1:1", true},
		{"127.0.0.1:1", "127.0.0.1:2", false},
		{"127.0.0.1:1", "127.0.0.2:1", false},
		{"127.0.0.1:0", "127.0.0.1:0", false},
		{"localhost:1", "127.0.0.1:1", true},
		{":1", "127.0.0.1:1", true},
		{"[::]:1", "10.0.0.1:1", true},
		{"[::ffff:127.0.0.1]:1", "127.0.0.1:1", true},
		{"Host:1", "host:1", true},
	} {
		if sameAddress(tc.a, tc.b) != tc.want || sameAddress(tc.b, tc.a) != tc.want {
			t.Errorf("sameAddress(%s, %s) is not %v", tc.a, tc.b, tc.want)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"module", "enabled", "listen", "limits", "key"}
	for name, want := range map[string]string{
		"modle": "module", "Module": "module", "enabeld": "enabled", "kye": "key", "limit": "limits", "x": "", "colour": "", "": "",
		strings.Repeat("k", 200): "",
	} {
		if got := nearest(name, words); got != want {
			t.Errorf("nearest(%q) = %q, want %q", name, got, want)
		}
	}
}
