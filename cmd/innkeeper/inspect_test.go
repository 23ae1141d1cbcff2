package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"innkeeper/runtime/module/wasmtest"
)

// publicManifest is of a module that wants to listen to everybody.
const publicManifest = `name = "public"
version = "1.2"
description = "says hello to everybody"
families = ["lifecycle", "event", "http", "sqlite"]
databases = ["main"]
[http]
listen = "0.0.0.0:0"
key = "token"
routes = [{ name = "hello", method = "GET", path = "/hello/{name}", guard = "key" }, { name = "health", method = "GET", path = "/health", guard = "open" }]
[settings.token]
type = "string"
required = true
secret = true
env = "PUBLIC_TOKEN"
description = "what clients send"
[settings.tone]
type = "string"
default = "friendly"
`

// public is a guest like quiet under that manifest.
func (sh *shell) public(name string) string {
	return sh.guest(name, publicManifest, quietGuest)
}

func TestInspectShowsAFile(t *testing.T) {
	sh := newShell(t)
	file := sh.public("public.wasm")
	r := sh.want(exOK, []string{"inspect", file},
		"public 1.2", "says hello to everybody", "inside", "lifecycle, event, http, sqlite", "main", "exclusive   yes", "listen 0.0.0.0:0 (not granted)",
		"GET     /hello/{name}  key", "GET     /health        open", "secret", "PUBLIC_TOKEN", `"friendly"`,
		"innkeeper:event@1  wait", "innkeeper:lifecycle@1  ready", "runs here   yes")
	if names := sh.files(); !slices.Equal(names, []string{"public.wasm"}) {
		t.Errorf("it left %v", names)
	}
	var seen inspected
	if err := json.Unmarshal([]byte(sh.want(exOK, []string{"inspect", "--json", file}).out), &seen); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.out, seen.SHA256) || len(seen.SHA256) != 64 || seen.Size == 0 || !seen.Runs || len(seen.Asks) != 1 || len(seen.Imports) != 2 {
		t.Errorf("%+v", seen)
	}
}

func TestInspectSaysWhyNot(t *testing.T) {
	sh := newShell(t)
	sh.write("text.wasm", "hello")
	sh.write("bare.wasm", string(emptyCommand()))
	sh.guest("greedy.wasm", quietManifest, func(b *wasmtest.Builder) {
		b.Import("innkeeper:agent@1", "cancel", wasmtest.I32, wasmtest.I32)
		b.Main("")
	})
	sh.guest("future.wasm", strings.Replace(quietManifest, `"event"`, `"teleport"`, 1), func(b *wasmtest.Builder) { b.Main("") })
	sh.guest("invalid.wasm", quietManifest, func(b *wasmtest.Builder) { b.Main("", wasmtest.Drop) })
	for name, says := range map[string][]string{
		"text.wasm":    {"sha256", "no: module[", "is text"},
		"bare.wasm":    {"sha256", "has no manifest", "bare.toml"},
		"greedy.wasm":  {"innkeeper:agent@1  cancel", "agent is not granted", `add "agent" to families`},
		"future.wasm":  {`the family "teleport"`, "families are "},
		"invalid.wasm": {"no: module[", "compile"},
	} {
		sh.want(exDataErr, []string{"inspect", sh.path(name)}, append(says, "this host would not run", name)...)
	}
	sh.want(exNoInput, []string{"inspect", sh.path("gone.wasm")}, "gone.wasm")
	sh.write("innkeeper.toml", "")
	sh.want(exUsage, []string{"inspect", "nobody"}, "there is no adapter nobody", "./nobody")
}

func TestInspectShowsAnAdapter(t *testing.T) {
	sh := newShell(t)
	sh.public("mine.wasm")
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"mine.wasm\"\ntoken = \"q7Jw0zPv2Lk9xTeR5mYd\"\n")
	sh.want(exConfig, []string{"inspect", "mine"}, "public 1.2 as mine", "not granted", "it asks for listen 0.0.0.0:0", "innkeeper grant mine")
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"mine.wasm\"\ntoken = \"q7Jw0zPv2Lk9xTeR5mYd\"\ngrants = [\"listen 0.0.0.0:0\"]\n")
	sh.want(exOK, []string{"inspect", "mine"}, "listen 0.0.0.0:0 (granted)", "runs here   yes")
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"mine.wasm\"\n")
	sh.want(exConfig, []string{"inspect", "mine"}, `setting "token" is missing`)
	sh.write("mine.wasm", sh.read("mine.wasm")[:50])
	sh.want(exConfig, []string{"inspect", "mine"}, "size", "no: module[")
}

// What this host would run depends on what it lets a module cost.
func TestInspectKeepsTheLimits(t *testing.T) {
	sh := newShell(t)
	file := sh.public("mine.wasm")
	sh.write("innkeeper.toml", "[limits]\ncompile_time = \"1ms\"\n[adapters.mine]\nmodule = \"mine.wasm\"\ntoken = \"q7Jw0zPv2Lk9xTeR5mYd\"\ngrants = [\"listen 0.0.0.0:0\"]\n")
	sh.want(exConfig, []string{"inspect", "mine"}, "1ms", "compile_time in [limits]")
	sh.want(exDataErr, []string{"inspect", file}, "1ms", "compile_time in [limits]")
}

// What comes from a stranger must not move the cursor, hide, or pretend to be another line.
func TestInspectEscapes(t *testing.T) {
	sh := newShell(t)
	file := sh.guest("odd.wasm", quietManifest, func(b *wasmtest.Builder) {
		b.Import("env\x1b[2J", "fine\nruns here   yes", "", "")
		b.Import("env\x1b[2J", "\u202egnp.exe", "", "")
		b.Main("")
	})
	r := sh.want(exDataErr, []string{"inspect", file}, `"env\x1b[2J"`, `"fine\nruns here   yes"`, `"\u202egnp.exe"`)
	if strings.ContainsAny(r.out+r.err, "\x1b\u202e") || strings.Count(r.out, "\nruns here") != 1 {
		t.Errorf("%q", r.out)
	}
}
