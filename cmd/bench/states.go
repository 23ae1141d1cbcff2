package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"innkeeper/runtime/supervisor"
)

// states follows an adapter's states through the gateway's log, which tells of a change the moment it happens.
type states struct{ changes chan change }

type change struct{ state, reason string }

// newStates has room for many changes: the gateway must not wait for who measures it.
func newStates() *states { return &states{make(chan change, 1<<12)} }

// watch is a handler that notes changes of state and passes everything on.
func (s *states) watch(next slog.Handler) slog.Handler { return &watcher{next, s} }

// stateTimeout is longer than any change of state takes that is not a fault.
const stateTimeout = 30 * time.Second

// wait waits until the adapter has entered a state.
func (s *states) wait(ctx context.Context, wanted supervisor.State) error {
	timer := time.NewTimer(stateTimeout)
	defer timer.Stop()
	for {
		select {
		case c := <-s.changes:
			switch state := supervisor.State(c.state); {
			case state == wanted:
				return nil
			case state == supervisor.Failed, state == supervisor.Backoff, state == supervisor.Unconfigured:
				return fmt.Errorf("adapter is %s: %s", c.state, c.reason)
			}
		case <-timer.C:
			return fmt.Errorf("adapter did not become %s", wanted)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// watcher is a [slog.Handler].
type watcher struct {
	slog.Handler
	states *states
}

// Enabled lets changes of state through, which are on the level of information.
func (w *watcher) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

// Handle notes a change of state.
func (w *watcher) Handle(ctx context.Context, record slog.Record) error {
	var c change
	record.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "state":
			c.state = a.Value.String()
		case "reason":
			c.reason = a.Value.String()
		}
		return true
	})
	if c.state != "" {
		select {
		case w.states.changes <- c:
		default: // nobody measures
		}
	}
	if !w.Handler.Enabled(ctx, record.Level) {
		return nil
	}
	return w.Handler.Handle(ctx, record)
}

// WithAttrs keeps watching.
func (w *watcher) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &watcher{w.Handler.WithAttrs(attrs), w.states}
}

// WithGroup keeps watching.
func (w *watcher) WithGroup(name string) slog.Handler {
	return &watcher{w.Handler.WithGroup(name), w.states}
}
