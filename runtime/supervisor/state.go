// Package supervisor decides what a slot does next: start, serve, back off, pause, fail, stop.
//
// It owns the state machine of one configured adapter, its backoff and its generation numbers. It knows a run only as
// something that begins, may become ready, and ends with an outcome after its own teardown; nothing here touches wasm,
// sockets, files or a wall clock that could jump.
package supervisor

import "time"

// State is where a slot is in its life.
type State string

// The states. Connected is only ever entered because a live instance said that it is ready.
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
	// Attempts counts the runs that ended badly in a row.
	Attempts int
	// NextAttempt is when the next run starts; zero unless the state is Backoff.
	NextAttempt time.Time
	// LastError is how the last bad run ended; it stays after a recovery, LastErrorAt tells how old it is.
	LastError   string
	LastErrorAt time.Time
	// Attention is true when so many runs failed that a person should look.
	Attention bool
}

// StopReason is the cause with which a run's context is cancelled: "restart", "pause", "stop" or "reload".
type StopReason string

func (r StopReason) Error() string { return string(r) }
