package front

import (
	"context"
	"sync/atomic"
)

// tally counts things that come and go, and lets others wait until there are none.
type tally struct {
	n    atomic.Int64
	zero chan struct{} // holds a token after a change to 0
}

func newTally() tally { return tally{zero: make(chan struct{}, 1)} }

func (t *tally) add(n int64) {
	if t.n.Add(n) == 0 {
		t.signal()
	}
}

func (t *tally) signal() {
	select {
	case t.zero <- struct{}{}:
	default:
	}
}

// wait returns when the count is 0, or with the cause when ctx ends first.
func (t *tally) wait(ctx context.Context) error {
	for t.n.Load() != 0 {
		select {
		case <-t.zero:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	t.signal() // for others who wait
	return nil
}
