package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const notes = "../../testdata/guests/notes"

// testBinary builds the tests of a guest as go test does.
func (sh *shell) testBinary(pkg string) string {
	sh.t.Helper()
	if testing.Short() {
		sh.t.Skip("builds a guest")
	}
	build := exec.Command("go", "test", "-c", "-o", sh.path("guest.test"), pkg)
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		sh.t.Fatalf("build: %v\n%s", err, out)
	}
	return sh.path("guest.test")
}

func TestTestexec(t *testing.T) {
	sh := newShell(t)
	binary := sh.testBinary(notes)
	testexec := func(flags []string, args ...string) []string {
		return slices.Concat([]string{"testexec", "--engine", "interpreter", "--manifest", notes + "/manifest.toml"}, flags, []string{binary, "-test.v=true"}, args)
	}
	script := []string{"--agent", notes + "/testdata/agent.toml", "--fail-on-leaks"}

	t.Run("real databases and a scripted agent", func(t *testing.T) {
		r := sh.want(exOK, testexec(script, "-test.testlogfile="+sh.path("log"), "-test.timeout=1m0s", "-test.skip=Bad"),
			"--- PASS: TestNotesAreKept", "--- PASS: TestScript", "--- PASS: TestFactsAreTheHosts", "a word to the log")
		if strings.Contains(r.out, "SKIP") || strings.Contains(r.err, "left open") {
			t.Errorf("out %s\nerr %s", r.out, r.err)
		}
	})
	t.Run("what is left open is named, and is a failure if asked", func(t *testing.T) {
		sh.want(exOK, testexec(nil, "-test.run=BadLeak"), "--- PASS", "left open:", `sqlite.connection 1, from sqlite.open "main"`)
		sh.want(exTestFailed, testexec(script, "-test.run=BadLeak"), "--- PASS", "left open: 1", "hint:")
	})
	t.Run("a failure is the test's to explain", func(t *testing.T) {
		r := sh.want(1, testexec(nil, "-test.run=BadFailure"), "as wanted", "--- FAIL: TestBadFailure")
		if r.err != "" {
			t.Errorf("err %s", r.err)
		}
	})
	t.Run("a test that cannot hear its own time-out is ended", func(t *testing.T) {
		sh.want(exTestFailed, testexec(nil, "-test.run=BadLoop", "-test.timeout=1ms"), "the limit is over")
	})
	t.Run("a signal ends it", func(t *testing.T) {
		s := sh.start(testexec(nil, "-test.run=BadLoop")...)
		until(t, "the test runs", func() bool { return strings.Contains(s.out.String(), "=== RUN") })
		if code := sh.ends(s, syscall.SIGTERM); code != exSignal+int(syscall.SIGTERM) || !strings.Contains(s.err.String(), "the test was ended: received the signal") {
			t.Errorf("ended with %d: %s", code, s.err)
		}
	})
	t.Run("a signal ends it while it is read and compiled", func(t *testing.T) {
		for s, after := range map[syscall.Signal]time.Duration{syscall.SIGINT: 0, syscall.SIGTERM: 200 * time.Millisecond} {
			time.AfterFunc(after, func() { sh.signals <- s })
			r := sh.want(exSignal+int(s), testexec([]string{"--engine", "compiler"}), "the test was ended: received the signal")
			if strings.Contains(r.out, "---") {
				t.Errorf("it ran: %s", r.out)
			}
		}
	})
}

func TestTestexecRefuses(t *testing.T) {
	sh := newShell(t)
	module := sh.write("m.wasm", string(emptyCommand()))
	good := sh.write("manifest.toml", quietManifest)
	tests := []struct {
		code int
		args []string
		says string
	}{
		{exUsage, []string{"testexec"}, "hint:"},
		{exUsage, []string{"testexec", "--engine", "steam", module}, `not "steam"`},
		{exNoInput, []string{"testexec", sh.path("none.wasm")}, "no such file"},
		{exDataErr, []string{"testexec", "--manifest", module, module}, "m.wasm: "},
		{exDataErr, []string{"testexec", "--manifest", good, "--agent", module, module}, "m.wasm: "},
		{exDataErr, []string{"testexec", "--manifest", good, "--agent", sh.write("a.toml", "[[rules]]\nwenn = 1\n"), module}, "rules.wenn"},
		{exNoInput, []string{"testexec", "--manifest", good, "--agent", sh.path("none"), module}, "none"},
	}
	for _, test := range tests {
		sh.want(test.code, test.args, test.says)
	}
	sh.want(exOK, []string{"testexec", "--manifest", good, module, "--help"}) // what follows the module is the module's
}

// The manifest is the one beside the test, or above it within the Go module.
func TestTestexecFindsTheManifest(t *testing.T) {
	top := t.TempDir()
	below := filepath.Join(top, "mod", "store", "rows")
	if err := os.MkdirAll(below, 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(path string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(top, path), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(below)
	find := func(want string) {
		t.Helper()
		got, err := (&testRun{}).manifestPath()
		if want != "" {
			want = filepath.Join(top, want)
		}
		if got != want || err != nil {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	write("mod/go.mod")
	write("manifest.toml")
	find("") // it is another module's
	write("mod/manifest.toml")
	find("mod/manifest.toml")
	write("mod/store/rows/manifest.toml")
	find("mod/store/rows/manifest.toml")
}

func TestTestLimit(t *testing.T) {
	for want, args := range map[time.Duration][]string{
		0: {"-test.v=true", "-test.timeout=soon", "-test.timeout=0"}, time.Minute + testGrace: {"-test.run=x", "-test.timeout=1m0s"},
	} {
		if got := testLimit(args); got != want {
			t.Errorf("%q: %v", args, got)
		}
	}
}
