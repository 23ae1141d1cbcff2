package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// asCommand makes the test program the command itself, for programs that call it.
const asCommand = "INNKEEPER_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(run(context.Background(), os.Args[1:], processIO()))
	}
	os.Exit(m.Run())
}

// author is somebody who has Go and the binary, and no network.
type author struct {
	*shell
	environ []string
}

func newAuthor(t *testing.T) author {
	t.Helper()
	if testing.Short() {
		t.Skip("builds guests")
	}
	a := author{shell: newShell(t)}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, a.path("innkeeper")); err != nil {
		t.Skip("links: ", err)
	}
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	a.environ = append(os.Environ(), asCommand+"=1", "GOPROXY=off", "GOFLAGS=-mod=mod", "GOWORK=off", "GOTOOLCHAIN=local", "GO111MODULE=",
		"GOMODCACHE="+a.path("nothing"), "GOCACHE="+strings.TrimSpace(string(cache)))
	return a
}

var guestTarget = []string{"GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0"}

// does runs a program in the author's folder.
func (a author) does(environ []string, name string, args ...string) string {
	a.t.Helper()
	command := exec.Command(name, args...)
	command.Dir, command.Env = a.dir, slices.Concat(a.environ, environ)
	out, err := command.CombinedOutput()
	if err != nil {
		a.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// From an empty folder, with nothing but Go and the binary, to an adapter that is tested in the sandbox and accepted by the host.
func TestAdapterFromAnEmptyFolder(t *testing.T) {
	a := newAuthor(t)
	a.does(nil, "./innkeeper", "sdk", "sdk")
	example, err := filepath.Glob(a.path("sdk/adapters/hello/*"))
	if err != nil || len(example) == 0 {
		t.Fatal(err)
	}
	for _, file := range example {
		if err := os.Rename(file, a.path(filepath.Base(file))); err != nil {
			t.Fatal(err)
		}
	}
	a.does(nil, "go", "mod", "init", "mine")
	a.does(nil, "go", "mod", "edit", "-require=innkeeper@v0.0.0", "-replace=innkeeper=./sdk")
	a.does(nil, "go", "mod", "tidy")
	a.does(nil, "go", "test", ".")
	if out := a.does(guestTarget, "go", "test", "-exec", a.path("innkeeper")+" testexec --fail-on-leaks", "-v", "."); !strings.Contains(out, "--- PASS: TestInTheSandbox") {
		t.Errorf("the tests in the sandbox: %s", out)
	}
	a.does(guestTarget, "go", "build", "-o", "mine.wasm", ".")
	a.does(nil, "./innkeeper", "pack", "mine.wasm", "manifest.toml")
	a.write("innkeeper.toml", "[adapters.hello]\nmodule = \"mine.wasm\"\nkey = \""+goodKey+"\"\n")
	if out := a.does(nil, "./innkeeper", "check", "-c", "innkeeper.toml"); !strings.Contains(out, "yes") {
		t.Errorf("check: %s", out)
	}
}

// What the binary carries compiles without anything else, where guests are built and where their tests run.
func TestSDKCompilesAlone(t *testing.T) {
	a := newAuthor(t)
	a.does(nil, "./innkeeper", "sdk", "sdk")
	a.dir = a.path("sdk")
	for _, environ := range [][]string{nil, guestTarget} {
		a.does(environ, "go", "build", "./...")
		a.does(environ, "go", "vet", "-unsafeptr=false", "./...")
	}
	if list := a.does(nil, "go", "list", "-m", "all"); list != "innkeeper\n" {
		t.Errorf("it requires %s", list)
	}
	version := a.does(nil, "go", "list", "-m", "-f", "{{.GoVersion}}")
	if own, err := exec.Command("go", "list", "-m", "-f", "{{.GoVersion}}").Output(); err != nil || string(own) != version {
		t.Errorf("its Go version is %s, the host's %s (%v)", version, own, err)
	}
}

func TestSDKReplacesItsOwnFolderOnly(t *testing.T) {
	sh := newShell(t)
	dir := sh.path("sdk")
	write := []string{"sdk", dir}
	sh.want(exOK, write, "wrote the SDK to "+dir, "-replace=innkeeper="+dir)
	mod := sh.read("sdk/go.mod")
	stale, loop := sh.write("sdk/adapters/stale.go", "x"), sh.path("sdk/adapters/sdk/loop.go")
	if err := os.Remove(loop); err != nil {
		t.Fatal(err)
	}
	sh.want(exOK, write) // again
	if there(stale) || !there(loop) || sh.read("sdk/go.mod") != mod {
		t.Error("the second time does not give what the first did")
	}

	mine := sh.path("mine")
	if err := os.Mkdir(mine, 0o700); err != nil {
		t.Fatal(err)
	}
	sh.want(exOK, []string{"sdk", mine}) // an empty folder is nobody's
	if err := os.Remove(filepath.Join(mine, sdkMarker)); err != nil {
		t.Fatal(err)
	}
	sh.want(exCantCreate, []string{"sdk", mine}, "was not written by this command", "hint:")
	sh.want(exCantCreate, []string{"sdk", sh.write("file", "x")}, "file: not a folder")
	sh.want(exCantCreate, []string{"sdk", sh.path("file/below")})
	sh.want(exCantCreate, []string{"sdk", sh.path("no/such/folder")})
	left, err := filepath.Glob(sh.path(".innkeeper-sdk-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %q, %v", left, err)
	}
}
