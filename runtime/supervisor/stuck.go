package supervisor

import "innkeeper/runtime/outcome"

// holdStuck keeps note of a run that ended and left something alive, until that has ended too.
func (l *loop) holdStuck(r *active, o outcome.Outcome) {
	l.stuck[r] = true
	if o.Freed == nil {
		return
	}
	l.freeable++
	go func() { // the loop waits for it
		<-o.Freed
		l.events <- event{r, (*loop).freed}
	}()
}

// freed notes that nothing of a run is alive any more.
func (l *loop) freed(r *active) {
	delete(l.stuck, r)
	l.freeable--
	r.of.release()
	l.set(func(*Status) {})
	if len(l.stuck) == 0 && l.stalled && l.ending == nil && !l.quit {
		l.stalled = false
		l.begin(nil)
	}
}

// stall notes that the next run waits for what an earlier one left alive.
func (l *loop) stall(op *Operation) {
	l.stalled = true
	op.finish(ErrStuck)
	l.enter(Failed, "a generation could not be closed; the next one starts when nothing of it is left")
}
