package sdk_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
)

// serveFunc runs an adapter with one goroutine-style handler.
func serveFunc(t *testing.T, host *sdktest.Host, f func(context.Context, *sdk.Loop, *sdk.Call)) *sdktest.Run {
	t.Helper()
	return sdktest.Start(t, host, func(l *sdk.Loop) error {
		l.HandleHTTP(l.Concurrent(func(ctx context.Context, c *sdk.Call) { f(ctx, l, c) }))
		return nil
	})
}

func TestGoroutineHandlers(t *testing.T) {
	run := serveFunc(t, sdktest.New(), func(_ context.Context, _ *sdk.Loop, c *sdk.Call) {
		body, err := c.Body()
		if err != nil {
			t.Error(err)
		}
		accept, _ := c.Header("accept")
		c.RespondText(200, c.Path+" "+accept+" "+string(body))
	})
	var exchanges []*sdktest.Exchange
	for range 200 {
		exchanges = append(exchanges, run.Request(sdktest.Request{Path: "/p", Body: "b", Headers: map[string]string{"accept": "a"}}))
	}
	for _, x := range exchanges {
		if got := x.Wait().Body; got != "/p a b" {
			t.Fatalf("answer %q", got)
		}
	}
}

func TestGoroutineHandlerWaitsForTheAgent(t *testing.T) {
	host := sdktest.New()
	host.OnTurn(func(turn *sdktest.Turn) {
		go func() {
			turn.Text("one ")
			turn.Text("two")
			turn.ToolCall(0, "id", "f", "{}")
			turn.Finish()
		}()
	})
	run := serveFunc(t, host, func(ctx context.Context, l *sdk.Loop, c *sdk.Call) {
		c.Begin(200, nil)
		for event, err := range l.Ask(ctx, []byte("{}")) {
			if err != nil {
				t.Error(err)
			}
			switch {
			case event.Text != nil:
				c.Write(event.Text)
			case event.ToolCall != nil:
				c.Write([]byte(" " + string(event.ToolCall.Name)))
			case event.Done != nil:
				c.Write([]byte(" end"))
			}
		}
	})
	if got := run.Ask(sdktest.Request{}); got.Body != "one two f end" || got.Aborted {
		t.Errorf("response %+v", got)
	}
}

func TestAskYieldsTheError(t *testing.T) {
	host := sdktest.New()
	host.OnTurn(func(turn *sdktest.Turn) { turn.Fail(429, "slow_down", "later") })
	run := serveFunc(t, host, func(ctx context.Context, l *sdk.Loop, c *sdk.Call) {
		for _, err := range l.Ask(ctx, nil) {
			c.RespondText(sdk.AgentStatus(err), err.Error())
		}
	})
	if got := run.Ask(sdktest.Request{}); got.Status != 429 || got.Body != "agent: 429 slow_down: later" {
		t.Errorf("response %+v", got)
	}
	for errno, status := range map[abi.Errno]int{abi.ENFILE: 503, abi.E2BIG: 413} {
		host.RefuseTurns(errno)
		if got := run.Ask(sdktest.Request{}); got.Status != status || got.Body != errno.Error() {
			t.Errorf("a turn that cannot be started: %+v", got)
		}
	}
}

// Nobody handles events after a setup that failed, so an Ask must not wait for them, whether it came before or comes after.
func TestAskFailsWhenSetupFailed(t *testing.T) {
	host := sdktest.New()
	host.OnTurn(func(*sdktest.Turn) {}) // it never answers
	errs := make(chan error, 2)
	var loop *sdk.Loop
	ask := func(context.Context) {
		for _, err := range loop.Ask(context.Background(), nil) {
			errs <- err
		}
	}
	code := sdk.New(host.ABI()).Run(func(l *sdk.Loop) error {
		loop = l
		l.Go(ask)
		return sdk.Permanent("x", "setup failed")
	})
	ask(t.Context())
	for range 2 {
		if err := <-errs; !errors.Is(err, sdk.ErrLoopEnded) {
			t.Errorf("error %v", err)
		}
	}
	if code != sdk.ExitConfig {
		t.Errorf("exit code %d", code)
	}
}

func TestLeavingAskCancelsTheTurn(t *testing.T) {
	host := sdktest.New()
	turns := make(chan *sdktest.Turn, 1)
	host.OnTurn(func(turn *sdktest.Turn) {
		turn.Text("enough")
		turns <- turn
	})
	run := serveFunc(t, host, func(ctx context.Context, l *sdk.Loop, c *sdk.Call) {
		for event := range l.Ask(ctx, nil) {
			c.Respond(200, nil, event.Text)
			break
		}
	})
	if got := run.Ask(sdktest.Request{}); got.Body != "enough" {
		t.Errorf("response %+v", got)
	}
	<-(<-turns).Cancelled()
}

func TestClientLeavingEndsTheHandlersContext(t *testing.T) {
	host := sdktest.New()
	turns := make(chan *sdktest.Turn, 1)
	host.OnTurn(func(turn *sdktest.Turn) { turns <- turn })
	causes := make(chan error, 1)
	run := serveFunc(t, host, func(ctx context.Context, l *sdk.Loop, _ *sdk.Call) {
		for _, err := range l.Ask(ctx, nil) {
			causes <- err
		}
	})
	x := run.Request(sdktest.Request{})
	turn := <-turns
	x.Leave()
	<-turn.Cancelled()
	if err := <-causes; !errors.Is(err, abi.EPIPE) {
		t.Errorf("cause %v", err)
	}
	if got := x.Wait(); !got.Aborted {
		t.Errorf("the exchange was left open or answered: %+v", got)
	}
}

