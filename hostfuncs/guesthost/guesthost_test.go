package guesthost_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/agentfn"
	"innkeeper/hostfuncs/configfn"
	"innkeeper/hostfuncs/eventfn"
	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/guesthost"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/hostfuncs/lifecyclefn"
	"innkeeper/hostfuncs/logfn"
	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/manifest"
)

// run is an agent that is one function.
type run func(ctx context.Context) error

func (r run) Run(ctx context.Context, _ agent.Turn, _ func(agent.Event) error) error { return r(ctx) }
func (run) Models(context.Context) []agent.Model                                     { return nil }
func (run) Close() error                                                             { return nil }

func until(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }

// plugs are the families that the tests use.
func plugs(answerer agent.Agent) []family.Plug {
	return []family.Plug{
		lifecyclefn.Plug(), eventfn.Plug(), configfn.Plug(), logfn.Plug(), sqlitefn.Plug(), httpfn.Plug(),
		agentfn.Plug(func() agent.Agent { return answerer }),
	}
}

func everything(t *testing.T) guesthost.Config {
	return guesthost.Config{
		Facts: family.Facts{
			Adapter: "api", Generation: 7, Version: "1.2.3", Folder: t.TempDir(), Secrets: map[string]bool{"token": true},
			Manifest: &manifest.Manifest{Families: []string{"sqlite", "http", "agent"}, Databases: []string{"main"}},
			Drain:    10 * time.Second, MaxBody: 1 << 20, Logger: slog.New(slog.DiscardHandler),
		},
		Families: plugs(run(until)), Settings: []byte(`{"greeting":"hello"}`), Quota: ledger.Quota{Total: 100},
	}
}

// end gives an instance back as the engine does.
func end(t *testing.T, g *guesthost.Guest) {
	t.Helper()
	g.Mailbox.RefuseNew()
	g.Kill(errors.New("over"))
	g.Mailbox.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := g.Ledger.CloseAll(ctx); err != nil {
		t.Errorf("close all: %v", err)
	}
	if err := g.Finish(ctx); err != nil {
		t.Errorf("finish: %v", err)
	}
	for kind, count := range g.Ledger.Counts() {
		if count.Open != 0 || count.Opened != count.Closed {
			t.Errorf("%s: %+v", kind, count)
		}
	}
}

// Making an instance opens nothing: no file, no descriptor, no goroutine, no handle.
func TestNewOpensNothing(t *testing.T) {
	cfg := everything(t)
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
	g := guesthost.New(context.Background(), cfg)
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	if n := openDescriptors(); n > descriptors {
		t.Errorf("%d descriptors, %d before", n, descriptors)
	}
	if entries, err := os.ReadDir(cfg.Folder); err != nil || len(entries) > 0 {
		t.Errorf("folder %v %v", entries, err)
	}
	if len(g.Ledger.Counts()) > 0 {
		t.Errorf("handles %v", g.Ledger.Counts())
	}
	end(t, g)
}

func openDescriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd") // none on systems without
	return len(entries)
}

// A family that was not granted is not there; those that open nothing every instance has.
func TestFamilies(t *testing.T) {
	for _, test := range []struct {
		families            []string
		sqlite, http, agent bool
	}{
		{nil, false, false, false},
		{[]string{"lifecycle", "event", "config", "log"}, false, false, false},
		{[]string{"sqlite"}, true, false, false},
		{[]string{"http", "agent"}, false, true, true},
		{[]string{"sqlite", "http", "agent"}, true, true, true},
	} {
		cfg := everything(t)
		cfg.Manifest = &manifest.Manifest{Families: test.families}
		g := guesthost.New(context.Background(), cfg)
		h := g.Host
		if h.Lifecycle == nil || h.Event == nil || h.Config == nil || h.Log == nil {
			t.Errorf("%v: %+v", test.families, h)
		}
		if (h.SQLite != nil) != test.sqlite || (h.HTTP != nil) != test.http || (h.Agent != nil) != test.agent {
			t.Errorf("%v: sqlite %v, http %v, agent %v", test.families, h.SQLite, h.HTTP, h.Agent)
		}
		if _, found := guesthost.Find[*httpfn.Family](g); found != test.http {
			t.Errorf("%v: found %v", test.families, found)
		}
		calls := g.Calls(nil)
		for i, plug := range cfg.Families {
			granted := plug.Always || slices.Contains(test.families, plug.ABI.Name)
			if (calls.Families[i] != nil) != granted {
				t.Errorf("%v: host calls reach %s: %v", test.families, plug.ABI.Name, !granted)
			}
		}
		end(t, g)
	}
}

type key struct{}

