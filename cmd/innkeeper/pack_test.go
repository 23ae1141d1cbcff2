package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"innkeeper/runtime/module"
	"innkeeper/runtime/module/wasmtest"
)

func TestPackPutsTheManifestIn(t *testing.T) {
	sh := newShell(t)
	sh.write("raw.wasm", string(emptyCommand()))
	sh.write("manifest.toml", quietManifest)
	sh.want(exOK, []string{"pack", "-o", sh.path("out.wasm"), sh.path("raw.wasm"), sh.path("manifest.toml")}, "packed quiet 1.0 into")
	text, found, err := module.Manifest([]byte(sh.read("out.wasm")))
	if err != nil || !found || string(text) != quietManifest {
		t.Errorf("%q, %v, %v", text, found, err)
	}
	if sh.read("raw.wasm") != string(emptyCommand()) {
		t.Error("the module itself was changed")
	}
	before := sh.read("out.wasm")
	sh.want(exOK, []string{"pack", sh.path("out.wasm"), sh.path("manifest.toml")}) // in place, and a second time
	if sh.read("out.wasm") != before {
		t.Error("packing twice is not the same as packing once")
	}
}

func TestPackRefusesAndWritesNothing(t *testing.T) {
	greedy := wasmtest.New()
	greedy.Import("innkeeper:agent@1", "cancel", wasmtest.I32, wasmtest.I32)
	greedy.Main("")
	invalid := wasmtest.New()
	invalid.Main("", wasmtest.Drop)
	tests := []struct {
		name     string
		module   []byte
		manifest string
		says     string
	}{
		{"a family that no host has", emptyCommand(), strings.Replace(quietManifest, `"event"`, `"teleport"`, 1), `the family "teleport"`},
		{"invalid code", invalid.Build(), quietManifest, "compile"},
		{"manifest with an unknown key", emptyCommand(), "nmae = \"x\"\n", "line 1"},
		{"manifest that is no TOML", emptyCommand(), "[[[", "manifest"},
		{"no module", []byte("hello"), quietManifest, "module["},
		{"no command", []byte(wasmtest.Header), quietManifest, "no memory"},
		{"a family that the manifest does not ask for", greedy.Build(), quietManifest, `hint: add "agent" to families`},
		{"manifest too large", emptyCommand(), quietManifest + "#" + string(bytes.Repeat([]byte("x"), 64<<10)), "too large"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sh := newShell(t)
			sh.write("raw.wasm", string(test.module))
			sh.write("manifest.toml", test.manifest)
			r := sh.want(exDataErr, []string{"pack", "-o", sh.path("out.wasm"), sh.path("raw.wasm"), sh.path("manifest.toml")}, test.says)
			if !strings.Contains(r.err, "raw.wasm") && !strings.Contains(r.err, "manifest.toml") {
				t.Errorf("it names neither of the author's files: %s", r.err)
			}
			if names := sh.files(); !slices.Equal(names, []string{"manifest.toml", "raw.wasm"}) {
				t.Errorf("the folder holds %v", names)
			}
		})
	}
}

func TestPackOfFilesThatAreNotThere(t *testing.T) {
	sh := newShell(t)
	sh.write("raw.wasm", string(emptyCommand()))
	sh.write("manifest.toml", quietManifest)
	sh.want(exNoInput, []string{"pack", sh.path("raw.wasm"), sh.path("gone.toml")}, "gone.toml")
	sh.want(exNoInput, []string{"pack", sh.path("gone.wasm"), sh.path("manifest.toml")}, "gone.wasm")
	sh.want(exCantCreate, []string{"pack", "-o", sh.path("no/such/out.wasm"), sh.path("raw.wasm"), sh.path("manifest.toml")})
}

// emptyCommand returns a module that ends at once.
func emptyCommand() []byte {
	b := wasmtest.New()
	b.Main("")
	return b.Build()
}