func TestWriteBlocksForASlowClient(t *testing.T) {
	entered := make(chan struct{})
	run := serveFunc(t, sdktest.New(), func(_ context.Context, _ *sdk.Loop, c *sdk.Call) {
		c.Begin(200, nil)
		entered <- struct{}{}
		<-entered
		for _, chunk := range []string{"a", "b"} {
			if err := c.Write([]byte(chunk)); err != nil {
				t.Error(err)
			}
		}
	})
	x := run.Request(sdktest.Request{})
	<-entered
	x.Stall()
	entered <- struct{}{}
	x.Resume()
	if got := x.Wait(); strings.Join(got.Chunks, "|") != "a|b" {
		t.Errorf("response %+v", got)
	}
}

func TestWriteGivesUpWhenTheClientLeaves(t *testing.T) {
	errs := make(chan error, 1)
	run := serveFunc(t, sdktest.New(), func(_ context.Context, _ *sdk.Loop, c *sdk.Call) {
		c.Begin(200, nil)
		for {
			if err := c.Write([]byte("x")); err != nil {
				errs <- err
				return
			}
		}
	})
	x := run.Request(sdktest.Request{})
	x.WaitFor("x")
	x.Stall()
	x.Leave()
	if err := <-errs; !errors.Is(err, abi.EPIPE) {
		t.Errorf("error %v", err)
	}
	x.Wait()
}

func TestWriteWithoutBegin(t *testing.T) {
	run := serveFunc(t, sdktest.New(), func(_ context.Context, _ *sdk.Loop, c *sdk.Call) {
		c.Write([]byte("a"))
		c.Write([]byte("b"))
		if c.Path == "/fails" {
			c.RespondText(500, "too late") // for an answer that was begun, it is an Abort
		}
	})
	const plain = "content-type: text/plain; charset=utf-8\n"
	if got := run.Ask(sdktest.Request{}); got.Status != 200 || got.Headers != plain || strings.Join(got.Chunks, "|") != "a|b" || got.Aborted {
		t.Errorf("response %+v", got)
	}
	if got := run.Ask(sdktest.Request{Path: "/fails"}); got.Body != "ab" || !got.Aborted {
		t.Errorf("response %+v", got)
	}
}

func TestHandlerWithoutAnAnswer(t *testing.T) {
	run := serveFunc(t, sdktest.New(), func(context.Context, *sdk.Loop, *sdk.Call) {})
	if got := run.Ask(sdktest.Request{}); got.Status != 500 {
		t.Errorf("status %d", got.Status)
	}
}

func TestRunWaitsForGoroutinesAndEndsTheirContexts(t *testing.T) {
	host := sdktest.New()
	var ended atomic.Bool
	run := sdktest.Start(t, host, func(l *sdk.Loop) error {
		l.Go(func(ctx context.Context) {
			<-ctx.Done()
			if !errors.Is(context.Cause(ctx), sdk.ErrLoopEnded) {
				t.Errorf("cause %v", context.Cause(ctx))
			}
			ended.Store(true)
		})
		return nil
	})
	host.Shutdown("stop", 0)
	if code := run.Wait(); code != 0 || !ended.Load() {
		t.Errorf("exit code %d, goroutine ended %t", code, ended.Load())
	}
}

func TestOnLoopWakesTheLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		code := sdk.New(sdktest.New().ABI()).Run(func(l *sdk.Loop) error {
			l.Go(func(context.Context) {
				time.Sleep(time.Second)
				l.OnLoop(func() { l.After(time.Second, func() { l.Exit(nil) }) })
			})
			l.Go(func(ctx context.Context) { <-ctx.Done() })
			return nil
		})
		if got := time.Since(start); code != 0 || got < 2*time.Second || got > 3*time.Second {
			t.Errorf("exit code %d after %s", code, got)
		}
	})
}

func TestExitFromAGoroutine(t *testing.T) {
	code := sdk.New(sdktest.New().ABI()).Run(func(l *sdk.Loop) error {
		l.Go(func(ctx context.Context) {
			l.OnLoop(func() { l.Exit(sdk.Permanent("x", "y")) })
			<-ctx.Done()
		})
		return nil
	})
	if code != sdk.ExitConfig {
		t.Errorf("exit code %d", code)
	}
}

// The loop goes back to the plain wait once its last goroutine has ended, and to the parker with the next.
func TestGoroutinesComeAndGo(t *testing.T) {
	run := sdktest.Start(t, sdktest.New(), func(l *sdk.Loop) error {
		l.HandleRoute("callback", func(x *sdk.Exchange) { x.RespondText(200, "callback") })
		l.HandleRoute("goroutine", l.Concurrent(func(_ context.Context, c *sdk.Call) { c.RespondText(200, "goroutine") }))
		return nil
	})
	for range 50 {
		for _, route := range []string{"callback", "goroutine"} {
			if got := run.Ask(sdktest.Request{Route: route}).Body; got != route {
				t.Fatalf("route %s: %q", route, got)
			}
		}
	}
}