// An instance outlives the wish to stop it, by its drain budget: only Kill ends it.
func TestContext(t *testing.T) {
	parent, stop := context.WithCancel(context.WithValue(context.Background(), key{}, "value"))
	g := guesthost.New(parent, everything(t))
	stop()
	if err := g.Context.Err(); err != nil {
		t.Errorf("the instance ended with its parent: %v", err)
	}
	if g.Context.Value(key{}) != "value" {
		t.Error("the parent's values are gone")
	}
	why := errors.New("why")
	g.Kill(why)
	if context.Cause(g.Context) != why {
		t.Errorf("cause %v", context.Cause(g.Context))
	}
	if r := g.Host.Event.Wait(-1); r != abi.ECANCELED.Result() {
		t.Errorf("a wait after the kill: %d", r)
	}
	end(t, g)
}

func TestReady(t *testing.T) {
	g := guesthost.New(context.Background(), everything(t))
	defer end(t, g)
	select {
	case <-g.Ready:
		t.Error("ready before the guest said so")
	default:
	}
	if r := g.Host.Lifecycle.Ready(); r != 0 {
		t.Errorf("ready: %d", r)
	}
	<-g.Ready
	if r := g.Host.Lifecycle.Ready(); r != abi.EEXIST.Result() {
		t.Errorf("ready again: %d", r)
	}
}

// What changes while the guest runs comes as events.
func TestWhatTheGuestIsToldLater(t *testing.T) {
	g := guesthost.New(context.Background(), everything(t))
	defer end(t, g)
	if err := errors.Join(g.PredecessorEnded(6), g.ChangeSettings([]byte(`{"greeting":"bye"}`))); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 1024)
	for _, want := range [][]byte{
		(&abi.PredecessorEnded{Generation: 6}).Append(abi.AppendEventHeader(nil, abi.EventPredecessorEnded, 0)), abi.AppendEventHeader(nil, abi.EventSettingsChanged, 0),
	} {
		if got := buffer[:g.Host.Event.Recv(buffer)]; !bytes.Equal(got, want) {
			t.Errorf("event % x, want % x", got, want)
		}
	}
	if settings := string(buffer[:g.Host.Config.Read(buffer)]); settings != `{"greeting":"bye"}` {
		t.Errorf("settings %s", settings)
	}
}

// What the guest may know of itself, of its settings and of its secrets.
func TestWhatTheGuestIsTold(t *testing.T) {
	cfg := everything(t)
	cfg.Predecessor = func() uint64 { return 6 }
	g := guesthost.New(context.Background(), cfg)
	defer end(t, g)
	buffer := make([]byte, 1024)
	var info abi.LifecycleInfo
	want := abi.LifecycleInfo{Adapter: "api", Generation: 7, HostVersion: "1.2.3", DrainMS: 10_000, MaxBodyBytes: 1 << 20, Predecessor: 6}
	if !info.Read(buffer[:g.Host.Lifecycle.Info(buffer)]) || info != want {
		t.Errorf("info %+v, want %+v", info, want)
	}
	if settings := string(buffer[:g.Host.Config.Read(buffer)]); settings != `{"greeting":"hello"}` {
		t.Errorf("settings %s", settings)
	}
	if r := g.Host.Config.HasSecret([]byte("token")); r != 1 {
		t.Errorf("secret: %d", r)
	}
}

