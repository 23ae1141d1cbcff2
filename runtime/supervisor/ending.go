package supervisor

// goal is what a slot ends its runs for.
type goal uint8

const (
	running goal = iota
	paused
	idle
	stopped
)

// ending is what happens when the runs have ended that were asked to.
type ending struct {
	all  bool // the retiring run is waited for too
	goal goal
	op   *Operation
	then func()
}

// live lists the runs that are alive.
func (l *loop) live() (runs []*active) {
	for _, r := range []*active{l.retiring, l.current, l.successor} {
		if r != nil {
			runs = append(runs, r)
		}
	}
	return runs
}

// endAll asks every run to end within its drain budget, and does then when none is left. It takes the place of what an
// earlier command wanted to happen.
func (l *loop) endAll(reason string, goal goal, op *Operation, then func()) {
	for _, r := range l.live() {
		r.end(r.stop(reason))
	}
	l.endThen(reason, &ending{true, goal, op, then})
}

// endCurrent asks the current run to end, and does then when it has; the retiring one goes on.
func (l *loop) endCurrent(reason string, op *Operation, then func()) {
	l.current.end(l.current.stop(reason))
	l.endThen(reason, &ending{false, running, op, then})
}

func (l *loop) endThen(reason string, e *ending) {
	l.unschedule()
	if l.ending != nil && l.ending.op != e.op {
		l.ending.op.finish(ErrSuperseded)
	}
	l.ending = e
	l.dropComing()
	if len(l.live()) > 0 {
		l.set(func(st *Status) { st.State, st.Reason, st.Update = Stopping, reason, Update{} })
	}
	l.settle()
}

// settle does what follows, if everything has ended that it waits for.
func (l *loop) settle() {
	e := l.ending
	if e == nil || l.current != nil || l.successor != nil || e.all && l.retiring != nil {
		return
	}
	l.ending = nil
	e.then()
}
