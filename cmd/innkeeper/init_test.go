package main

import (
	"os"
	"runtime"
	"testing"
)

func TestInitWritesAKeyForTheOwnerOnlyAndOnce(t *testing.T) {
	sh := newShell(t)
	sh.want(exOK, []string{"init"}, "wrote "+sh.path("innkeeper.toml"), "next: innkeeper -c ")
	before := sh.read("innkeeper.toml")
	info, err := os.Stat(sh.path("innkeeper.toml"))
	if err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	sh.want(exCantCreate, []string{"init"}, "there already", "hint: run it with:")
	if sh.read("innkeeper.toml") != before {
		t.Error("the second init changed the file")
	}
	other := newShell(t)
	other.want(exOK, []string{"init"})
	if other.read("innkeeper.toml") == before {
		t.Error("two files have the same key")
	}
}

func TestInitWhereNoFileCanBe(t *testing.T) {
	sh := newShell(t)
	blocked := sh.write("file", "")
	sh.want(exCantCreate, []string{"init", "-c", blocked + "/innkeeper.toml"}, "innkeeper: config[")
}