func TestFailure(t *testing.T) {
	cfg := everything(t)
	if err := os.WriteFile(filepath.Join(cfg.Folder, "main.db"), []byte(strings.Repeat("this is no database\n", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	g := guesthost.New(context.Background(), cfg)
	defer end(t, g)
	if f, said := g.Failure(); said {
		t.Errorf("nobody failed: %+v", f)
	}
	g.Host.Lifecycle.Fail([]byte("first guess"), 0, nil) // the last one counts
	g.Host.Lifecycle.Fail([]byte("guess"), 1, []byte("something is odd"))
	if f, said := g.Failure(); !said || f.Code != "guess" || !f.Retryable {
		t.Errorf("the guest's word: %+v", f)
	}
	var handle uint32
	if r := g.Host.SQLite.Open([]byte("main"), &handle); r == 0 {
		t.Fatal("a text file was opened as a database")
	}
	first, said := g.Failure()
	if !said || first.Code == "guess" || first.Retryable || first.Message == "" {
		t.Errorf("what a host function found must stand over the guest's word: %+v", first)
	}
	if cause := context.Cause(g.Context); cause != guesthost.ErrFatal {
		t.Errorf("the instance goes on, or ended by %v", cause)
	}
	g.Host.Lifecycle.Fail([]byte("later"), 1, nil)
	if f, _ := g.Failure(); f != first {
		t.Errorf("the first reason must stay: %+v", f)
	}
}

// Whatever a guest left open, the steps of a teardown give everything back.
func TestEverythingLeftOpen(t *testing.T) {
	cfg := everything(t)
	var log bytes.Buffer
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
	g := guesthost.New(context.Background(), cfg)
	var connection, statement, tail uint32
	for what, result := range map[string]func() int32{
		"open": func() int32 { return g.Host.SQLite.Open([]byte("main"), &connection) },
		"turn": func() int32 { return min(g.Host.Agent.Start([]byte(`{"messages":[]}`)), 0) },
	} {
		if r := result(); r != 0 {
			t.Fatalf("%s: %d", what, r)
		}
	}
	for _, sql := range []string{"CREATE TABLE t(x)", "BEGIN IMMEDIATE", "INSERT INTO t VALUES (1)"} {
		if r := g.Host.SQLite.Exec(connection, []byte(sql)); r != 0 {
			t.Fatalf("%s: %d", sql, r)
		}
	}
	if r := g.Host.SQLite.Prepare(connection, []byte("SELECT x FROM t"), &statement, &tail); r != 0 {
		t.Fatal(r)
	}
	if r := g.Host.SQLite.Step(statement); r != 100 {
		t.Fatal(r)
	}
	outcome := make(chan backend.Outcome, 1)
	go func() {
		http, _ := guesthost.Find[*httpfn.Family](g)
		outcome <- http.Serve(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), backend.Inbound{RequestID: "id"})
	}()
	for event := make([]byte, 1<<10); abi.EventKind(binary.LittleEndian.Uint32(event)) != abi.EventHTTPRequest; g.Host.Event.Recv(event) {
		if r := g.Host.Event.Wait(-1); r != 1 {
			t.Fatal(r)
		}
	}
	records, _ := guesthost.Find[*logfn.Family](g)
	if _, err := records.Lines(slog.LevelInfo, "stdout").Write([]byte("an unfinished line")); err != nil {
		t.Fatal(err)
	}
	if n := g.Ledger.Open(); n != 4 {
		t.Errorf("%d handles open, want 4: %v", n, g.Ledger.Counts())
	}
	end(t, g)
	if got := <-outcome; got != backend.Unanswered {
		t.Errorf("exchange ended as %v", got)
	}
	if !strings.Contains(log.String(), "an unfinished line") {
		t.Errorf("log %q", log.String())
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > goroutines; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
		}
	}
	if n := openDescriptors(); n > descriptors {
		t.Errorf("%d descriptors, %d before", n, descriptors)
	}
	entries, err := os.ReadDir(cfg.Folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("files %v %v, want the database alone", entries, err)
	}
}

// Finish waits for turns, whose goroutines outlive their handles, but not longer than it is told to.
func TestFinishWaitsForTurns(t *testing.T) {
	cfg := everything(t)
	release := make(chan struct{})
	cfg.Families = plugs(run(func(context.Context) error { <-release; return nil })) // deaf to its context
	g := guesthost.New(context.Background(), cfg)
	if r := g.Host.Agent.Start([]byte(`{"messages":[]}`)); r <= 0 {
		t.Fatal(r)
	}
	g.Kill(errors.New("over"))
	short, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_ = g.Ledger.CloseAll(short)
	if err := g.Finish(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	close(release)
	if err := g.Finish(context.Background()); err != nil {
		t.Errorf("after the turn has ended: %v", err)
	}
	if err := g.Ledger.CloseAll(context.Background()); err != nil || g.Ledger.Open() != 0 {
		t.Errorf("%v, %d open", err, g.Ledger.Open())
	}
}

// The engine may look while the guest still talks.
func TestFailureWhileTheGuestTalks(t *testing.T) {
	g := guesthost.New(context.Background(), everything(t))
	defer end(t, g)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { g.Host.Lifecycle.Fail([]byte("x"), 1, []byte("y")) })
		all.Go(func() { g.Failure() })
	}
	all.Wait()
}

// Families finish side by side: one that hangs takes no time from the others, and one that panics costs nobody anything.
func TestFamiliesFinishSideBySide(t *testing.T) {
	cfg := everything(t)
	finished, drained := make(chan struct{}), 0
	add := func(instance family.Instance) {
		cfg.Families = append(cfg.Families, family.Plug{Always: true, New: func(family.Core) family.Instance { return instance }})
	}
	add(family.Instance{Close: func(ctx context.Context) error { return until(ctx) }})
	add(family.Instance{Close: func(context.Context) error { panic("broken family") }})
	add(family.Instance{
		Drain: func() { drained++ },
		Close: func(ctx context.Context) error {
			if ctx.Err() == nil {
				close(finished)
			}
			return nil
		},
	})
	g := guesthost.New(context.Background(), cfg)
	if g.Drain(); drained != 1 {
		t.Errorf("drained %d times", drained)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	late := errors.New("late")
	go func() {
		<-finished
		cancel(late)
	}()
	if err := g.Finish(ctx); !errors.Is(err, late) || !strings.Contains(err.Error(), "broken family") {
		t.Errorf("got %v", err)
	}
}
