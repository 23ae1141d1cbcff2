package supervisor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Config makes a slot.
type Config struct {
	Spec Spec
	// Generation is the last generation number used under this name before; the next is greater.
	Generation uint64
	// Observe is called after every change, in order, from the slot's goroutine. It must not call the slot's commands.
	Observe func(Status)
}

var (
	// ErrRefused means that a command makes no sense in the slot's state.
	ErrRefused = errors.New("refused")
	// ErrSuperseded means that a later command took the place of one that was not carried out yet.
	ErrSuperseded = errors.New("a later command took its place")
	// ErrUpdateRefused means that a successor was not ready, and that its predecessor goes on.
	ErrUpdateRefused = errors.New("update refused")
	// ErrNotReady means that a run ended before it was ready, and that there was no predecessor to go on.
	ErrNotReady = errors.New("it did not become ready")
)

// Slot is one configured adapter in the running host. Start gives it a goroutine, Stop ends it and waits.
type Slot struct {
	cfg      Config
	commands chan func(*loop)
	stopped  chan struct{}

	mu     sync.Mutex
	status Status
	wanted Spec
}

// New makes a slot. It does nothing before Start.
func New(cfg Config) *Slot {
	s := &Slot{cfg: cfg, commands: make(chan func(*loop)), stopped: make(chan struct{}), wanted: cfg.Spec}
	s.status = Status{State: Stopped, Since: time.Now(), Generation: cfg.Generation, Newest: cfg.Generation}
	if cfg.Spec.Idle != "" {
		s.status.State, s.status.Reason = cfg.Spec.Idle, cfg.Spec.IdleReason
	}
	return s
}

// Status is the slot's state now.
func (s *Slot) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Wanted is the spec that is in force, or will be once a change is carried out that has begun or waits.
func (s *Slot) Wanted() Spec {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wanted
}

// Start begins the slot's life, which is carried out once it is connected, and ends with [ErrNotReady] otherwise. An idle
// slot only takes note of itself.
func (s *Slot) Start() *Operation {
	op := &Operation{s, make(chan error, 1)}
	go newLoop(s).run(op)
	return op
}

// Operation is a command that the slot has begun.
type Operation struct {
	slot *Slot
	done chan error
}

// Wait returns how the command went, once that is known. If ctx ends first its cause is returned, and what was begun goes on.
// It may be called once.
func (o *Operation) Wait(ctx context.Context) error {
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-o.slot.stopped:
	}
	select {
	case err := <-o.done:
		return err
	default:
		return errOver
	}
}

// errOver refuses what comes to a slot that has stopped.
var errOver = fmt.Errorf("the slot has been stopped: %w", ErrRefused)

// finish says how it went; only the first word counts. It is safe on nil.
func (o *Operation) finish(err error) {
	if o == nil {
		return
	}
	select {
	case o.done <- err:
	default:
	}
}

// ask runs a command in the slot's goroutine. An error means that it was not run.
func (s *Slot) ask(ctx context.Context, command func(*loop, *Operation)) (*Operation, error) {
	op := &Operation{s, make(chan error, 1)}
	select {
	case s.commands <- func(l *loop) { command(l, op) }:
		return op, nil
	case <-s.stopped:
		return nil, errOver
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// do is ask for a command whose outcome is known at once.
func (s *Slot) do(ctx context.Context, command func(*loop) error) error {
	op, err := s.ask(ctx, func(l *loop, op *Operation) { op.finish(command(l)) })
	if err != nil {
		return err
	}
	return op.Wait(ctx)
}

// hand is ask for a command that takes a spec: its runner is closed if the command is never run.
func (s *Slot) hand(ctx context.Context, spec *Spec, command func(*loop, *Operation)) (*Operation, error) {
	op, err := s.ask(ctx, command)
	if err != nil && spec != nil && spec.Runner != nil {
		spec.Runner.Close()
	}
	return op, err
}
