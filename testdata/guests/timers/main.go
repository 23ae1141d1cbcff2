// Command timers is an adapter in the callback style that uses Go as any program does: plain go statements, sleeps, timers of
// package time and contexts with a deadline, none of which the SDK is told about. Each path shows one that must go on while the guest
// waits for events.
package main

import (
	"context"
	"time"

	"innkeeper/adapters/sdk"
)

// pause is longer than the loop blocks in the host at a time.
const pause = 15 * time.Millisecond

func main() {
	early := make(chan struct{})
	go func() {
		time.Sleep(pause)
		close(early)
	}()
	sdk.Main(func(l *sdk.Loop) error { return setup(l, early) })
}

// setup holds ready until a goroutine that was started before the loop has slept.
func setup(l *sdk.Loop, early <-chan struct{}) error {
	l.HoldReady()
	go func() {
		<-early
		l.OnLoop(func() { _ = l.Ready() }) // a host that does not take it lets the adapter time out
	}()
	words := make(chan string, 1)
	l.HandleHTTP(func(x *sdk.Exchange) { serve(l, x, words) })
	return nil
}

func serve(l *sdk.Loop, x *sdk.Exchange, words chan string) {
	answer := func(text string) { l.OnLoop(func() { x.RespondText(200, text) }) }
	switch x.Path {
	case "/sleep":
		go func() {
			time.Sleep(pause)
			answer("slept")
		}()
	case "/timer":
		time.AfterFunc(pause, func() { answer("fired") })
	case "/deadline":
		ctx, cancel := context.WithTimeout(context.Background(), pause)
		context.AfterFunc(ctx, func() {
			cancel()
			answer(ctx.Err().Error())
		})
	case "/receive":
		go func() { answer(<-words) }()
	case "/send":
		words <- "a word"
		x.RespondText(200, "sent")
	case "/exit":
		x.RespondText(200, "bye")
		time.AfterFunc(pause, func() { l.OnLoop(func() { l.Exit(sdk.Temporary("asked", "a client asked for it")) }) })
	default:
		x.RespondText(404, "no such path")
	}
}
