package supervisor

import (
	"fmt"

	"innkeeper/runtime/outcome"
)

// pending is a change that waits until one of two generations has ended.
type pending struct {
	of      *holding
	overlap bool
	reason  string
	op      *Operation
}

// update decides how a change is carried out.
func (l *loop) update(c Change, op *Operation) {
	of := l.changed(c)
	defer of.release()
	if err := l.refusal(c); err != nil {
		op.finish(err)
		return
	}
	l.withdraw(ErrSuperseded)
	l.refused = ""
	switch {
	case of.Idle != "":
		l.adopt(of)
		l.endAll(c.Reason, idle, op, func() {
			l.enter(of.Idle, of.IdleReason)
			op.finish(nil)
		})
	case l.paused():
		l.adopt(of)
		l.set(func(st *Status) { st.Update = Update{} })
		op.finish(nil)
	case c.Cut:
		l.adopt(of)
		l.cutAll(c.Reason)
		l.endAll(c.Reason, running, op, func() { l.begin(op) })
	case l.successor != nil || l.retiring != nil && l.serving():
		l.pending = &pending{of.take(), c.Overlap, c.Reason, op}
		l.set(func(st *Status) { st.Update = Update{State: UpdateWaiting} })
	default:
		l.carryOut(of, c.Overlap, c.Reason, op)
	}
}

// changed is what shall be in force after a change.
func (l *loop) changed(c Change) *holding {
	if c.Spec == nil {
		return l.wants().take()
	}
	return hold(*c.Spec)
}

// refusal says why a change makes no sense now; nil if it does.
func (l *loop) refusal(c Change) error {
	switch {
	case c.Spec != nil && !l.quitting:
		return nil // an idle or paused slot takes a new spec
	case c.Spec == nil && l.paused():
		return fmt.Errorf("it is paused, resume it: %w", ErrRefused)
	}
	return l.runnable()
}

// carryOut begins a change for which there is room.
func (l *loop) carryOut(of *holding, overlap bool, reason string, op *Operation) {
	if overlap && l.serving() && l.ending == nil {
		l.successor, l.coming = l.create(of, op), of.take()
		l.set(func(st *Status) { st.Update = Update{State: UpdateStarting} })
		l.start(l.successor)
		return
	}
	l.adopt(of)
	then := func() { l.begin(op) }
	if overlap && l.retiring != nil && l.current != nil {
		l.endCurrent(reason, op, then) // it does not serve; the predecessor's work need not end for that
		return
	}
	if overlap && l.current == nil && l.ending == nil {
		then()
		return
	}
	l.endAll(reason, running, op, then)
}

// serving reports whether the current run serves and may go on.
func (l *loop) serving() bool { return l.current != nil && l.current.serving && !l.current.asked }

// advance carries out a change that waited, if there is room for it now.
func (l *loop) advance() {
	p := l.pending
	if p == nil || l.ending != nil || l.successor != nil || l.retiring != nil && l.serving() {
		return
	}
	l.pending = nil
	l.carryOut(p.of, p.overlap, p.reason, p.op)
	p.of.release()
}

// withdraw drops a change that waits, and tells whoever waits for it.
func (l *loop) withdraw(why error) {
	if l.pending == nil {
		return
	}
	l.pending.op.finish(why)
	l.pending.of.release()
	l.pending = nil
}

// wants is what is in force, or will be when the changes that have begun or wait are carried out.
func (l *loop) wants() *holding {
	switch {
	case l.pending != nil:
		return l.pending.of
	case l.coming != nil:
		return l.coming
	}
	return l.spec
}

// adopt puts something in force for the runs to come. Earlier failures are forgotten.
func (l *loop) adopt(of *holding) {
	before := l.spec
	l.spec = of.take()
	before.release()
	l.retries = newRetries(l.spec.Policy)
}

// adoptComing puts in force what the successor was started for.
func (l *loop) adoptComing() {
	l.adopt(l.coming)
	l.dropComing()
}

func (l *loop) dropComing() {
	if l.coming != nil {
		l.coming.release()
		l.coming = nil
	}
}

// replaceWanted puts a spec in the place of the one that is wanted.
func (l *loop) replaceWanted(spec Spec) {
	of := hold(spec)
	defer of.release()
	replace := func(place **holding) {
		before := *place
		*place = of.take()
		before.release()
	}
	switch {
	case l.pending != nil:
		replace(&l.pending.of)
	case l.coming != nil:
		replace(&l.coming)
	default:
		replace(&l.spec)
	}
	l.set(func(*Status) {})
}

// settleForWanted puts in force what has begun or waits, without having seen it serve: nothing is going to for a while.
func (l *loop) settleForWanted() {
	l.adopt(l.wants())
	l.withdraw(nil)
	l.dropComing()
	if l.successor != nil {
		l.successor.op.finish(nil)
	}
	l.set(func(st *Status) { st.Update = Update{} })
}

// cutAll leaves no time to what runs.
func (l *loop) cutAll(reason string) {
	for _, r := range l.live() {
		r.end(outcome.Stop{Reason: reason})
	}
}
