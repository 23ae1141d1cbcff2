package supervisor

import (
	"fmt"
	"time"

	"innkeeper/runtime/outcome"
)

// ended plans what follows the end of a run.
func (l *loop) ended(r *active, o outcome.Outcome) {
	r.cancel(nil)
	r.serving = false
	if o.Left != nil {
		l.keepLeft(r, o.Left)
	} else {
		defer r.of.release()
	}
	switch r {
	case l.retiring:
		l.retiring = nil
		l.set(func(*Status) {})
	case l.successor:
		l.successor = nil
		l.successorEnded(r, o)
	default:
		l.current = nil
		l.currentEnded(r, o)
	}
	l.settle()
	l.advance()
}

// successorEnded notes that a change was refused: the predecessor goes on as if nothing had been.
func (l *loop) successorEnded(r *active, o outcome.Outcome) {
	if r.asked {
		l.set(func(*Status) {})
		return
	}
	l.dropComing()
	l.note(o)
	l.set(func(st *Status) { st.Update = Update{UpdateRefused, o.Text()} })
	r.op.finish(fmt.Errorf("%w: generation %d: %s", ErrUpdateRefused, r.generation, o.Text()))
}

// currentEnded decides whether and when there is another run.
func (l *loop) currentEnded(r *active, o outcome.Outcome) {
	if !r.connected.IsZero() && time.Since(r.connected) > l.spec.Policy.ResetAfter {
		l.retries.reset()
	}
	r.op.finish(fmt.Errorf("%w: generation %d: %s", ErrNotReady, r.generation, o.Text()))
	switch {
	case l.ending != nil:
		// it was asked to
	case l.successor != nil:
		l.promote(o)
	case l.pending != nil:
		l.note(o) // the change that waited takes its place at once
		l.set(func(st *Status) { st.Update = Update{} })
	case o.Verdict == outcome.Done:
		l.enter(Stopped, o.Text())
	case o.Verdict == outcome.Final:
		l.retries.failed(time.Now())
		l.note(o)
		l.enter(Failed, o.Text())
	default:
		l.backOff(o)
	}
}

// promote makes a successor the current run before it is ready, because its predecessor is gone. That one's end does not
// count as a failure: it was to end.
func (l *loop) promote(o outcome.Outcome) {
	r := l.successor
	l.successor, l.current = nil, r
	l.adoptComing()
	l.note(o)
	l.set(func(st *Status) { st.State, st.Reason, st.Generation, st.Update = Starting, "", r.generation, Update{} })
}

func (l *loop) backOff(o outcome.Outcome) {
	delay := l.retries.failed(time.Now())
	l.note(o)
	l.retry = time.NewTimer(delay)
	l.set(func(st *Status) {
		st.State, st.Reason = Backoff, o.Text()
		st.NextAttempt = time.Now().Add(delay)
	})
}

func (l *loop) note(o outcome.Outcome) {
	l.mu.Lock()
	l.status.LastError, l.status.LastErrorAt = o.Text(), time.Now()
	l.mu.Unlock()
}
