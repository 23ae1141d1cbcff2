package supervisor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"innkeeper/runtime/outcome"
)

// Runner runs generations of an instance.
type Runner interface {
	// Run runs one generation to its end, its teardown included. It calls ready at most once, when the instance has said
	// that it serves. When ctx is cancelled the run ends within its budgets; the cause is a StopReason.
	Run(ctx context.Context, generation uint64, ready func()) outcome.Outcome
}

// Config makes a slot.
type Config struct {
	Runner Runner
	Policy Policy
	// Idle, if it is Disabled or Unconfigured, keeps the slot from ever running; IdleReason says why.
	Idle       State
	IdleReason string
	// Generation is the last generation number used under this name before; the next is greater.
	Generation uint64
	// Observe is called after every change, in order, from the slot's goroutine. It must not call the slot.
	Observe func(Status)
}

// ErrRefused means that a command makes no sense in the slot's state.
var ErrRefused = errors.New("refused")

// Slot is one configured adapter in the running host. Start gives it a goroutine, Stop ends it and waits.
type Slot struct {
	cfg      Config
	retries  *retries
	commands chan command
	stopped  chan struct{}

	// stuck and quitting are touched by the slot's goroutine only.
	stuck    bool // an earlier generation could not be closed
	quitting bool // Stop was called

	mu     sync.Mutex
	status Status
}

// command is run by the slot's goroutine; the second argument is the current run, or nil.
type command struct {
	run   func(*slotLoop, *running) error
	reply chan error
}

// New makes a slot. It does nothing before Start.
func New(cfg Config) *Slot {
	s := &Slot{cfg: cfg, retries: newRetries(cfg.Policy), commands: make(chan command), stopped: make(chan struct{})}
	s.status = Status{State: Stopped, Since: time.Now(), Generation: cfg.Generation}
	if cfg.Idle != "" {
		s.status.State, s.status.Reason = cfg.Idle, cfg.IdleReason
	}
	return s
}

// Status is the slot's state now.
func (s *Slot) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// set changes the status and tells the observer.
func (s *Slot) set(change func(*Status)) {
	s.mu.Lock()
	before := s.status.State
	change(&s.status)
	if s.status.State != before {
		s.status.Since = time.Now()
	}
	s.status.Attempts = s.retries.failures
	s.status.Attention = s.retries.attention(time.Now())
	if s.status.State != Backoff {
		s.status.NextAttempt = time.Time{}
	}
	status := s.status
	s.mu.Unlock()
	if s.cfg.Observe != nil {
		s.cfg.Observe(status)
	}
}

func (s *Slot) enter(state State, reason string) {
	s.set(func(st *Status) { st.State, st.Reason = state, reason })
}

// Start begins the slot's life. An idle slot only takes note of itself.
func (s *Slot) Start() { go s.loop() }

// do runs a command in the slot's goroutine.
func (s *Slot) do(ctx context.Context, run func(*slotLoop, *running) error) error {
	c := command{run, make(chan error, 1)}
	select {
	case s.commands <- c:
		return <-c.reply
	case <-s.stopped:
		return fmt.Errorf("the slot has been stopped: %w", ErrRefused)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// runnable refuses for a slot that may not run.
func (s *Slot) runnable() error {
	status := s.Status()
	switch {
	case s.quitting:
		return fmt.Errorf("the slot is being stopped: %w", ErrRefused)
	case status.State == Disabled || status.State == Unconfigured:
		return fmt.Errorf("it is %s: %s: %w", status.State, status.Reason, ErrRefused)
	case s.stuck:
		return fmt.Errorf("an earlier generation could not be closed; restart the process: %w", ErrRefused)
	}
	return nil
}
