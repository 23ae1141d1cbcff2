package supervisor

import (
	"errors"
	"fmt"
	"time"

	"innkeeper/runtime/outcome"
)

// maxLeft is of how many runs of a slot something may be left that the host closes in the background, before the next one
// waits for the end of one of them. Whatever hangs may hang in each run, and what is left still costs memory and descriptors.
const maxLeft = 3

// ErrLeft means that the next run waits until the host has closed what earlier ones left.
var ErrLeft = errors.New("earlier generations are still being closed")

// keepLeft counts a run of which something was left, until that has come to its end.
func (l *loop) keepLeft(r *active, left *outcome.Left) {
	alive := left.Then(func() {
		r.of.release()
		select {
		case l.events <- event{r, (*loop).leftEnded}:
		case <-l.stopped:
		}
	})
	if !alive {
		r.of.release()
		return
	}
	l.left++
}

// leftEnded notes that nothing of a run is alive any more.
func (l *loop) leftEnded(*active) {
	l.left--
	if l.stalled && l.ending == nil {
		l.begin(nil)
	}
}

// stall notes that the next run waits for what earlier ones left.
func (l *loop) stall(op *Operation) {
	op.finish(fmt.Errorf("%w: %w", ErrNotReady, ErrLeft))
	l.set(func(st *Status) {
		st.State, st.NextAttempt = Backoff, time.Time{}
		st.Reason = fmt.Sprintf("the host still closes what %d generations left; the next one starts when it has closed one of them", l.left)
	})
}
