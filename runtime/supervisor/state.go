// Package supervisor decides what a slot does next: start, serve, hand over, back off, pause, fail, stop.
//
// It owns the state machine of one configured adapter, its backoff and its generation numbers, and it keeps two promises:
// never more than two runs live at once, and after a failure the next run starts only when the failed one was torn down. It
// knows a run only as something that begins, may become ready, and ends with an outcome after its own teardown; nothing here
// touches wasm, sockets, files or a wall clock that could jump.
package supervisor

import "time"

// State is where a slot is in its life.
type State string

// The states. Connected is only ever entered because a live instance said that it is ready, and left when it serves no more.
const (
	Disabled     State = "disabled"
	Unconfigured State = "unconfigured"
	Starting     State = "starting"
	Connected    State = "connected"
	Backoff      State = "backoff"
	Paused       State = "paused"
	Failed       State = "failed"
	Stopping     State = "stopping"
	Stopped      State = "stopped"
)

// Status is a slot's state and how it got there.
type Status struct {
	State State
	// Reason is a sentence for the operator; empty where the state says all.
	Reason string
	// Since is when the state was entered.
	Since time.Time
	// Generation is the number of the current or last run; 0 if there was none.
	Generation uint64
	// Newest is the highest generation number used, that of a successor which did not become current included.
	Newest uint64
	// Predecessor is the older run that still finishes its work; 0 if there is none.
	Predecessor uint64
	// Update is what became of the last change, as long as it is not in force.
	Update Update
	// Attempts counts the runs that ended badly in a row.
	Attempts int
	// NextAttempt is when the next run starts; zero unless the state is Backoff.
	NextAttempt time.Time
	// LastError is how the last bad run ended; it stays after a recovery, LastErrorAt says how old it is.
	LastError   string
	LastErrorAt time.Time
	// Attention is true when so many runs failed that a person should look.
	Attention bool
}

// UpdateState is how far a change has come.
type UpdateState string

// The states of a change. One that is in force has none.
const (
	// UpdateWaiting means that two generations live already; it begins when the older one has ended.
	UpdateWaiting UpdateState = "waiting"
	// UpdateStarting means that its successor is not ready yet, and the predecessor serves.
	UpdateStarting UpdateState = "starting"
	// UpdateRefused means that it could not be carried out: what ran before goes on.
	UpdateRefused UpdateState = "refused"
)

// Update is a change that is not in force.
type Update struct {
	State UpdateState
	// Reason says why it was refused.
	Reason string
}

// String is what a status shows behind the word "update"; empty without a change.
func (u Update) String() string {
	if u.Reason == "" {
		return string(u.State)
	}
	return string(u.State) + ": " + u.Reason
}
