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

// Verdict says what follows from the end of a run.
type Verdict uint8

// The verdicts.
const (
	// Done means that there is nothing more to do: the slot stops.
	Done Verdict = iota + 1
	// Retry means that another run may fare better.
	Retry
	// Final means that no run will fare better until a person changes something.
	Final
)

// Outcome is how a run ended. Everything that the run held was given back before it was returned, unless Stuck.
type Outcome struct {
	Verdict Verdict
	// Code is short and stable, such as "trap".
	Code string
	// Message is a sentence for the operator.
	Message string
	// Stuck means that something of the run may still be alive, so that no other may start in this process.
	Stuck bool
}

func (o Outcome) text() string {
	if o.Message == "" {
		return o.Code
	}
	return o.Code + ": " + o.Message
}

// StopReason is the cause with which a run's context is cancelled: "restart", "pause", "stop" or "reload".
type StopReason string

func (r StopReason) Error() string { return string(r) }
