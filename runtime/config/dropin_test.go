package config

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
)

// dropIns are files in the drop-in folder: by name a manifest, or why there is none.
type dropIns map[string]any

const (
	relayFile  = "name = \"relay\"\nversion = \"1\"\n[settings]\nroom = { type = \"string\", required = true, env = \"RELAY_ROOM\" }\n"
	publicFile = `name = "public"
version = "1"
families = ["http"]
[http]
listen = "0.0.0.0:8080"
host_env = "PUBLIC_HOST"
routes = [{ name = "a", method = "GET", path = "/", guard = "open" }]
`
)

// load loads a configuration with files in the drop-in folder.
func (d dropIns) load(t testing.TB, toml string, env ...string) (*Config, error) {
	t.Helper()
	return Load("/etc/inn/innkeeper.toml", Options{
		Env: func(name string) (string, bool) {
			for _, pair := range env {
				if before, value, _ := strings.Cut(pair, "="); before == name {
					return value, true
				}
			}
			return "", false
		},
		ReadFile: func(string) ([]byte, error) { return []byte(toml), nil },
		Builtins: map[string]*artifact.Artifact{"api_server": {Manifest: apiServer(t)}},
		Module: func(path string) (*artifact.Artifact, error) {
			m, err := manifest.Parse([]byte(publicFile))
			return &artifact.Artifact{Reference: path, Manifest: m}, err
		},
		Folder: d.read(t),
	})
}

func (d dropIns) read(t testing.TB) func(string) (artifact.Folder, error) {
	return func(path string) (artifact.Folder, error) {
		if d == nil {
			return artifact.Folder{}, fs.ErrNotExist
		}
		folder := artifact.Folder{State: "as it is"}
		for name, content := range d {
			found := artifact.DropIn{Name: name, Path: path + "/" + name + ".wasm"}
			if text, ok := content.(string); ok {
				m, err := manifest.Parse([]byte(text))
				if err != nil {
					t.Fatal(err)
				}
				found.Artifact = &artifact.Artifact{Reference: found.Path, Manifest: m}
			} else {
				found.Err = content.(error)
			}
			folder.DropIns = append(folder.DropIns, found)
		}
		return folder, nil
	}
}

func (d dropIns) must(t testing.TB, toml string, env ...string) *Config {
	t.Helper()
	c, err := d.load(t, toml, env...)
	if err != nil {
		t.Fatalf("load:\n%v", err)
	}
	return c
}

// is checks what becomes of an adapter.
func is(t testing.TB, c *Config, name string, want Disposition, says ...string) {
	t.Helper()
	a := c.Adapter(name)
	if a == nil {
		t.Fatalf("no adapter %s", name)
	}
	if a.Disposition != want {
		t.Errorf("%s: %s, want %s: %s", name, a.Disposition, want, a.Reason)
	}
	for _, text := range says {
		if !strings.Contains(a.Reason, text) {
			t.Errorf("%s does not say %q: %s", name, text, a.Reason)
		}
	}
}

// A file in the folder is an adapter, and runs as soon as its required settings are there.
func TestDropInIsAnAdapter(t *testing.T) {
	files := dropIns{"relay": relayFile}
	c := files.must(t, "")
	is(t, c, "relay", Unconfigured, `setting "room"`, "RELAY_ROOM")
	if a := c.Adapter("relay"); !a.DropIn || a.Module != "/etc/inn/adapters/relay.wasm" || c.DropIns.State != "as it is" {
		t.Errorf("%+v", a)
	}
	is(t, files.must(t, "[adapters.relay]\nroom = \"lobby\"\n"), "relay", Loadable)
	is(t, files.must(t, "", "RELAY_ROOM=lobby"), "relay", Loadable)
	is(t, files.must(t, "[adapters.relay]\nenabled = false\n"), "relay", Disabled)
	if got := files.must(t, "adapters_dir = \"/opt/mods\"\n").DropIns.Folder; got != "/opt/mods" {
		t.Error(got)
	}
}

