package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"innkeeper/runtime/logqueue"
)

// lastLines is how long the end of the process waits for whoever reads its output.
const lastLines = time.Second

// output is the process's own streams behind queues: what runs for a long time must not wait for a reader that has stopped.
type output struct {
	out, err *logqueue.Writer
	broken   chan os.Signal
}

// queueOutput puts queues in front of the streams. What is written then never waits, and a reader that has gone does not end the
// process. The end of the command closes them.
func (a *app) queueOutput() {
	q := &output{
		out: logqueue.New(a.out, func(dropped uint64) []byte { return fmt.Appendf(nil, "(%d lines are missing here)\n", dropped) }),
		err: logqueue.New(a.err, a.droppedRecord), broken: make(chan os.Signal, 1),
	}
	// With a receiver the write fails; without one the signal would end the process. https://pkg.go.dev/os/signal#hdr-SIGPIPE
	signal.Notify(q.broken, syscall.SIGPIPE)
	terminal := a.terminal
	a.terminal = func(stream any) bool {
		if queued, ok := stream.(*logqueue.Writer); ok {
			stream = queued.Out()
		}
		return terminal(stream)
	}
	a.out, a.err, a.queued = q.out, q.err, q
}

// flush waits a moment for what was written last. Nothing more can be said to somebody who has not read it by then.
func (q *output) flush() {
	if q == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastLines)
	defer cancel()
	_, _ = q.out.Close(ctx), q.err.Close(ctx)
	signal.Stop(q.broken)
}
