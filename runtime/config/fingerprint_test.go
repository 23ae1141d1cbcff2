package config

import (
	"reflect"
	"testing"
)

func TestFingerprintSeesEveryChange(t *testing.T) {
	base := "[adapters.r]\nmodule = \"relay.wasm\"\nroom = \"x\"\n"
	load := func(text string) *Adapter { return world{text: text, env: map[string]string{"TOKEN": "t"}}.one(t) }
	first := load(base)
	if !first.Equal(load("# moved\n\n" + base)) {
		t.Error("nothing changed, but the fingerprint did")
	}
	seen := map[[32]byte]string{first.Fingerprint(): "nothing"}
	for _, change := range []string{
		"mode = \"slow\"", "token = \"a\"", "token = \"b\"", "token = \"env:TOKEN\"", "enabled = false", "users = [\"a\"]", "users = [\"a\", \"b\"]",
		"limits.memory = \"1GiB\"", "limits.handles.total = 5", "backoff.initial = \"2s\"", "budgets.stall = \"6s\"", "limits.engine = \"interpreter\"",
	} {
		a := load(base + change)
		if before, ok := seen[a.Fingerprint()]; ok {
			t.Errorf("%s has the fingerprint of %s", change, before)
		}
		seen[a.Fingerprint()] = change
	}
	other := load("[adapters.r]\nmodule = \"sub/relay.wasm\"\nroom = \"x\"\n")
	if first.Equal(other) {
		t.Error("another module file has the same fingerprint")
	}
}

func TestChangesSince(t *testing.T) {
	adapter := func(name, lines string) string {
		return "[adapters." + name + "]\nmodule = \"relay.wasm\"\nroom = \"x\"\n" + lines + "\n"
	}
	old := world{text: adapter("gone", "") + adapter("same", "") + adapter("other", "")}.must(t)
	next := world{text: "data_dir = \"d\"\nagent.api_key = \"k\"\n" + adapter("other", "loud = true") + adapter("same", "") + adapter("new", "")}.must(t)
	want := Changes{Added: []string{"new"}, Removed: []string{"gone"}, Changed: []string{"other"}, Agent: true, DataDir: true}
	if got := next.ChangesSince(old); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := old.ChangesSince(old); !reflect.DeepEqual(got, Changes{}) {
		t.Errorf("against itself: %+v", got)
	}
}

// A change of live settings alone needs no new instance; anything beside it does.
func TestLiveSince(t *testing.T) {
	base := "[adapters.r]\nmodule = \"relay.wasm\"\nroom = \"x\"\n"
	before := world{text: base + "users = [\"ann\"]"}.one(t)
	for lines, want := range map[string]bool{
		"users = [\"ann\"]":                       false, // nothing changed
		"users = [\"bob\"]":                       true,
		"pause = \"5s\"":                          true, // and users are gone
		"users = [\"bob\"]\nloud = true":          false,
		"users = [\"bob\"]\ntoken = \"t\"":        false,
		"users = [\"bob\"]\nenabled = false":      false,
		"users = [\"bob\"]\nbudgets.stall=\"9s\"": false,
	} {
		if got := (world{text: base + lines}).one(t).LiveSince(before); got != want {
			t.Errorf("%q: %v, want %v", lines, got, want)
		}
	}
}
