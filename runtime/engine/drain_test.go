package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/mailbox"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/outcome"
)

// echoEvent prints the next event, header and payload, to stdout.
func echoEvent(b *wt.Builder, wait, recv, write, buffer int) wt.Code {
	iov := buffer + 512
	return wt.I64Const(-1) + wt.Call(uint32(wait)) + wt.Drop +
		wt.I32Const(iov) + wt.I32Const(buffer) + wt.I32Store +
		wt.I32Const(iov+4) + wt.I32Const(buffer) + wt.I32Const(512) + wt.Call(uint32(recv)) + wt.I32Store +
		wt.I32Const(1) + wt.I32Const(iov) + wt.I32Const(1) + wt.I32Const(iov) + wt.Call(uint32(write)) + wt.Drop
}

// A guest is told that it must end, why, and how long it has; here it ends.
func TestShutdownReachesTheGuest(t *testing.T) {
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		b := wt.New()
		ready, wait, recv := importReady(b), importWait(b), importRecv(b)
		write := b.Import("wasi_snapshot_preview1", "fd_write", wt.I32x(4), wt.I32)
		exit := b.ProcExit()
		b.Main("", wt.Call(ready), wt.Drop, echoEvent(b, int(wait), int(recv), int(write), b.Reserve(1024)), wt.I32Const(0), wt.Call(exit))
		program := compile(t, b.Build(), nil, interpreter)
		s := newStay()
		ctx, stop := context.WithCancelCause(context.Background())
		s.OnReady = func() { s.note("ready"); stop(asked("reload")) }
		check(t, s.finished(t, program.Run(ctx, s.Instance)), outcome.Done, "exit")
		ask := abi.Shutdown{DrainMS: uint32(patience.Milliseconds()), Reason: "reload"}
		if want := string(ask.Append(abi.AppendEventHeader(nil, abi.EventShutdown, 0))); s.printed.String() != want {
			t.Errorf("event %q, want %q", s.printed.String(), want)
		}
		if got := strings.Join(s.events, ", "); got != "ready, detach: reload, finish" {
			t.Errorf("callbacks %q", got)
		}
	})
}

// A guest that ignores the shutdown is killed at the end of the drain budget, and that is no failure of it.
func TestShutdownIgnored(t *testing.T) {
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		program := compile(t, server(func(b *wt.Builder, wait uint32) wt.Code { return wt.Forever(untilEvent(b, wait)) }), nil, interpreter)
		s := newStay()
		ctx, stop := context.WithCancelCause(context.Background())
		s.OnReady = func() { stop(outcome.Stop{Reason: "stop", Budget: brief}) }
		check(t, s.finished(t, program.Run(ctx, s.Instance)), outcome.Done, "stopped")
	})
}

// How the guest ends after a shutdown is still told.
func TestTrapWhileDraining(t *testing.T) {
	program := compile(t, server(func(b *wt.Builder, wait uint32) wt.Code { return untilEvent(b, wait) + wt.Unreachable }), nil, false)
	s := newStay()
	ctx, stop := context.WithCancelCause(context.Background())
	s.OnReady = func() { stop(asked("stop")) }
	check(t, s.finished(t, program.Run(ctx, s.Instance)), outcome.Retry, "trap")
}

// A guest that is not serving yet has nothing to drain: it is ended at once, whatever the drain budget.
func TestStopBeforeReady(t *testing.T) {
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		waiting := make(chan struct{})
		b := wt.New()
		mark, wait := importTest(b, "mark"), importWait(b)
		b.Main("", wt.Call(mark), wt.Forever(wt.I64Const(-1), wt.Call(wait), wt.Drop))
		program := compile(t, b.Build(), host{"mark": func(context.Context) { close(waiting) }}, interpreter)
		s := newStay()
		ctx, stop := context.WithCancelCause(context.Background())
		go func() { <-waiting; stop(asked("stop")) }()
		check(t, s.finished(t, program.Run(ctx, s.Instance)), outcome.Done, "stopped")
		if got := strings.Join(s.events, ", "); got != "detach: stop, finish" {
			t.Errorf("callbacks %q", got)
		}
	})
}

// A run whose context is over before it begins ends in the same way.
func TestStopBeforeTheStart(t *testing.T) {
	program := compile(t, server(untilEvent), nil, false)
	s := newStay()
	ctx, stop := context.WithCancelCause(context.Background())
	stop(asked("stop"))
	exit := s.finished(t, program.Run(ctx, s.Instance))
	if exit.Verdict != outcome.Done {
		t.Errorf("%+v", exit)
	}
	for _, event := range s.events {
		if event == "ready" {
			t.Errorf("callbacks %q", s.events)
		}
	}
}

// steps is a mailbox that notes what a shutdown does with it.
type steps struct {
	engine.Mailbox
	of *stay
}

func (m steps) RefuseNew() {
	m.of.note("refuse new")
	m.Mailbox.RefuseNew()
}

func (m steps) PostLevel(kind abi.EventKind, handle uint32, payload []byte) error {
	m.of.note("post")
	return m.Mailbox.PostLevel(kind, handle, payload)
}

// Callers go elsewhere before the mailbox refuses what they bring, or one who comes in between is refused for nothing. When the
// guest hears of the shutdown new work is refused, and open work still brings its events.
func TestMailboxWhileDraining(t *testing.T) {
	program := compile(t, server(func(b *wt.Builder, wait uint32) wt.Code { return untilEvent(b, wait) }), nil, false)
	s := newStay()
	s.Mailbox = steps{s.Mailbox, s}
	ctx, stop := context.WithCancelCause(context.Background())
	s.OnReady = func() { stop(asked("stop")) }
	s.Ended = func() {
		if err := s.guest.Mailbox.PostNew(abi.EventHTTPRequest, 1, nil, true); !errors.Is(err, mailbox.ErrSealed) {
			t.Errorf("new work after the shutdown: %v", err)
		}
		if err := s.guest.Mailbox.Post(abi.EventHTTPGone, 1, nil); err != nil {
			t.Errorf("an event of open work: %v", err)
		}
	}
	check(t, s.finished(t, program.Run(ctx, s.Instance)), outcome.Done, "exit")
	if got := strings.Join(s.events, ", "); got != "detach: stop, refuse new, post, finish" {
		t.Errorf("%q", got)
	}
}

// A second wish with less time takes the place of the first: who waits out a long budget must not keep the host from stopping.
func TestSoonerShutdownShortensTheBudget(t *testing.T) {
	program := compile(t, server(func(b *wt.Builder, wait uint32) wt.Code { return wt.Forever(untilEvent(b, wait)) }), nil, false)
	s := newStay()
	sooner := make(chan outcome.Stop, 1)
	s.Sooner = sooner
	ctx, stop := context.WithCancelCause(context.Background())
	s.OnReady = func() {
		stop(outcome.Stop{Reason: "handover", Budget: time.Hour})
		sooner <- outcome.Stop{Reason: "stop", Budget: brief}
	}
	check(t, s.finished(t, program.Run(ctx, s.Instance)), outcome.Done, "stopped")
}

// Without a budget there is nothing to wait for, however long the guest would go on.
func TestShutdownWithoutABudgetCuts(t *testing.T) {
	program := compile(t, server(func(b *wt.Builder, wait uint32) wt.Code { return wt.Forever(untilEvent(b, wait)) }), nil, false)
	s := newStay()
	ctx, stop := context.WithCancelCause(context.Background())
	s.OnReady = func() { stop(outcome.Stop{Reason: "restart"}) }
	check(t, s.finished(t, program.Run(ctx, s.Instance)), outcome.Done, "stopped")
}
