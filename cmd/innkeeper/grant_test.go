package main

import (
	"strings"
	"testing"
)

func TestGrantIsShownAndWritten(t *testing.T) {
	sh := newShell(t)
	sh.public("mine.wasm")
	before := "# my house\n[adapters.mine] # the public one\nmodule = \"mine.wasm\"\ntoken = \"q7Jw0zPv2Lk9xTeR5mYd\"\n"
	sh.write("innkeeper.toml", before)
	sh.want(exConfig, []string{"check"}, "no: ungranted", "listen 0.0.0.0:0")
	sh.want(exOK, []string{"grant", "mine"}, "granted to mine: listen 0.0.0.0:0", "nothing runs")
	want := strings.Replace(before, "one\n", "one\ngrants = [\"listen 0.0.0.0:0\"]\n", 1)
	if got := sh.read("innkeeper.toml"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	sh.want(exOK, []string{"check"}, "yes")
	sh.want(exOK, []string{"grant", "mine"}, "granted already")
	if got := sh.read("innkeeper.toml"); got != want {
		t.Errorf("the second time it was written again: %q", got)
	}
}

func TestGrantTellsTheRunningHost(t *testing.T) {
	sh := newShell(t)
	sh.public("mine.wasm")
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"mine.wasm\"\ntoken = \"q7Jw0zPv2Lk9xTeR5mYd\"\n")
	h := &fakeHost{adapters: threeAdapters()}
	sh.host(h)
	sh.want(exOK, []string{"grant", "mine"}, "read by the running host")
	if len(h.ran) != 1 || h.ran[0] != "reload" {
		t.Errorf("%q", h.ran)
	}
}

func TestGrantOfWhatCannotBeGranted(t *testing.T) {
	sh := newShell(t)
	sh.quiet()
	sh.public("mine.wasm")
	toml := "[adapters]\nquiet = { module = \"quiet.wasm\", token = \"t\" }\nbroken = { module = \"gone.wasm\" }\nmine.module = \"mine.wasm\"\n"
	sh.write("innkeeper.toml", toml)
	sh.want(exOK, []string{"grant", "quiet"}, "nothing that needs a grant")
	sh.want(exUsage, []string{"grant", "nobody"}, "there is no adapter nobody")
	sh.want(exConfig, []string{"grant", "broken"}, "gone.wasm")
	sh.want(exConfig, []string{"grant", "mine"}, "no place", `grants = ["listen 0.0.0.0:0"]`)
	sh.want(exUsage, []string{"grant"}, "hint:")
	if got := sh.read("innkeeper.toml"); got != toml {
		t.Errorf("%q", got)
	}
}
