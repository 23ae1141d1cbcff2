package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"innkeeper/runtime/admin"
)

// asCommand makes the test program the command itself, for programs that call it.
const asCommand = "INNKEEPER_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	compiles := len(os.Args) > 1 && os.Args[1] == compileName // which the program under test calls, without an environment
	if compiles || os.Getenv(asCommand) != "" {
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

// readmeCommands are the commands with which the README writes an adapter.
func readmeCommands(t *testing.T) (commands []string) {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Write an adapter\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		if command, indented := strings.CutPrefix(line, "    "); indented {
			commands = append(commands, strings.TrimSpace(command))
		}
	}
	if len(commands) < 5 {
		t.Fatalf("commands %q", commands)
	}
	return commands
}

// From an empty folder, with nothing but Go and the binary, to an adapter that is tested, accepted and answers: as the README says.
func TestReadmesAdapter(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	a, commands := newAuthor(t), readmeCommands(t)
	last := len(commands) - 1
	out := a.does([]string{"PATH=" + a.dir + string(os.PathListSeparator) + os.Getenv("PATH")}, "sh", "-ec", strings.Join(commands[:last], "\n"))
	if n := strings.Count(out, "ok  \tmine"); n != 2 {
		t.Errorf("%d test runs passed, want 2:\n%s", n, out)
	}
	key, found := strings.CutSuffix(commands[last], " innkeeper run")
	name, value, _ := strings.Cut(key, "=")
	if !found || value == "" {
		t.Fatalf("the last command is %q", commands[last])
	}
	a.env[name] = value
	a.write("innkeeper.toml", "[adapters.hello]\nlisten = \"127.0.0.1:0\"\n") // the README's address may be taken here
	a.want(exOK, []string{"check"}, "hello", "yes")
	s := a.runs()
	address := a.address("hello")
	response, err := http.Get("http://" + address + "/hello?name=you")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "Hello, you!\n" {
		t.Errorf("%q, %v", body, err)
	}
	if code := a.ends(s, syscall.SIGTERM); code != exOK {
		t.Errorf("ended with %d: %s", code, s.err)
	}
}

// address is where the running host serves an adapter.
func (sh *shell) address(adapter string) string {
	sh.t.Helper()
	status, err := admin.NewClient(sh.path("data")).Status(sh.t.Context())
	if err != nil {
		sh.t.Fatal(err)
	}
	for _, a := range status.Adapters {
		if a.Name == adapter {
			return a.Listen
		}
	}
	sh.t.Fatalf("%s does not run", adapter)
	return ""
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
