package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"innkeeper/runtime/module/wasmtest"
)

func TestCheckSaysWhatWouldLoadAndWhyNot(t *testing.T) {
	sh := newShell(t)
	greedy := func(b *wasmtest.Builder) {
		b.Import("innkeeper:agent@1", "cancel", wasmtest.I32, wasmtest.I32)
		b.Main("")
	}
	sh.quiet()
	sh.guest("greedy.wasm", quietManifest, greedy)
	sh.guest("future.wasm", strings.Replace(quietManifest, `"event"`, `"teleport"`, 1), func(b *wasmtest.Builder) { b.Main("") })
	sh.guest("invalid.wasm", quietManifest, func(b *wasmtest.Builder) { b.Main("", wasmtest.Drop) })
	sh.write("text.wasm", "hello")
	tests := []struct {
		name, toml string
		code       int
		state      string
		says       string
	}{
		{"all is there", "module = \"quiet.wasm\"\ntoken = \"t\"", exOK, "load", "yes"},
		{"off", "module = \"quiet.wasm\"\nenabled = false", exOK, "disabled", "no: disabled"},
		{"setting missing", "module = \"quiet.wasm\"", exConfig, "unconfigured", `"token"`},
		{"not granted", "module = \"greedy.wasm\"\ntoken = \"t\"", exConfig, "failed", `add "agent" to families`},
		{"unknown family", "module = \"future.wasm\"\ntoken = \"t\"", exConfig, "failed", `the family "teleport"`},
		{"invalid code", "module = \"invalid.wasm\"\ntoken = \"t\"", exConfig, "failed", "invalid.wasm"},
		{"no module", "module = \"gone.wasm\"", exConfig, "failed", "gone.wasm"},
		{"no wasm", "module = \"text.wasm\"", exConfig, "failed", "text.wasm"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sh.t = t
			sh.write("innkeeper.toml", "[adapters.mine]\n"+test.toml+"\n")
			sh.want(test.code, []string{"check"}, "mine", test.says)
			var outcome checked
			r := sh.want(test.code, []string{"check", "--json"})
			if err := json.Unmarshal([]byte(r.out), &outcome); err != nil || len(outcome.Adapters) != 1 {
				t.Fatalf("%v: %s", err, r.out)
			}
			a := outcome.Adapters[0]
			if a.State != test.state || a.Loads != (test.state == "load") || outcome.OK != (test.code == exOK) || a.Loads != (len(a.SHA256) == 64) {
				t.Errorf("%+v", outcome)
			}
		})
	}
}

func TestCheckAsJSONHasThePlacesOfErrors(t *testing.T) {
	sh := newShell(t)
	sh.write("innkeeper.toml", "\nnonsense = 1\n")
	r := sh.want(exConfig, []string{"check", "--json"})
	var outcome checked
	if err := json.Unmarshal([]byte(r.out), &outcome); err != nil {
		t.Fatalf("%v: %s", err, r.out)
	}
	at := func(e checkedError) bool {
		return e.Line == 2 && e.Column == 1 && strings.Contains(e.Message, "nonsense")
	}
	if outcome.OK || !slices.ContainsFunc(outcome.Errors, at) {
		t.Errorf("%+v", outcome)
	}
}

// Nothing that check does may leave a trace: it is run beside a host that runs.
func TestCheckCreatesNothing(t *testing.T) {
	sh := newShell(t)
	sh.quiet()
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"quiet.wasm\"\ntoken = \"t\"\n")
	sh.want(exOK, []string{"check"})
	if names := sh.files(); !slices.Equal(names, []string{"innkeeper.toml", "quiet.wasm"}) {
		t.Errorf("the folder holds %v", names)
	}
}

// What check lets pass, run does: neither does with too few descriptors.
func TestCheckCountsDescriptors(t *testing.T) {
	sh := newShell(t)
	sh.quiet()
	sh.write("innkeeper.toml", "[limits]\ndescriptors = 1\n[adapters.mine]\nmodule = \"quiet.wasm\"\ntoken = \"t\"\n")
	sh.want(exConfig, []string{"check"}, "too few descriptors: there are 1")
	sh.want(exConfig, []string{"check", "--json"}, `"ok": false`, `"message": "too few descriptors: there are 1`)
}

// The limits that follow from the machine are shown with their origin.
func TestCheckShowsTheLimits(t *testing.T) {
	sh := newShell(t)
	sh.quiet()
	sh.write("innkeeper.toml", "[limits]\nmemory = \"3GiB\"\n[adapters.mine]\nmodule = \"quiet.wasm\"\ntoken = \"t\"\n")
	sh.want(exOK, []string{"check"}, "memory: 3.0 GiB (configuration)\n", "bytes_in_flight: 384.0 MiB (follows from memory)\n", "descriptors: ")
	sh.want(exOK, []string{"check", "--json"}, `"name": "memory",`, `"limit": 3221225472,`, `"origin": "configuration"`)
}

// What check lets pass, run does: a guest that begins with more memory than all of them together may have cannot run.
func TestCheckMeasuresTheFirstMemory(t *testing.T) {
	sh := newShell(t)
	sh.guest("large.wasm", quietManifest, func(b *wasmtest.Builder) {
		b.Memory(600)
		quietGuest(b)
	})
	const adapter = "[adapters.mine]\nmodule = \"large.wasm\"\ntoken = \"t\"\n"
	sh.write("innkeeper.toml", "[limits]\nmemory = \"16MiB\"\n"+adapter)
	const says = "too little memory: the module begins with 37.5 MiB, and all guests together may have 16.0 MiB; raise memory in [limits]"
	sh.want(exConfig, []string{"check"}, "no: failed", says)
	sh.want(exConfig, []string{"check", "--json"}, `"ok": false`, `"loads": false`, says)
	sh.write("innkeeper.toml", "[limits]\nmemory = \"38400KiB\"\n"+adapter)
	if r := sh.want(exOK, []string{"check"}, "yes"); strings.Contains(r.out, "too little memory") {
		t.Error(r.out)
	}
}
