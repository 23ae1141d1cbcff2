package config

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/limits"
)

const greeter = "[adapters.greeter]\nmodule = \"greeter.wasm\"\n"

func TestWhereAnAdapterServes(t *testing.T) {
	front := "[front]\nlisten = \"127.0.0.1:1\"\nmax_connections = 7\nidle_timeout = \"3s\"\n"
	api := "[adapters.api_server]\nkey = \"" + goodKey + "\"\n"
	for name, c := range map[string]struct {
		text        string
		env         map[string]string
		want        string
		connections int
	}{
		"the module's address":     {front + api, nil, "127.0.0.1:8642", limits.HTTPConnections},
		"an address of its own":    {front + greeter + "listen = \":2\"\nlimits = { max_connections = 3 }", nil, ":2", 3},
		"no address":               {front + greeter, nil, "127.0.0.1:1/greeter", 7},
		"no address anywhere":      {greeter, nil, limits.FrontListen + "/greeter", limits.HTTPConnections},
		"a mount":                  {front + greeter + "mount = \"/hi-there.1\"", nil, "127.0.0.1:1/hi-there.1", 7},
		"a mount over the default": {front + api + "mount = \"/openai\"", map[string]string{"API_SERVER_PORT": "9"}, "127.0.0.1:1/openai", 7},
		"an empty mount":           {api + "mount = \"\"", map[string]string{"API_SERVER_PORT": "9"}, "127.0.0.1:9", limits.HTTPConnections},
	} {
		a := world{text: c.text, env: c.env}.one(t)
		if got := a.Endpoint(); got != c.want || a.Limits.MaxConnections != c.connections {
			t.Errorf("%s: %s with %d connections, want %s with %d", name, got, a.Limits.MaxConnections, c.want, c.connections)
		}
	}
}

func TestPlacesThatContradict(t *testing.T) {
	second := "[adapters.b]\nmodule = \"greeter.wasm\"\n"
	for name, c := range map[string]struct{ text, want string }{
		"mount and listen": {greeter + "mount = \"/a\"\nlisten = \":1\"",
			`:3:1: [adapters.greeter] mount is a place on the address of [front], and listen an address of the adapter's own; leave one of them out`},
		"mount without HTTP": {"[adapters.r]\nmodule = \"relay.wasm\"\nroom = \"x\"\nmount = \"/r\"",
			`:4:1: [adapters.r] mount has no meaning here, because /etc/inn/relay.wasm serves no HTTP`},
		"the root":          {greeter + "mount = \"/\"", `:3:9: [adapters.greeter] mount must be one segment of a path, such as "/greeter"`},
		"no slash":          {greeter + "mount = \"a\"", `:3:9: [adapters.greeter] mount must be one segment of a path, such as "/greeter"`},
		"two segments":      {greeter + "mount = \"/a/b\"", `:3:9: [adapters.greeter] mount must be one segment of a path, such as "/greeter"`},
		"a parameter":       {greeter + "mount = \"/{a}\"", `:3:9: [adapters.greeter] mount must be one segment of a path, such as "/greeter"`},
		"dots":              {greeter + "mount = \"/..\"", `:3:9: [adapters.greeter] mount must be one segment of a path, such as "/greeter"`},
		"one mount for two": {greeter + "mount = \"/a\"\n" + second + "mount = \"/a\"", `:3:9: [adapters.greeter] mount "/a" is the mount of [adapters.b], too; mount one of them somewhere else`},
		"a mount that is another's name": {greeter + second + "mount = \"/greeter\"",
			`:1:11: [adapters.greeter] mount "/greeter" is the mount of [adapters.b], too; mount one of them somewhere else`},
		"the front's address": {greeter + second + "listen = \"0.0.0.0:8640\"",
			`:5:10: [adapters.b] listen "0.0.0.0:8640" is the address of [front], too; give one of them another port`},
		"the front's address, mounted later": {greeter + "listen = \":8640\"\n[adapters.z]\nmodule = \"greeter.wasm\"",
			`:3:10: [adapters.greeter] listen ":8640" is the address of [front], too; give one of them another port`},
		"a limit of the address": {greeter + "[adapters.greeter.limits]\nidle_timeout = \"1s\"",
			`:4:1: [adapters.greeter.limits] idle_timeout is a limit of the address, and this adapter shares that of [front]; set it in [front]`},
		"the front's listen": {"[front]\nlisten = \"8640\"", `:2:10: [front] listen must be an address such as "127.0.0.1:8640"`},
		"an unknown key":     {"[front]\nmax_body = 1", `:2:1: [front] unknown key "max_body"; max_body belongs in [adapters.NAME.limits]`},
	} {
		_, err := world{text: c.text}.load(t)
		if err == nil || strings.ReplaceAll(err.Error(), "/etc/inn/innkeeper.toml:", ":") != c.want {
			t.Errorf("%s: got:\n%v\nwant:\n%s", name, err, c.want)
		}
	}
}

// An address that is in nobody's way is not held against anybody.
func TestTheFrontsAddressIsFreeWhileNobodyIsMounted(t *testing.T) {
	a := world{text: greeter + "listen = \"127.0.0.1:8640\""}.one(t)
	if a.Endpoint() != "127.0.0.1:8640" {
		t.Error(a.Endpoint())
	}
}

func TestSettingsThatTheFrontTakes(t *testing.T) {
	a := world{text: greeter + "pages = [\"https://a.example\"]\npatience = \"7s\""}.one(t)
	if got := a.Origins(); !reflect.DeepEqual(got, []string{"https://a.example"}) || a.KeepAlive() != 7*time.Second {
		t.Errorf("%v, %v", got, a.KeepAlive())
	}
	a = world{text: greeter}.one(t)
	if a.Origins() != nil || a.KeepAlive() != limits.HTTPKeepAlive {
		t.Errorf("%v, %v", a.Origins(), a.KeepAlive())
	}
}
