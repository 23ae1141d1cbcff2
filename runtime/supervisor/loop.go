package supervisor

import "time"

// loop is the state of a slot's goroutine, which alone touches it.
type loop struct {
	*Slot
	events  chan event
	retries *retries
	spec    *holding // in force: what the next run is made of
	newest  uint64   // the last generation number given

	current   *active  // serves or is about to, or ends
	retiring  *active  // the predecessor, finishing its work
	successor *active  // not ready yet, beside the current run
	coming    *holding // is in force once the successor is ready
	pending   *pending
	refused   string  // why the last change was refused that came to nothing; empty if none was, or a later one came
	ending    *ending // what follows once runs have ended that were asked to
	left      int     // runs of which the host still closes something in the background
	stalled   bool    // the next run waits for one of them

	retry    *time.Timer // set while a backoff lasts
	quitting bool        // Stop was called
	quit     bool        // and nothing is left to wait for
}

// event is something that a run tells.
type event struct {
	run    *active
	handle func(*loop, *active)
}

func newLoop(s *Slot) *loop {
	return &loop{
		Slot: s, events: make(chan event), retries: newRetries(s.cfg.Spec.Policy), spec: hold(s.cfg.Spec),
		newest: s.cfg.Generation,
	}
}

// run is the slot's goroutine, from Start to Stop.
func (l *loop) run(first *Operation) {
	defer close(l.stopped)
	if l.spec.Idle == "" {
		l.begin(first)
	} else {
		l.set(func(*Status) {})
		first.finish(nil)
	}
	for !l.quit {
		select {
		case e := <-l.events:
			e.handle(l, e.run)
		case command := <-l.commands:
			command(l)
		case <-l.due():
			l.retry = nil
			l.begin(nil)
		}
	}
	l.spec.release()
}

// due fires when a backoff is over; it never does while there is none.
func (l *loop) due() <-chan time.Time {
	if l.retry == nil {
		return nil
	}
	return l.retry.C
}

func (l *loop) unschedule() {
	l.stalled = false
	if l.retry != nil {
		l.retry.Stop()
		l.retry = nil
	}
}

// begin starts a run of what is in force. Nothing but a retiring predecessor may be alive.
func (l *loop) begin(op *Operation) {
	l.unschedule()
	if l.stalled = l.left >= maxLeft; l.stalled {
		l.stall(op)
		return
	}
	l.current = l.create(l.spec, op)
	// First, so that whoever is told of it sees it before anything that the run does.
	l.set(func(st *Status) { st.State, st.Reason, st.Generation = Starting, "", l.current.generation })
	l.start(l.current)
}

// set changes the status and tells the observer.
func (l *loop) set(change func(*Status)) {
	l.mu.Lock()
	st := &l.status
	before := *st
	change(st)
	if st.State != before.State || st.Generation != before.Generation {
		st.Since = time.Now()
	}
	if st.Update == (Update{}) && l.refused != "" {
		st.Update = Update{UpdateRefused, l.refused}
	}
	st.Attempts = l.retries.failures
	st.Attention = l.retries.attention(time.Now())
	st.Newest, st.Predecessor = l.newest, 0
	if l.retiring != nil {
		st.Predecessor = l.retiring.generation
	}
	if st.State != Backoff {
		st.NextAttempt = time.Time{}
	}
	l.wanted = l.wants().Spec
	status := *st
	l.mu.Unlock()
	if l.cfg.Observe != nil {
		l.cfg.Observe(status)
	}
}

func (l *loop) enter(state State, reason string) {
	l.set(func(st *Status) { st.State, st.Reason = state, reason })
}
