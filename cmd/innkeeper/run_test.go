package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"innkeeper/runtime/admin"
)

// until polls for something that happens in another goroutine or process.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never: %s", what)
		}
	}
}

// runs starts the host and waits until its adapters have settled.
func (sh *shell) runs(args ...string) *started {
	sh.t.Helper()
	s := sh.start(append([]string{"run"}, args...)...)
	sh.t.Cleanup(func() {
		if sh.t.Failed() {
			sh.t.Logf("the host's log:\n%s", s.err)
		}
	})
	until(sh.t, "the host runs", func() bool {
		select {
		case code := <-s.code:
			sh.t.Fatalf("ended with %d: %s", code, s.err)
		default:
		}
		status, err := admin.NewClient(sh.path("data")).Status(sh.t.Context())
		return err == nil && settled(status.Adapters)
	})
	return s
}

// ends sends a signal and returns the exit code.
func (sh *shell) ends(s *started, with os.Signal) int {
	sh.t.Helper()
	sh.signals <- with
	select {
	case code := <-s.code:
		return code
	case <-time.After(time.Minute):
		sh.t.Fatal("it does not end")
		return 0
	}
}

func (sh *shell) adapter(name string) admin.Adapter {
	sh.t.Helper()
	status, err := admin.NewClient(sh.path("data")).Status(sh.t.Context())
	if err != nil {
		sh.t.Fatal(err)
	}
	return adapterOf(status, name)
}

func TestADayOfAnAdapter(t *testing.T) {
	sh := newShell(t)
	sh.quiet()
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"quiet.wasm\"\ntoken = \"t\"\n")
	s := sh.runs()
	sh.want(exOK, []string{"status"}, "mine", "connected")
	sh.want(exTempFail, []string{"run"}, "another innkeeper runs with data folder", fmt.Sprintf("pid %d", os.Getpid()))
	sh.want(exOK, []string{"restart", "mine"}, "mine: connected (generation 2)")
	sh.want(exOK, []string{"pause", "mine"}, "mine: paused")
	sh.want(exTempFail, []string{"restart", "mine"}, "paused")
	sh.want(exOK, []string{"resume", "mine"}, "mine: connected (generation 3)")
	sh.want(exTempFail, []string{"resume", "mine"}, "not paused")
	sh.want(exUsage, []string{"restart", "other"}, "no such adapter")
	sh.want(exOK, []string{"reload"}, "no adapter changed")

	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"quiet.wasm\"\ntoken = \"t\"\nnonsense = 1\n")
	sh.want(exConfig, []string{"reload"}, "innkeeper.toml:4:1:", "hint: "+keptHint)
	sh.want(exOK, []string{"status"}, "connected")
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"quiet.wasm\"\n")
	sh.want(exOK, []string{"reload"}, "mine: unconfigured", `"token"`)
	sh.write("innkeeper.toml", "[adapters.other]\nmodule = \"quiet.wasm\"\ntoken = \"t\"\n")
	sh.want(exOK, []string{"reload"}, "mine: removed", "other: connected")
	sh.write("innkeeper.toml", "[agent]\ndelay = \"1ms\"\n[adapters.other]\nmodule = \"quiet.wasm\"\ntoken = \"t\"\n")
	sh.want(exOK, []string{"reload"}, "the agent changed")

	if code := sh.ends(s, syscall.SIGTERM); code != exOK {
		t.Errorf("ended with %d: %s", code, s.err)
	}
	if s.out.String() != "" {
		t.Errorf("printed to something that is no terminal: %q", s.out)
	}
	for line := range strings.Lines(s.err.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a log line that is no JSON: %s", line)
		}
	}
	sh.want(exUnavailable, []string{"status"}, "not running")
}

func TestSIGHUPReloads(t *testing.T) {
	sh := newShell(t)
	sh.quiet()
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"quiet.wasm\"\ntoken = \"t\"\n")
	s := sh.runs()
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"quiet.wasm\"\ntoken = \"other\"\n")
	sh.signals <- syscall.SIGHUP
	until(t, "the second generation", func() bool { return sh.adapter("mine").Generation == 2 && sh.adapter("mine").State == "connected" })
	sh.write("innkeeper.toml", "nonsense = 1\n")
	sh.signals <- syscall.SIGHUP
	until(t, "a word about the broken file", func() bool { return strings.Contains(s.err.String(), "innkeeper.toml:1:1:") })
	if got := sh.adapter("mine"); got.State != "connected" || got.Generation != 2 {
		t.Errorf("after a broken reload: %+v", got)
	}
	if code := sh.ends(s, syscall.SIGTERM); code != exOK {
		t.Errorf("ended with %d: %s", code, s.err)
	}
}