// What is wrong with a file, or with what its table says of it, is wrong with that adapter alone.
func TestBrokenDropInIsItsOwnTrouble(t *testing.T) {
	files := dropIns{"relay": relayFile, "broken": &artifact.Refusal{Reference: "/x.wasm", Err: errors.New("is cut\nshort"), Hint: "copy it again"}}
	c := files.must(t, "[adapters.relay]\nroom = 1\nnonsense = 2\n")
	is(t, c, "broken", Failed, "module[/x.wasm]: is cut; short", "copy it again")
	is(t, c, "relay", Failed, `innkeeper.toml:3:1: [adapters.relay] unknown key "nonsense"`, "room must be a string")
	is(t, files.must(t, "[adapters.relay]\nenabled = false\nroom = 1\n"), "relay", Disabled)
}

// An adapter whose table is left when its file is taken away is not a mistake in the configuration: it ends.
func TestTableWithoutAModule(t *testing.T) {
	c := dropIns{}.must(t, "[adapters.relay]\nroom = \"lobby\"\n[adapters.api_srver]\n")
	is(t, c, "relay", Unconfigured, "put relay.wasm into /etc/inn/adapters", "set module in [adapters.relay]")
	is(t, c, "api_srver", Unconfigured, "did you mean [adapters.api_server]?")
}

// A file cannot take the place of what an operator has named, nor of what is bundled.
func TestDropInsThatClash(t *testing.T) {
	files := dropIns{"api_server": relayFile, "relay": relayFile, "Bad": fmt.Errorf("\"Bad\" %w", artifact.ErrNoName)}
	c := files.must(t, "[adapters.relay]\nmodule = \"mods/public.wasm\"\nlisten = \"127.0.0.1:0\"\n")
	if len(c.Adapters) != 1 || c.Adapters[0].DropIn || c.Adapters[0].Module != "/etc/inn/mods/public.wasm" {
		t.Errorf("%+v", c.Adapters)
	}
	reasons := map[string]string{}
	for _, ignored := range c.DropIns.Ignored {
		reasons[ignored.Path] = ignored.Reason
	}
	for path, says := range map[string]string{
		"/etc/inn/adapters/api_server.wasm": "bundled adapter", "/etc/inn/adapters/relay.wasm": "[adapters.relay] names another module",
		"/etc/inn/adapters/Bad.wasm": "no name",
	} {
		if !strings.Contains(reasons[path], says) {
			t.Errorf("%s: %q", path, reasons[path])
		}
	}
}

// A file in the folder that a table names is that table's module, and nothing of its own.
func TestDropInThatATableNames(t *testing.T) {
	c := dropIns{"relay": relayFile}.must(t, "[adapters.mine]\nmodule = \"adapters/relay.wasm\"\nlisten = \"127.0.0.1:0\"\n")
	if len(c.Adapters) != 1 || c.Adapters[0].DropIn || len(c.DropIns.Ignored) != 0 {
		t.Errorf("%+v, %+v", c.Adapters, c.DropIns.Ignored)
	}
}

func TestTooManyDropIns(t *testing.T) {
	files := dropIns{}
	for i := range limits.Adapters + 3 {
		files[fmt.Sprintf("a%d", i)] = "name = \"a\"\nversion = \"1\"\n"
	}
	c := files.must(t, "[adapters.a0]\n[adapters.other]\nenabled = false\n")
	if len(c.Adapters) != limits.Adapters || len(c.DropIns.Ignored) != 4 {
		t.Errorf("%d adapters, %d ignored", len(c.Adapters), len(c.DropIns.Ignored))
	}
	is(t, c, "a0", Loadable)
}

