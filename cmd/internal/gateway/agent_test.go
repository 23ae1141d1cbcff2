package gateway

import (
	"context"
	"sync/atomic"
	"testing"

	"innkeeper/runtime/agent"
)

// turned is an agent that tells of its turns, which last until they are let go.
type turned struct {
	name    string
	entered chan string
	letGo   chan struct{}
	closed  atomic.Int32
}

func (a *turned) Models(context.Context) []agent.Model { return []agent.Model{{ID: a.name}} }

func (a *turned) Run(context.Context, agent.Turn, func(agent.Event) error) error {
	a.entered <- a.name
	<-a.letGo
	return nil
}

func (a *turned) Close() error {
	a.closed.Add(1)
	return nil
}

func TestReplacedAgentIsClosedWithItsLastTurn(t *testing.T) {
	entered := make(chan string)
	first := &turned{name: "first", entered: entered, letGo: make(chan struct{})}
	second := &turned{name: "second", entered: entered, letGo: make(chan struct{})}
	current := newCurrentAgent(first, func(err error) { t.Error(err) })
	ended := make(chan error)
	run := func() { ended <- current.Run(t.Context(), agent.Turn{}, nil) }
	for range 2 {
		go run()
		<-entered
	}
	current.replace(second)
	go run()
	if name := <-entered; name != "second" || current.Models(t.Context())[0].ID != "second" {
		t.Errorf("a new turn went to %s", name)
	}
	for turns := range 2 {
		if n := first.closed.Load(); n != 0 {
			t.Errorf("closed %d times when %d of its turns had ended", n, turns)
		}
		first.letGo <- struct{}{}
		<-ended
	}
	if n := first.closed.Load(); n != 1 {
		t.Errorf("closed %d times after its last turn", n)
	}
	second.letGo <- struct{}{}
	<-ended
	if n := second.closed.Load(); n != 0 {
		t.Errorf("the current agent was closed %d times", n)
	}
	if err := current.Close(); err != nil || second.closed.Load() != 1 {
		t.Errorf("close: %v, %d times", err, second.closed.Load())
	}
}

func TestReplacedAgentWithoutTurnsIsClosedAtOnce(t *testing.T) {
	first, second := &turned{}, &turned{}
	current := newCurrentAgent(first, func(err error) { t.Error(err) })
	current.replace(second)
	if first.closed.Load() != 1 || second.closed.Load() != 0 {
		t.Errorf("closed %d and %d times", first.closed.Load(), second.closed.Load())
	}
}
