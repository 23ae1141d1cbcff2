package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
	"innkeeper/runtime/ordinaryfile"
)

func TestSampleLoads(t *testing.T) {
	key := NewKey()
	a := world{text: Sample(key)}.one(t)
	if a.Disposition != Loadable || a.BearerKey().Reveal() != key {
		t.Errorf("%s: %s", a.Disposition, a.Reason)
	}
	bare := world{text: "[adapters.api_server]\nkey = \"" + key + "\""}.one(t)
	if !a.Equal(bare) {
		t.Error("the sample changes a default")
	}
}

// The commented-out settings are the defaults, except for those that have none.
func TestSampleShowsTheDefaults(t *testing.T) {
	key := NewKey()
	text := regexp.MustCompile(`(?m)^#(["a-z])`).ReplaceAllString(Sample(key), "$1")
	got := world{text: text, env: map[string]string{"OPENAI_API_KEY": "sk-x"}}.must(t)
	want := world{text: Sample(key)}.must(t)
	if got.Agent.APIKey.Reveal() != "sk-x" {
		t.Error("the sample's api_key is not shown")
	}
	got.Agent.APIKey = Secret{}
	delete(got.Adapters[0].Settings, "model_name")
	if got.Front != want.Front || got.Limits != want.Limits || got.DataDir != want.DataDir || got.LogLevel != want.LogLevel || !got.Agent.Equal(want.Agent) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if !reflect.DeepEqual(got.Adapters[0].Limits, want.Adapters[0].Limits) || !got.Adapters[0].Equal(&want.Adapters[0]) {
		t.Errorf("got  %+v\nwant %+v", got.Adapters[0], want.Adapters[0])
	}
}

func TestSampleHasEveryKey(t *testing.T) {
	present := func(table, key string) bool {
		_, below, found := strings.Cut("\n[]\n"+sampleText, "\n["+table+"]\n")
		section, _, _ := strings.Cut(below, "\n[")
		return found && regexp.MustCompile(`(?m)^#?"?`+regexp.QuoteMeta(key)+`"? = `).MatchString(section)
	}
	const adapter = "adapters.api_server"
	withSettings := adapterSchema()
	withSettings.keys = append(withSettings.keys, apiServer(t).Settings...)
	for table, s := range map[string]schema{
		"": rootSchema(), "limits": hostLimitsSchema(), "front": frontSchema(), "agent": agentSchema(), adapter: withSettings, adapter + ".limits": limitsSchema(),
		adapter + ".limits.handles": handlesSchema(testHandles()), adapter + ".backoff": backoffSchema(), adapter + ".budgets": budgetsSchema(),
	} {
		for _, k := range s.keys {
			if !present(table, k.Name) {
				t.Errorf("[%s] does not show %s", table, k.Name)
			}
		}
	}
	if present(adapter, "nonsense") {
		t.Error("this test cannot fail")
	}
}

func TestNewKey(t *testing.T) {
	a, b := NewKey(), NewKey()
	if a == b || len(a) != 46 || !strings.HasPrefix(a, "ik_") || manifest.CheckKey(a) != nil {
		t.Errorf("keys of %d and %d characters, equal %v", len(a), len(b), a == b)
	}
}

func TestWriteSample(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "innkeeper.toml")
	if err := WriteSample(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	first, _ := os.ReadFile(path)
	if strings.Contains(string(first), sampleKey) {
		t.Error("no key was put in")
	}
	if err := WriteSample(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over an existing file: %v", err)
	}
	if second, _ := os.ReadFile(path); string(first) != string(second) {
		t.Error("an existing file was changed")
	}
	c, err := Load(path, Options{Builtins: map[string]*artifact.Artifact{"api_server": {Manifest: apiServer(t)}}})
	if err != nil || c.Adapters[0].Disposition != Loadable {
		t.Errorf("load: %v", err)
	}
}

func TestOnlyOrdinaryFilesAreRead(t *testing.T) {
	for name, path := range map[string]string{"a folder": t.TempDir(), "an endless device": "/dev/zero"} {
		if _, err := readOrdinary(path); !errors.Is(err, ordinaryfile.ErrNotOrdinary) {
			t.Errorf("%s: %v", name, err)
		}
	}
	large := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(large, make([]byte, limits.ConfigFileBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readOrdinary(large); !errors.Is(err, ordinaryfile.ErrTooLarge) {
		t.Errorf("a large file: %v", err)
	}
}
