package supervisor

import (
	"context"
	"sync/atomic"
	"time"

	"innkeeper/runtime/outcome"
)

// Runner runs generations of an instance, all of them in the same way: what it needs does not change.
type Runner interface {
	// Run runs one generation to its end, its teardown included. When ctx is cancelled the run ends within the budget of the
	// cause, an [outcome.Stop].
	Run(ctx context.Context, run Run) outcome.Outcome
	// Close gives back what the runs shared. It is called once, when none is left and none will be started. It must be quick.
	Close()
}

// Run is one run, as a runner sees it. Its functions are called from within Run only.
type Run struct {
	Generation uint64
	// Sooner brings every later request to end, each with less time than the one before.
	Sooner <-chan outcome.Stop
	// Ready is called at most once, when the instance serves.
	Ready func()
	// Unready is called when the instance has stopped serving, before the rest of the teardown takes its time.
	Unready func()
}

// Spec is everything that can be changed about a slot.
type Spec struct {
	Runner Runner
	Policy Policy
	// Drain is how long a run may go on with open work when it has to end, Handover how long beside its successor.
	Drain, Handover time.Duration
	// Idle, if it is Disabled or Unconfigured, keeps the slot from ever running; IdleReason says why.
	Idle       State
	IdleReason string
}

// Change is what an operator wants to be different.
type Change struct {
	// Spec is what shall be in force; nil for what is wanted already, in a new generation.
	Spec *Spec
	// Overlap starts the successor beside a connected predecessor. Otherwise that one ends first.
	Overlap bool
	// Cut ends every live run at once, whatever is open.
	Cut bool
	// Reason is what a guest is told that has to end first, such as "restart" or "reload".
	Reason string
}

// Reasons that a guest is told, beside those of a [Change] and of Stop.
const (
	ReasonHandover = "handover"
	ReasonPause    = "pause"
)

// holding counts who still needs a spec's runner. What a run has left gives it back in its own time.
type holding struct {
	Spec
	users atomic.Int64
}

func hold(spec Spec) *holding { return (&holding{Spec: spec}).take() }

func (h *holding) take() *holding {
	h.users.Add(1)
	return h
}

// release closes the runner with its last user.
func (h *holding) release() {
	if h.users.Add(-1) == 0 && h.Runner != nil {
		h.Runner.Close()
	}
}
