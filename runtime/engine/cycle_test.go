package engine_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/outcome"
)

// A stop or a kill may come at any moment of a run. Whatever the moment, the callbacks come in their order and nothing is
// left.
func TestStopAtEveryMoment(t *testing.T) {
	rounds := 600
	if testing.Short() {
		rounds = 100
	}
	onBothEngines(t, func(t *testing.T, interpreter bool) {
		b := wt.New()
		ready, wait := importReady(b), importWait(b)
		open := importTest(b, "open")
		b.Main(wt.I32, wt.Call(open), wt.Repeat(0, 2000, wt.Nop), wt.Call(open), wt.Call(ready), wt.Drop,
			wt.Repeat(0, 2000, wt.Nop), wt.Call(open), wt.I64Const(-1), wt.Call(wait), wt.Drop, wt.Repeat(0, 2000, wt.Nop))
		var s *stay // of the round
		program := compile(t, b.Build(), host{"open": func(context.Context) { _, _ = s.open(t, &resource{}) }}, interpreter)
		for round := range rounds {
			s = newStay()
			wish := asked("restart")
			if round%3 == 0 {
				wish.Budget = time.Duration(rand.IntN(1000) * 1000)
			}
			ctx, stop := context.WithCancelCause(context.Background())
			done := make(chan struct{})
			go func() {
				defer close(done)
				time.Sleep(time.Duration(rand.IntN(700)) * time.Microsecond)
				if stop(wish); round%2 == 0 {
					time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
					s.Kill(errors.New("kill"))
				}
			}()
			exit := s.finished(t, program.Run(ctx, s.Instance))
			<-done
			// "restart" as detach's reason, or "teardown" if the guest was gone before the stop.
			events := strings.NewReplacer("restart", "R", "teardown", "R").Replace(strings.Join(s.events, ", "))
			if events != "detach: R, finish" && events != "ready, detach: R, finish" {
				t.Fatalf("round %d: callbacks %q", round, s.events)
			}
			if !slices.Contains([]string{"exit", "stopped", "killed"}, exit.Code) {
				t.Fatalf("round %d: %+v", round, exit)
			}
		}
	})
}

// After a thousand generations that left handles open in many ways, there is as much of everything as there was after one,
// and no garbage collection had to help.
func TestThousandCyclesLeaveNothing(t *testing.T) {
	cycles := 1000
	if testing.Short() {
		cycles = 100
	}
	b := wt.New()
	open, exit := importTest(b, "open"), b.ProcExit()
	b.Main("", wt.Call(open), wt.I32Const(75), wt.Call(exit))
	trap := wt.New()
	open = importTest(trap, "open")
	trap.StartSection(trap.Func("", "", "", "", wt.Call(open), wt.I32Const(100), wt.MemoryGrow, wt.Drop, wt.Unreachable))
	trap.Main("")
	bug := wt.New()
	open, panics := importTest(bug, "open"), importTest(bug, "panic")
	bug.Main("", wt.Call(open), wt.Call(panics))
	for name, guest := range map[string]struct {
		raw  []byte
		code string
	}{"exit 75": {b.Build(), "exit"}, "trap in the start section": {trap.Build(), "trap"}, "host panic": {bug.Build(), "host_panic"}} {
		t.Run(name, func(t *testing.T) {
			var s *stay // of the cycle
			program := compile(t, guest.raw, host{
				"open":  func(context.Context) { openPipe(t, s) },
				"panic": func(context.Context) { panic("a bug of the host") },
			}, false)
			cycle := func() {
				s = newStay()
				check(t, s.run(t, program), outcome.Retry, guest.code)
			}
			cycle()
			defer debug.SetGCPercent(debug.SetGCPercent(-1))
			before := takeCensus(t)
			for range cycles {
				cycle()
			}
			before.compare(t)
		})
	}
}

// openPipe gives the instance a handle with two descriptors and a goroutine behind it.
func openPipe(t *testing.T, s *stay) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Error(err)
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = reader.Read(make([]byte, 1))
	}()
	_, _ = s.open(t, &resource{close: func(context.Context) error {
		err := errors.Join(writer.Close(), reader.Close())
		<-ended
		return err
	}})
}

// census counts what a process has of things that leak.
type census struct{ goroutines, descriptors, mappings int }

func takeCensus(t *testing.T) census {
	t.Helper()
	c := census{goroutines: runtime.NumGoroutine()}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		c.descriptors = len(open)
	}
	if maps, err := os.ReadFile("/proc/self/maps"); err == nil {
		c.mappings = bytes.Count(maps, []byte{'\n'})
	}
	return c
}

// compare fails if there is more than before. A goroutine that has said its last word may need a moment to end, and Go's own
// heap may have taken some mappings.
// compare fails for what a cycle left. Of mappings each would leave one at least; the race detector makes some dozens for itself.
func (before census) compare(t *testing.T) {
	t.Helper()
	var now census
	for range 100 {
		now = takeCensus(t)
		if now.goroutines <= before.goroutines {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if now.goroutines > before.goroutines || now.descriptors > before.descriptors || now.mappings > before.mappings+64 {
		t.Errorf("before %+v, now %+v", before, now)
	}
}
