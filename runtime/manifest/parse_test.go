package manifest

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/limits"
)

func apiServer(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile("testdata/api_server.toml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestParse(t *testing.T) {
	m, err := Parse([]byte(apiServer(t)))
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "api_server" || m.Version != "0.1.0" || m.EnabledEnv != "API_SERVER_ENABLED" || len(m.Families) != 7 {
		t.Errorf("head: %+v", m)
	}
	wantHTTP := HTTP{Listen: "127.0.0.1:8642", HostEnv: "API_SERVER_HOST", PortEnv: "API_SERVER_PORT", Key: "key"}
	gotHTTP := *m.HTTP
	gotHTTP.Routes = nil
	if !reflect.DeepEqual(gotHTTP, wantHTTP) {
		t.Errorf("http: %+v", gotHTTP)
	}
	if want := (Route{Name: "responses.get", Method: "GET", Path: "/v1/responses/{id}", Guard: GuardKey}); m.HTTP.Routes[5] != want {
		t.Errorf("route: %+v", m.HTTP.Routes[5])
	}
	var names []string
	for _, s := range m.Settings {
		names = append(names, s.Name)
	}
	if got, want := strings.Join(names, " "), "key model_name cors_origins stored_responses concurrent_turns keepalive"; got != want {
		t.Errorf("settings %s, want %s", got, want)
	}
	if key := m.BearerKey(); key == nil || key.Name != "key" || !key.Required || !key.Secret || key.Env[0] != "API_SERVER_KEY" {
		t.Errorf("key: %+v", key)
	}
	if s := m.Setting("keepalive"); s.Default != 15*time.Second || s.Min != time.Second || s.Max != 10*time.Minute {
		t.Errorf("keepalive: %+v", s)
	}
	if s := m.Setting("stored_responses"); s.Default != int64(100) {
		t.Errorf("stored_responses: %+v", s)
	}
	if s := m.Setting("cors_origins"); !reflect.DeepEqual(s.Default, []string{}) {
		t.Errorf("cors_origins: %#v", s.Default)
	}
	if err := m.Validate(); err != nil {
		t.Errorf("Validate after Parse: %v", err)
	}
}

// Everything that a route and [http] may say, and an address that is left to the host.
func TestParseHTTP(t *testing.T) {
	m, err := Parse([]byte(strings.Replace(minimal, "http.listen = \"127.0.0.1:1\"\n", "", 1) + `http.key_header = "x-api-key"
http.cors = "pages"
http.keepalive = "every"
http.errors = "anthropic"
settings.pages = { type = "strings" }
settings.every = { type = "duration" }
[[http.routes]]
name = "ask"
method = "POST"
path = "/ask"
guard = "key"
key_header = "authorization"
errors = "openai"
`))
	if err != nil {
		t.Fatal(err)
	}
	want := HTTP{
		Key: "token", KeyHeader: "x-api-key", CORS: "pages", KeepAlive: "every", Errors: ErrorsAnthropic,
		Routes: []Route{{Name: "ask", Method: "POST", Path: "/ask", Guard: GuardKey, KeyHeader: "authorization", Errors: ErrorsOpenAI}},
	}
	if !reflect.DeepEqual(*m.HTTP, want) {
		t.Errorf("got %+v", *m.HTTP)
	}
	for header, r := range map[string]Route{
		"Authorization": m.HTTP.Routes[0], "X-Api-Key": {Guard: GuardKey}, "": {Guard: GuardOpen, KeyHeader: "x-api-key"},
	} {
		if got := m.HTTP.HeaderOf(&r); got != header {
			t.Errorf("%+v: %q, want %q", r, got, header)
		}
	}
	if got := (&HTTP{}).HeaderOf(&Route{Guard: GuardKey}); got != BearerHeader {
		t.Errorf("by default: %q", got)
	}
}

// minimal is a manifest that serves HTTP; tests replace or add to it.
const minimal = `name = "demo"
version = "1"
families = ["http", "sqlite"]
http.listen = "127.0.0.1:1"
http.key = "token"
settings.token = { type = "string", secret = true, required = true }
`

func TestParseRefuses(t *testing.T) {
	route := func(method, path, guard string) string {
		return fmt.Sprintf("[[http.routes]]\nname = \"r%d\"\nmethod = %q\npath = %q\nguard = %q\n", len(path), method, path, guard)
	}
	for _, tc := range []struct{ name, text, want string }{
		{"no TOML", "name = ", "manifest: line 1, column 7: unexpected EOF; expected value"},
		{"unknown keys, all of them", minimal + "nmae = 1\nhttp.lisen = 1\nsettings.token2 = {type = \"string\", requird = true}",
			"manifest[nmae]: line 7: unknown key\nmanifest[http.lisen]: line 8: unknown key\nmanifest[settings.token2.requird]: line 9: unknown key"},
		{"wrong types", minimal + "description = 1\nenabled_env = [1]\n",
			"manifest[description]: line 7: must be a string\nmanifest[enabled_env]: line 8: must be a string"},
		{"no name", strings.Replace(minimal, `"demo"`, `""`, 1), "manifest[name]: line 1: must be a name of a-z, 0-9, _ and -, at most 64 characters"},
		{"path as name", strings.Replace(minimal, `"demo"`, `"../x"`, 1), "manifest[name]: line 1: must be a name of a-z, 0-9, _ and -, at most 64 characters"},
		{"host's name", strings.Replace(minimal, `"demo"`, `"innkeeper"`, 1), "manifest[name]: line 1: is the host's own name"},
		{"escape codes", minimal + `description = "\u001b[2J"`, "manifest[description]: line 7: must be one printable line of at most 4096 bytes"},
		{"foreign environment", minimal + `enabled_env = "AWS_SECRET_ACCESS_KEY"`,
			"manifest[enabled_env]: line 7: must be a name of A-Z, 0-9 and _ that begins with DEMO_"},
		{"environment name twice", minimal + "enabled_env = \"DEMO_X\"\nhttp.port_env = \"DEMO_X\"",
			`manifest[http.port_env]: line 8: repeats the environment name "DEMO_X"`},
		{"database without family", "name = \"d\"\nversion = \"1\"\ndatabases = [\"a\"]", "manifest[databases]: line 3: needs the family sqlite"},
		{"database label", minimal + `databases = ["../a"]`, "manifest[databases]: line 7: must be labels of a-z, 0-9, _ and -, at most 64 characters each"},
		{"database twice", minimal + `databases = ["a", "a"]`, `manifest[databases]: line 7: names "a" twice`},
		{"listen", minimal[:strings.Index(minimal, "http.listen")] + "http.listen = \"8642\"", "manifest[http.listen]: line 4: must be an address such as 127.0.0.1:8642"},
		{"key not secret", strings.Replace(minimal, "secret = true", "secret = false", 1), "manifest[http.key]: line 5: must name a required secret setting"},
		{"key optional", strings.Replace(minimal, "required = true", "required = false", 1), "manifest[http.key]: line 5: must name a required secret setting"},
		{"reserved setting", minimal + `settings.enabled = { type = "bool" }`, "manifest[settings.enabled]: line 7: is a key that every adapter has"},
		{"setting name", minimal + `settings."A b" = { type = "bool" }`, `manifest[settings."A b"]: line 7: must be a name of a-z, 0-9 and _, at most 64 characters`},
		{"setting type", minimal + `settings.a = { type = "uuid" }`, "manifest[settings.a.type]: line 7: must be one of string, int, bool, float, duration, size and strings"},
		{"setting no table", minimal + `settings.a = 1`, "manifest[settings.a]: line 7: must be a table"},
		{"secret default", minimal + `settings.a = { type = "string", secret = true, default = "x" }`, "manifest[settings.a.secret]: line 7: a secret cannot have a public value"},
		{"secret number", minimal + `settings.a = { type = "int", secret = true }`, "manifest[settings.a.type]: line 7: must be string, because the setting is secret"},
		{"required default", minimal + `settings.a = { type = "int", required = true, default = 1 }`, "manifest[settings.a.default]: line 7: a required setting cannot have a default"},
		{"default type", minimal + `settings.a = { type = "int", default = "x" }`, `manifest[settings.a.default]: line 7: must be an integer, not the string "x"`},
		{"default out of range", minimal + `settings.a = { type = "int", default = 9, max = 8 }`, `manifest[settings.a.default]: line 7: must be at most 8, not 9`},
		{"default not in enum", minimal + `settings.a = { type = "string", default = "c", enum = ["a", "b"] }`, `manifest[settings.a.default]: line 7: must be "a" or "b", not "c"`},
		{"enum of lists", minimal + `settings.a = { type = "strings", default = ["a"], enum = [["a"]] }`, "manifest[settings.a.enum]: line 7: goes with the types string and int only"},
		{"bounds of a string", minimal + `settings.a = { type = "string", min = "a" }`, "manifest[settings.a.min]: line 7: goes with the types int, float, duration and size only"},
		{"min over max", minimal + `settings.a = { type = "duration", min = "2s", max = "1s" }`, "manifest[settings.a.min]: line 7: is over max"},
		{"guard", minimal + route("GET", "/a", "anyone"), `manifest[http.routes.0.guard]: line 11: must be "open", "key" or "signature"`},
		{"guard that this host cannot check", minimal + route("GET", "/a", "signature"), `manifest[http.routes.0.guard]: line 11: is "signature", which this version of the host cannot check; use "key" or "open"`},
		{"no guard", strings.Replace(minimal+route("GET", "/a", "open"), "guard = \"open\"\n", "", 1), `manifest[http.routes.0.guard]: line 7: must be "open", "key" or "signature"`},
		{"header of a key on an open route", minimal + route("GET", "/a", "open") + "key_header = \"x-api-key\"", `manifest[http.routes.0.key_header]: line 12: goes with guard = "key" only`},
		{"header of no key", strings.Replace(minimal, "http.key = \"token\"\n", "http.key_header = \"x-api-key\"\n", 1), `manifest[http.key_header]: line 5: needs http.key, the setting that is the key`},
		{"no header name", minimal + route("GET", "/a", "key") + "key_header = \"x api key\"", `manifest[http.routes.0.key_header]: line 12: must be the name of a header, such as x-api-key`},
		{"key in a cookie", minimal + "http.key_header = \"cookie\"", `manifest[http.key_header]: line 7: is a header that HTTP itself uses`},
		{"shape of errors", minimal + "http.errors = \"xml\"", `manifest[http.errors]: line 7: must be "openai", "anthropic", "problem+json" or "plain"`},
		{"shape of a route's errors", minimal + route("GET", "/a", "open") + "errors = \"html\"", `manifest[http.routes.0.errors]: line 12: must be "openai", "anthropic", "problem+json" or "plain"`},
		{"cors of nothing", minimal + "http.cors = \"origins\"", `manifest[http.cors]: line 7: must name a setting of type strings`},
		{"cors of a secret", minimal + "http.cors = \"token\"", `manifest[http.cors]: line 7: must name a setting of type strings`},
		{"keepalive of another type", minimal + "http.keepalive = \"every\"\nsettings.every = { type = \"int\" }", `manifest[http.keepalive]: line 7: must name a setting of type duration`},
		{"part of no address", strings.Replace(minimal, "http.listen = \"127.0.0.1:1\"\n", "http.port_env = \"DEMO_PORT\"\n", 1), `manifest[http.port_env]: line 4: needs http.listen, the address that it is a part of`},
		{"guard without a key", strings.Replace(minimal, "http.key = \"token\"\n", "", 1) + route("GET", "/a", "key"), "manifest[http.routes.0.guard]: line 10: needs http.key, the setting that is the key"},
		{"method", minimal + route("get", "/a", "key"), "manifest[http.routes.0.method]: line 9: must be one of GET, POST, PUT, PATCH, DELETE, OPTIONS"},
		{"path climbs", minimal + route("GET", "/a/../b", "key"), "manifest[http.routes.0.path]: line 10: must be a path such as /v1/items/{id}"},
		{"path twice", minimal + route("GET", "/a", "key") + route("GET", "/a", "open"),
			"manifest[http.routes.1.name]: line 13: is the name of another route, too\nmanifest[http.routes.1.path]: line 15: overlaps with GET /a"},
		{"path ambiguous", minimal + route("GET", "/{x}/b", "key") + route("GET", "/abc/{y}", "open"),
			"manifest[http.routes.1.path]: line 15: overlaps with GET /{x}/b"},
		{"routes no tables", minimal + "http.routes = [1]", "manifest[http.routes]: line 7: must be a list of tables"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, err := Parse([]byte(tc.text))
			if err == nil {
				t.Fatalf("accepted: %+v", m)
			}
			if err.Error() != tc.want {
				t.Errorf("got:\n%s\nwant:\n%s", err, tc.want)
			}
		})
	}
}

func TestParseBoundsCounts(t *testing.T) {
	for name, text := range map[string]string{
		"bytes":     "#" + strings.Repeat("x", limits.ManifestBytes),
		"families":  `name="a"` + "\nfamilies=[" + repeat(`"f%d",`, limits.ManifestFamilies+1) + "]",
		"databases": `name="a"` + "\ndatabases=[" + repeat(`"d%d",`, limits.ManifestDatabases+1) + "]",
		"settings":  `name="a"` + "\n" + repeat("settings.s%d.type=\"int\"\n", limits.ManifestSettings+1),
		"routes":    minimal + "http.routes=[" + repeat(`{name="r%[1]d",method="GET",path="/%[1]d",guard="open"},`, limits.ManifestRoutes+1) + "]",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), "allowed") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func repeat(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// FuzzParse checks that no manifest panics, and that an accepted one is valid.
func FuzzParse(f *testing.F) {
	f.Add([]byte(apiServer(f)))
	f.Add([]byte(minimal))
	f.Add([]byte("[[http.routes]]\n[settings.a]\nenum=[[]]\ndefault=[]\ntype='strings'"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			return
		}
		if err := m.Validate(); err != nil {
			t.Errorf("accepted, but %v", err)
		}
	})
}
