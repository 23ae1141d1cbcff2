package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero/sys"
)

// Verdict says what follows from the end of a run.
type Verdict uint8

// The verdicts.
const (
	// Done means that the guest has nothing more to do, or ended because it was asked to.
	Done Verdict = iota + 1
	// Retry means that a new generation may fare better.
	Retry
	// Failed means that nothing changes until a person changes something.
	Failed
)

// Exit says how a run ended.
type Exit struct {
	Verdict Verdict
	// Code is short and stable: "exit", "trap", "host_panic", "stall", "connect_timeout", "stopped", "killed", or what the
	// guest gave.
	Code string
	// Message is a sentence for the operator.
	Message string
	// Trace is the stack of a trap or a panic, many lines, for a developer; empty for other ends.
	Trace string
	// Teardown is what went wrong while the instance was closed; nil is the rule.
	Teardown error
	// Stuck means that something of the instance may still be alive: no other generation may start.
	Stuck bool
}

// exConfig is the exit code that means "do not try again". https://man.openbsd.org/sysexits
const exConfig = 78

// judge turns the end of a run into a verdict. What killed it comes first, then what the guest or a host function said of
// the end, then the exit code.
func (r *run) judge(err error) Exit {
	failure, said := Failure{}, false
	if r.Failure != nil {
		_ = r.call("failure", func() { failure, said = r.Failure() }) // a panic is the cause of the end by now
	}
	switch cause := context.Cause(r.Context); {
	case errors.Is(cause, errConnect):
		return Exit{Verdict: Retry, Code: "connect_timeout", Message: fmt.Sprintf("%v (%v)", errConnect, r.Budgets.Connect)}
	case errors.Is(cause, errStall):
		return Exit{Verdict: Retry, Code: "stall", Message: fmt.Sprintf("%v (%v)", errStall, r.Budgets.Stall)}
	case errors.Is(cause, errDrain), errors.Is(cause, errStopped):
		return Exit{Verdict: Done, Code: "stopped", Message: cause.Error()}
	case said:
		return fromFailure(failure)
	case cause != nil:
		return fromCause(cause)
	}
	var code *sys.ExitError
	switch {
	case err == nil:
		return fromCode(0)
	case errors.As(err, &code):
		return fromCode(code.ExitCode())
	default:
		return fromTrap(err)
	}
}

func fromFailure(f Failure) Exit {
	exit := Exit{Verdict: Failed, Code: f.Code, Message: f.Message}
	if f.Retryable {
		exit.Verdict = Retry
	}
	return exit
}

func fromCause(cause error) Exit {
	if panicked, ok := errors.AsType[*hostPanic](cause); ok {
		return panicked.exit()
	}
	return Exit{Verdict: Retry, Code: "killed", Message: message(cause.Error())}
}

func fromCode(code uint32) Exit {
	exit := Exit{Verdict: Retry, Code: "exit", Message: fmt.Sprintf("ended with exit code %d", code)}
	switch code {
	case 0:
		exit.Verdict = Done
	case exConfig:
		exit.Verdict, exit.Message = Failed, "ended with exit code 78 (EX_CONFIG) without saying why"
	}
	return exit
}
