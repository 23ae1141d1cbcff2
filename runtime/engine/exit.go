package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero/sys"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/outcome"
)

// judge turns the end of a run into a verdict. What killed it comes first, then what the guest or a host function said of
// the end, then the exit code.
func (r *run) judge(err error) outcome.Outcome {
	failure, said := outcome.Failure{}, false
	if r.Failure != nil {
		_ = r.call("failure", func() { failure, said = r.Failure() }) // a panic is the cause of the end by now
	}
	switch cause := context.Cause(r.Context); {
	case errors.Is(cause, errConnect):
		return outcome.Outcome{Verdict: outcome.Retry, Code: "connect_timeout", Message: fmt.Sprintf("%v (%v)", errConnect, r.Budgets.Connect)}
	case errors.Is(cause, errStall):
		return outcome.Outcome{Verdict: outcome.Retry, Code: "stall", Message: fmt.Sprintf("%v (%v)", errStall, r.Budgets.Stall)}
	case errors.Is(cause, errDrain), errors.Is(cause, errStopped):
		return outcome.Outcome{Verdict: outcome.Done, Code: "stopped", Message: cause.Error()}
	case said:
		return failure.Outcome()
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

func fromCause(cause error) outcome.Outcome {
	if panicked, ok := errors.AsType[*hostPanic](cause); ok {
		return panicked.exit()
	}
	return outcome.Outcome{Verdict: outcome.Retry, Code: "killed", Message: message(cause.Error())}
}

func fromCode(code uint32) outcome.Outcome {
	exit := outcome.Outcome{Verdict: outcome.Retry, Code: "exit", Message: fmt.Sprintf("ended with exit code %d", code), ExitCode: int(code)}
	switch code {
	case 0:
		exit.Verdict = outcome.Done
	case abi.ExitConfig:
		exit.Verdict, exit.Message = outcome.Final, "ended with exit code 78 (EX_CONFIG) without saying why"
	}
	return exit
}
