package openaiagent_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"innkeeper/runtime/agent"
	up "innkeeper/runtime/agent/upstreamtest"
)

var errGone = errors.New("gone")

// await waits for a request, as long as it takes within reason.
func await(t *testing.T, from <-chan up.Request, what string) {
	t.Helper()
	select {
	case <-from:
	case <-time.After(10 * time.Second):
		t.Fatalf("the upstream did not see %s", what)
	}
}

func TestCancelReachesTheUpstream(t *testing.T) {
	for name, behaviour := range map[string]up.Behaviour{"before the headers": up.Hang(), "within the stream": up.HangAfter(up.Content("a"))} {
		t.Run(name, func(t *testing.T) {
			s := up.Start(t, behaviour)
			a := newAgent(t, s.URL())
			ctx, cancel := context.WithCancelCause(t.Context())
			go func() { // ends with the request, which await sees
				<-s.Started()
				cancel(errGone)
			}()
			err := a.Run(ctx, agent.Turn{Request: []byte(hello)}, func(e agent.Event) error {
				if e.Kind.Last() {
					t.Errorf("%s for a caller that has left", e.Kind)
				}
				return nil
			})
			if !errors.Is(err, errGone) {
				t.Errorf("Run = %v, want the cause", err)
			}
			await(t, s.Cancelled(), "its caller leave")
			_ = a.Close()
			waitNoConnections(t)
		})
	}
}

func TestEmitErrorEndsTheRequest(t *testing.T) {
	s := up.Start(t, up.HangAfter(up.Content("a")))
	err := newAgent(t, s.URL()).Run(t.Context(), agent.Turn{Request: []byte(hello)}, func(agent.Event) error { return errGone })
	if !errors.Is(err, errGone) {
		t.Errorf("Run = %v", err)
	}
	await(t, s.Cancelled(), "its caller leave")
}

func TestEndedContextStartsNothing(t *testing.T) {
	s := up.Start(t, up.Text("ok"))
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errGone)
	err := newAgent(t, s.URL()).Run(ctx, agent.Turn{Request: []byte(hello)}, func(agent.Event) error {
		t.Error("an event")
		return nil
	})
	if !errors.Is(err, errGone) || len(s.Requests()) != 0 {
		t.Errorf("Run = %v after %d requests", err, len(s.Requests()))
	}
}

func TestCloseEndsTurns(t *testing.T) {
	s := up.Start(t, up.HangAfter(up.Content("a")))
	a := newAgent(t, s.URL())
	var last agent.Event
	err := a.Run(t.Context(), agent.Turn{Request: []byte(hello)}, func(e agent.Event) error {
		if last = e; e.Kind == agent.KindText {
			return a.Close()
		}
		return nil
	})
	if err != nil || last.Failed == nil || last.Failed.Status != 503 || last.Failed.Code != "agent_closed" {
		t.Errorf("Run = %v, last event %+v", err, last)
	}
	await(t, s.Cancelled(), "its caller leave")
	mustFail(t, run(t, a, hello), 503, "agent_closed")
	if err := a.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	waitNoConnections(t)
}

func TestCloseLeavesNothing(t *testing.T) {
	s := up.Start(t, up.Text("ok"))
	a := newAgent(t, s.URL())
	for range 3 {
		run(t, a, hello)
	}
	_ = a.Close()
	waitNoConnections(t)
}

// A connection that is still being made when the agent is closed must not be kept for later.
func TestCloseWhileConnecting(t *testing.T) {
	s := up.Start(t, up.Text("ok"))
	for range 50 {
		a := newAgent(t, s.URL())
		var turns sync.WaitGroup
		for range 4 {
			turns.Go(func() {
				_ = a.Run(t.Context(), agent.Turn{Request: []byte(hello)}, func(agent.Event) error { return nil })
			})
		}
		_ = a.Close()
		turns.Wait()
	}
	waitNoConnections(t)
}
