package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"syscall"
	"testing"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/ordinaryfile"
)

// stuck is a stream whose reader has stopped: a write returns when the test ends.
type stuck chan struct{}

func (s stuck) Write([]byte) (int, error) {
	<-s
	return 0, errors.New("the reader has gone")
}

// A log that nobody reads holds up nothing: commands, a reload by signal, the end.
func TestNobodyReadsTheLog(t *testing.T) {
	sh := newShell(t)
	sh.quiet()
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"quiet.wasm\"\ntoken = \"t\"\n")
	never := make(stuck)
	defer close(never)
	s := sh.startWith(func(io *stdio) { io.out, io.err = never, never }, "run", "--log-level", "debug")
	until(t, "the host runs", func() bool {
		status, err := admin.NewClient(sh.path("data")).Status(t.Context())
		return err == nil && settled(status.Adapters)
	})
	for generation := 2; generation < 5; generation++ {
		sh.want(exOK, []string{"restart", "mine"}, "mine: connected")
	}
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"quiet.wasm\"\ntoken = \"other\"\n")
	sh.signals <- syscall.SIGHUP
	until(t, "another generation", func() bool { return sh.adapter("mine").Generation == 5 && sh.adapter("mine").State == "connected" })
	if code := sh.ends(s, syscall.SIGTERM); code != exOK {
		t.Errorf("ended with %d", code)
	}
}

// What is said last appears, also by a run that fails.
func TestTheLastLinesAppear(t *testing.T) {
	sh := newShell(t)
	sh.quiet()
	sh.write("innkeeper.toml", "[adapters.mine]\nmodule = \"quiet.wasm\"\ntoken = \"t\"\n")
	s := sh.runs()
	sh.want(exTempFail, []string{"run"}, "another innkeeper runs", "hint: ")
	sh.ends(s, syscall.SIGTERM)
	lines := strings.Split(strings.TrimSpace(s.err.String()), "\n")
	if last := lines[len(lines)-1]; !strings.Contains(last, `"msg":"stopped"`) {
		t.Errorf("the last line is %s", last)
	}
}

// What did not get through is shown with the status.
func TestStatusShowsWhatWasLost(t *testing.T) {
	sh := newShell(t)
	a := &app{stdio: sh.stdio(&buffer{}, &buffer{})}
	a.queueOutput()
	a.queued.flush()
	a.logger(slog.LevelInfo).Info("after the end")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	hangs := make(chan struct{})
	defer close(hangs)
	_, _ = ordinaryfile.Within(over, &a.files, "share", func() (int, error) { <-hangs; return 0, nil })
	c := newControl(&fakeHost{}, nil)
	c.losses = a.losses
	if house := c.Status().House; house.LogDropped != 1 || house.ReadsGivenUp != 1 || house.ReadsHanging != 1 {
		t.Errorf("%+v", house)
	}
}
