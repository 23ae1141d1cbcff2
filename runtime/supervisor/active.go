package supervisor

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"innkeeper/runtime/outcome"
)

// active is a run that is alive.
type active struct {
	of         *holding
	generation uint64
	cancel     context.CancelCauseFunc
	sooner     chan outcome.Stop
	asked      bool      // to end
	until      time.Time // when it has to have ended; set with asked
	connected  time.Time // when it was ready; zero before
	serving    bool
	op         *Operation // finished when the run is ready, or ends before
}

// create makes a run with the next number.
func (l *loop) create(of *holding, op *Operation) *active {
	l.newest++
	return &active{of: of.take(), generation: l.newest, sooner: make(chan outcome.Stop, 1), op: op}
}

// start begins a run in a goroutine that ends with an event, which the loop waits for.
func (l *loop) start(r *active) {
	ctx, cancel := context.WithCancelCause(context.Background())
	r.cancel = cancel
	tell := func(handle func(*loop, *active)) { // and wait until everybody can see what follows from it
		handled := make(chan struct{})
		l.events <- event{r, func(l *loop, r *active) {
			defer close(handled)
			handle(l, r)
		}}
		<-handled
	}
	go func() {
		ended := guarded(ctx, r.of.Runner, Run{
			Generation: r.generation, Sooner: r.sooner,
			Ready:   func() { tell((*loop).ready) },
			Unready: func() { tell((*loop).unready) },
		})
		tell(func(l *loop, r *active) { l.ended(r, ended) })
	}()
}

// guarded keeps a panic of the runner from ending the process. The runner has given back what the run held.
func guarded(ctx context.Context, runner Runner, run Run) (o outcome.Outcome) {
	defer func() {
		if value := recover(); value != nil {
			o = outcome.Outcome{
				Verdict: outcome.Final, Code: "host_panic", Message: fmt.Sprint(value), Trace: string(debug.Stack()),
			}
		}
	}()
	return runner.Run(ctx, run)
}

// end asks a run to end. Asked again it only ever gets less time.
func (r *active) end(stop outcome.Stop) {
	until := time.Now().Add(stop.Budget)
	switch {
	case !r.asked:
		r.asked, r.until = true, until
		r.op.finish(ErrSuperseded)
		r.cancel(stop)
	case until.Before(r.until):
		r.until = until
		select { // the run has not seen the request before this one
		case <-r.sooner:
		default:
		}
		r.sooner <- stop
	}
}

// stop is a request to end within the drain budget.
func (r *active) stop(reason string) outcome.Stop {
	return outcome.Stop{Reason: reason, Budget: r.of.Drain}
}

// ready notes that a run serves.
func (l *loop) ready(r *active) {
	if r.asked {
		return // too late: it has to end
	}
	r.connected, r.serving = time.Now(), true
	if r == l.successor {
		predecessor := l.current
		l.current, l.successor, l.retiring = r, nil, predecessor
		l.adoptComing()
		predecessor.end(outcome.Stop{Reason: ReasonHandover, Budget: predecessor.of.Handover})
		l.set(func(st *Status) {
			st.State, st.Reason, st.Generation, st.Update = Connected, "", r.generation, Update{}
		})
	} else {
		l.enter(Connected, "")
	}
	r.op.finish(nil)
	l.advance()
}

// unready notes that a run serves no more.
func (l *loop) unready(r *active) {
	served := r.serving
	r.serving = false
	if served && r == l.current && !r.asked {
		l.enter(Stopping, "its instance ended, and what it held is being closed")
	}
}