// The same signal comes when the terminal is closed, and then it must not leave a process behind that nobody sees.
func TestSIGHUPOfAClosedTerminalEnds(t *testing.T) {
	sh := newShell(t)
	sh.terminal = true
	sh.write("innkeeper.toml", "")
	gone := make(chan struct{})
	s := sh.startWith(func(io *stdio) {
		io.terminal = func(stream any) bool {
			select {
			case <-gone:
				return false
			default:
				return true
			}
		}
	}, "run")
	until(t, "the summary", func() bool { return strings.Contains(s.out.String(), "Ctrl-C") })
	close(gone)
	if code := sh.ends(s, syscall.SIGHUP); code != exOK {
		t.Errorf("ended with %d: %s", code, s.err)
	}
}

func TestNothingRunsWithoutItsSettingAndThePersonIsTold(t *testing.T) {
	sh := newShell(t)
	sh.terminal, sh.env["NO_COLOR"] = true, "1"
	sh.quiet()
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"quiet.wasm\"\n")
	s := sh.runs()
	until(t, "the summary", func() bool { return strings.Contains(s.out.String(), "Ctrl-C") })
	for _, want := range []string{"unconfigured", `"token"`, "reload"} {
		if !strings.Contains(s.out.String(), want) {
			t.Errorf("does not say %q: %s", want, s.out)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(sh.path("data"), "mine")); err == nil {
		t.Errorf("it has a folder: %v", entries)
	}
	if code := sh.ends(s, os.Interrupt); code != exOK {
		t.Errorf("ended with %d: %s", code, s.err)
	}
}

func TestAdapterThatWillNotEndIsCutAndSaidSo(t *testing.T) {
	sh := newShell(t)
	sh.stubborn()
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"stubborn.wasm\"\ntoken = \"t\"\nbudgets = { drain = \"20ms\" }\n")
	s := sh.runs()
	if code := sh.ends(s, syscall.SIGTERM); code != exTempFail || !strings.Contains(s.err.String(), "not drained in time, open work was cut: mine (20ms)") {
		t.Errorf("ended with %d: %s", code, s.err)
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	sh := newShell(t)
	sh.stubborn()
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"stubborn.wasm\"\ntoken = \"t\"\nbudgets = { drain = \"10s\" }\n")
	s := sh.runs()
	sh.signals <- os.Interrupt
	until(t, "it is stopping", func() bool { return sh.adapter("mine").State == "stopping" })
	sh.signals <- syscall.SIGHUP // is no second signal
	if code := sh.ends(s, syscall.SIGTERM); code != exSignal+int(syscall.SIGTERM) || !strings.Contains(s.err.String(), "second signal") {
		t.Errorf("ended with %d: %s", code, s.err)
	}
}

func TestRunInitWritesAConfigurationOnce(t *testing.T) {
	sh := newShell(t)
	sh.write("data", "") // a file where the data folder belongs: the run goes no further than that
	sh.want(exCantCreate, []string{"run", "--init"}, "wrote ", "data folder", "hint: data_dir in ")
	before := sh.read("innkeeper.toml")
	if r := sh.want(exCantCreate, []string{"run", "--init"}); strings.Contains(r.err, "wrote") || sh.read("innkeeper.toml") != before {
		t.Errorf("the second run wrote it anew: %s", r.err)
	}
	if !strings.Contains(before, `key = "ik_`) || strings.Contains(before, "@KEY@") {
		t.Error("the configuration has no key")
	}
}

// However often somebody asks for a reload, nothing that did not change is touched; a file that cannot be used changes nothing.
func TestAHundredSIGHUPs(t *testing.T) {
	sh := newShell(t)
	sh.quiet()
	const good = "[adapters.mine]\nmodule = \"quiet.wasm\"\ntoken = \"t\"\n"
	sh.write("innkeeper.toml", good)
	s := sh.runs()
	for range 100 {
		sh.signals <- syscall.SIGHUP
	}
	until(t, "it was reloaded", func() bool { return strings.Contains(s.err.String(), `"msg":"configuration reloaded"`) })
	sh.write("innkeeper.toml", good+"nonsense = 1\n")
	for range 100 {
		sh.signals <- syscall.SIGHUP
	}
	until(t, "the bad file was refused", func() bool { return strings.Contains(s.err.String(), `"msg":"reload"`) })
	if a := sh.adapter("mine"); a.Generation != 1 || a.State != "connected" {
		t.Errorf("%+v", a)
	}
	if code := sh.ends(s, syscall.SIGTERM); code != exOK {
		t.Errorf("ended with %d: %s", code, s.err)
	}
}
