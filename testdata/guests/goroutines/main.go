// Command goroutines is an adapter in the goroutine style of the SDK. Each path shows one thing that must go on while the
// guest waits for events: sleeping, channels between requests, timers of the loop, a client that leaves, and the end.
package main

import (
	"context"
	"errors"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
)

func main() { sdk.Main(setup) }

type adapter struct {
	loop  *sdk.Loop
	ticks chan struct{} // of a goroutine that no request has to do with
	meet  chan string   // between two requests
	gone  chan error    // why the context of a request ended
	busy  bool          // a request goes on until another one ends it
}

func setup(l *sdk.Loop) error {
	a := &adapter{loop: l, ticks: make(chan struct{}), meet: make(chan string), gone: make(chan error, 1)}
	l.Go(a.tick)
	l.HandleHTTP(l.Concurrent(a.serve))
	return nil
}

// tick lives as long as the loop.
func (a *adapter) tick(ctx context.Context) {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		select {
		case a.ticks <- struct{}{}:
		default:
		}
	}
}

func (a *adapter) serve(ctx context.Context, c *sdk.Call) {
	switch c.Path {
	case "/sleep":
		time.Sleep(5 * time.Millisecond)
		c.RespondText(200, "slept")
	case "/ticks":
		for range 3 {
			<-a.ticks
		}
		c.RespondText(200, "ticked")
	case "/wait":
		c.RespondText(200, <-a.meet)
	case "/wake":
		body, _ := c.Body()
		a.meet <- string(body)
		c.RespondText(200, "woken")
	case "/after":
		done := make(chan struct{})
		a.loop.OnLoop(func() { a.loop.After(time.Millisecond, func() { close(done) }) })
		<-done
		c.RespondText(200, "after")
	case "/leave":
		c.Begin(200, nil)
		c.Write([]byte("begun"))
		<-ctx.Done()
		a.gone <- context.Cause(ctx)
	case "/left":
		if errors.Is(<-a.gone, abi.EPIPE) {
			c.RespondText(200, "the client left")
		}
	case "/busy":
		for a.busy = true; a.busy; {
			a.loop.OnLoop(func() {})
		}
		c.RespondText(200, "idle")
	case "/idle":
		a.busy = false
		c.RespondText(200, "told")
	case "/exit":
		c.RespondText(200, "bye")
		a.loop.OnLoop(func() { a.loop.Exit(sdk.Temporary("asked", "a client asked for it")) })
	default:
		c.RespondText(404, "no such path")
	}
}
