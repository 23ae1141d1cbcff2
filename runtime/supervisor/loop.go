package supervisor

import (
	"context"
	"fmt"
	"time"

	"innkeeper/runtime/outcome"
)

// plan is what the loop does next. The loop is the only one to change it.
type plan uint8

const (
	idle plan = iota // wait for a command
	wait             // wait for the backoff's timer or a command
	run              // start a generation
	quit             // leave
)

// slotLoop is the state of a slot's goroutine.
type slotLoop struct {
	*Slot
	next  plan
	delay time.Duration
}

// loop is the slot's goroutine, from Start to Stop.
func (s *Slot) loop() {
	defer close(s.stopped)
	l := &slotLoop{Slot: s, next: run}
	if s.cfg.Idle != "" {
		l.next = idle
		s.set(func(*Status) {})
	}
	for l.next != quit {
		switch l.next {
		case run:
			l.generation()
		case wait:
			timer := time.NewTimer(l.delay)
			l.rest(timer.C)
			timer.Stop()
		default:
			l.rest(nil)
		}
	}
}

// rest waits for the timer, which leads to a run, or for one command, which may lead anywhere.
func (l *slotLoop) rest(timer <-chan time.Time) {
	select {
	case <-timer:
		l.next = run
	case c := <-l.commands:
		// A command that is refused or changes nothing must not start the delay anew.
		if until := l.Status().NextAttempt; l.next == wait && !until.IsZero() {
			l.delay = max(time.Until(until), 0)
		}
		c.reply <- c.run(l, nil)
	}
}

// generation runs the instance once and plans what follows.
func (l *slotLoop) generation() {
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	l.set(func(st *Status) {
		st.Generation++
		st.State, st.Reason = Starting, ""
	})
	number := l.Status().Generation
	ready, done := make(chan struct{}, 1), make(chan outcome.Outcome, 1)
	go func() { done <- l.cfg.Runner.Run(ctx, number, func() { ready <- struct{}{} }) }()
	r := &running{stop: stop}
	for {
		select {
		case <-ready:
			if r.then == nil {
				r.connected = time.Now()
				l.enter(Connected, "")
			}
		case c := <-l.commands:
			c.reply <- c.run(l, r)
		case ended := <-done:
			l.ended(r, ended)
			return
		}
	}
}

// running is the generation that runs now.
type running struct {
	stop      context.CancelCauseFunc
	connected time.Time
	reason    StopReason // why the run was last asked to end; empty if it was not
	then      func()     // what to do when it has ended; nil if it was not asked to
}

// end asks the run to end; then replaces what an earlier command wanted to happen afterwards.
func (l *slotLoop) end(r *running, reason StopReason, then func()) {
	if r.then == nil {
		l.enter(Stopping, string(reason))
		r.stop(reason)
	}
	r.reason, r.then = reason, then
}

// ended plans what follows a run.
func (l *slotLoop) ended(r *running, o outcome.Outcome) {
	if !r.connected.IsZero() && time.Since(r.connected) > l.cfg.Policy.ResetAfter {
		l.retries.reset()
	}
	switch {
	case o.Stuck:
		l.stuck = true
		l.note(o)
		l.enter(Failed, fmt.Sprintf("%s; the instance could not be closed, restart the process", o.Text()))
		l.next = idle
		if l.quitting {
			l.next = quit
		}
	case r.then != nil:
		r.then()
	case o.Verdict == outcome.Done:
		l.enter(Stopped, o.Text())
		l.next = idle
	case o.Verdict == outcome.Final:
		l.retries.failed(time.Now())
		l.note(o)
		l.enter(Failed, o.Text())
		l.next = idle
	default:
		l.backOff(o)
	}
}

func (l *slotLoop) backOff(o outcome.Outcome) {
	l.delay = l.retries.failed(time.Now())
	l.note(o)
	l.next = wait
	l.set(func(st *Status) {
		st.State, st.Reason = Backoff, o.Text()
		st.NextAttempt = time.Now().Add(l.delay)
	})
}

func (l *slotLoop) note(o outcome.Outcome) {
	l.mu.Lock()
	l.status.LastError, l.status.LastErrorAt = o.Text(), time.Now()
	l.mu.Unlock()
}
