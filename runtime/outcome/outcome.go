// Package outcome says how a run of an instance is asked to end, and how it ended.
//
// It owns the words that the families, the engine, the supervisor and the gateway share for that. It knows nothing of what
// runs, and decides nothing.
package outcome

import "time"

// Verdict says what follows from the end of a run.
type Verdict uint8

// The verdicts.
const (
	// Done means that there is nothing more to do, or that the run ended because it was asked to.
	Done Verdict = iota + 1
	// Retry means that another run may fare better.
	Retry
	// Final means that no run fares better before a person changes something.
	Final
)

// Outcome is how a run ended. Everything that the run held was given back before it was returned, or taken over as Left.
type Outcome struct {
	Verdict Verdict
	// Code is short and stable: "exit", "trap", "host_panic", "stall", "connect_timeout", "stopped", "killed", or what the
	// guest or a host function gave.
	Code string
	// Message is a sentence for the operator.
	Message string
	// ExitCode is what the guest ended with, if it ended by itself: code "exit".
	ExitCode int
	// Trace is the stack of a trap or a panic, many lines, for a developer; empty for other ends.
	Trace string
	// Teardown is what went wrong while the instance was closed; nil is the rule.
	Teardown error
	// Left is what the host took over from the run, because it could not be closed in time; nil is the rule.
	Left *Left
}

// Text is code and message in one line.
func (o Outcome) Text() string {
	if o.Message == "" {
		return o.Code
	}
	return o.Code + ": " + o.Message
}

// Failure is a guest's, a host function's or the host's own word on why a run cannot go on, made safe to show.
type Failure struct {
	// Code is one word of [a-z0-9_.-], 1 to 64 characters.
	Code string
	// Message is one line for the operator, at most 1 KiB.
	Message string
	// Retryable reports whether trying again can help.
	Retryable bool
}

// Outcome is the end of a run that failed so.
func (f Failure) Outcome() Outcome {
	o := Outcome{Verdict: Final, Code: f.Code, Message: f.Message}
	if f.Retryable {
		o.Verdict = Retry
	}
	return o
}

// Stop asks a run to end. It is the cause with which a run's context is cancelled.
type Stop struct {
	// Reason goes to the guest: "restart", "reload", "handover", "pause" or "stop".
	Reason string
	// Budget is the time to finish what is open; with none the run is cut at once.
	Budget time.Duration
}

// Error makes a Stop the cause of a context's end.
func (s Stop) Error() string { return s.Reason }