// A file that wants a place which is taken does not get it, and does not keep anybody from theirs.
func TestDropInYields(t *testing.T) {
	greeter := "name = \"greeter\"\nversion = \"1\"\nfamilies = [\"http\"]\n[http]\nroutes = [{ name = \"a\", method = \"GET\", path = \"/\", guard = \"open\" }]\n"
	api := "[adapters.zzz]\nmodule = \"builtin:api_server\"\nkey = \"" + goodKey + "\"\n"
	for name, c := range map[string]struct {
		toml  string
		fails []string
	}{
		"nothing in the way":            {api, nil},
		"its address is another's":      {api + "[adapters.one]\nlisten = \"127.0.0.1:8642\"\n", []string{"one"}},
		"its mount is another's":        {api + "mount = \"/two\"\n", []string{"two"}},
		"the front's address is taken":  {api + "listen = \"127.0.0.1:8640\"\n", []string{"one", "two"}},
		"two files want the same mount": {"[adapters.two]\nmount = \"/one\"\n", []string{"two"}},
		"its address is the shared one": {api + "mount = \"/x\"\n[adapters.one]\nlisten = \"127.0.0.1:8640\"\n", []string{"one"}},
	} {
		c1 := dropIns{"one": greeter, "two": greeter}.must(t, c.toml)
		for i := range c1.Adapters {
			want := Loadable
			if slices.Contains(c.fails, c1.Adapters[i].Name) {
				want = Failed
			}
			if a := &c1.Adapters[i]; a.Disposition != want {
				t.Errorf("%s: %s is %s, want %s: %s", name, a.Name, a.Disposition, want, a.Reason)
			}
		}
	}
}

// The usual folder may be absent. One that was written down may not: a share that is not mounted must not take its adapters away.
func TestFolderThatIsNotThere(t *testing.T) {
	if c := dropIns(nil).must(t, ""); len(c.Adapters) != 0 {
		t.Errorf("%+v", c.Adapters)
	}
	if _, err := dropIns(nil).load(t, "adapters_dir = \"/mnt/mods\"\n"); err == nil || !strings.Contains(err.Error(), "adapters_dir is not there") {
		t.Errorf("%v", err)
	}
	for _, text := range []string{"adapters_dir = \"\"\n", "adapters_dir = \"~/mods\"\n"} {
		if _, err := (dropIns{}).load(t, text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

// An address that others than this machine reach needs the operator's word: a grant, or the address itself.
func TestAskForAnAddress(t *testing.T) {
	files := dropIns{"public": publicFile}
	c := files.must(t, "")
	is(t, c, "public", Ungranted, "it asks for listen 0.0.0.0:8080", "innkeeper grant public")
	if a := c.Adapter("public"); a.Enabled() || len(a.Asks) != 1 || len(a.MissingGrants()) != 1 {
		t.Errorf("%+v", a)
	}
	is(t, files.must(t, "[adapters.public]\ngrants = [\"listen 0.0.0.0:8080\"]\n"), "public", Loadable)
	is(t, files.must(t, "[adapters.public]\ngrants = [\"listen 0.0.0.0:80\"]\n"), "public", Ungranted)
	is(t, files.must(t, "[adapters.public]\nlisten = \"0.0.0.0:9000\"\n"), "public", Loadable)
	is(t, files.must(t, "", "PUBLIC_HOST=10.0.0.1"), "public", Loadable)
	is(t, files.must(t, "[adapters.public]\nenabled = false\n"), "public", Disabled)
	is(t, files.must(t, "[adapters.public]\ngrants = [\"everything\"]\n"), "public", Failed, `grants has "everything"`)

	named := dropIns{}.must(t, "[adapters.mine]\nmodule = \"public.wasm\"\n")
	is(t, named, "mine", Ungranted)
	if _, err := (dropIns{}).load(t, "[adapters.mine]\nmodule = \"public.wasm\"\ngrants = [\"everything\"]\n"); err == nil {
		t.Error("a grant of nothing is taken")
	}
}

// A grant that makes no difference is no change of the adapter.
func TestGrantsAreNotInTheFingerprint(t *testing.T) {
	files := dropIns{"relay": relayFile}
	one := files.must(t, "[adapters.relay]\nroom = \"lobby\"\n").Adapter("relay")
	other := files.must(t, "[adapters.relay]\nroom = \"lobby\"\ngrants = [\"listen 0.0.0.0:1\"]\n").Adapter("relay")
	if !one.Equal(other) {
		t.Error("they differ")
	}
}

func TestIsLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:1": true, "127.9.9.9:1": true, "[::1]:1": true, "localhost:1": true, "LOCALHOST:1": true, "[::ffff:127.0.0.1]:1": true,
		"0.0.0.0:1": false, ":1": false, "[::]:1": false, "10.0.0.1:1": false, "box:1": false, "localhost.example.com:1": false, "nonsense": false,
	} {
		if got := isLoopback(address); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}
