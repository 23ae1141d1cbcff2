package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

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
	// Code is short and stable: "exit", "trap", "stall", "connect_timeout", "stopped", or what the guest gave.
	Code string
	// Message is a sentence for the operator.
	Message string
	// Teardown is what went wrong while the instance was closed; nil is the rule.
	Teardown error
	// Stuck means that something of the instance may still be alive: no other generation may start.
	Stuck bool
}

// The exit codes that have a meaning beyond zero and not zero. https://man.openbsd.org/sysexits
const (
	exConfig = 78
)

// judge turns the end of a run into a verdict. What killed it comes first, then what the guest or a host function said of
// the end, then the exit code.
func (i *Instance) judge(err error) Exit {
	failure, said := Failure{}, false
	if i.Failure != nil {
		failure, said = i.Failure()
	}
	switch cause := context.Cause(i.Context); {
	case errors.Is(cause, errConnect):
		return Exit{Verdict: Retry, Code: "connect_timeout", Message: fmt.Sprintf("%v (%v)", errConnect, i.Budgets.Connect)}
	case errors.Is(cause, errStall):
		return Exit{Verdict: Retry, Code: "stall", Message: fmt.Sprintf("%v (%v)", errStall, i.Budgets.Stall)}
	case errors.Is(cause, errDrain), errors.Is(cause, errStopped):
		return Exit{Verdict: Done, Code: "stopped", Message: cause.Error()}
	case said:
		return fromFailure(failure)
	case cause != nil:
		return Exit{Verdict: Retry, Code: "killed", Message: cause.Error()}
	}
	var code *sys.ExitError
	switch {
	case err == nil:
		return Exit{Verdict: Done, Code: "exit", Message: "ended with exit code 0"}
	case !errors.As(err, &code):
		return Exit{Verdict: Retry, Code: "trap", Message: firstLines(err.Error())}
	case code.ExitCode() == 0:
		return Exit{Verdict: Done, Code: "exit", Message: "ended with exit code 0"}
	case code.ExitCode() == exConfig:
		return Exit{Verdict: Failed, Code: "exit", Message: "ended with exit code 78 (EX_CONFIG) without saying why"}
	default:
		return Exit{Verdict: Retry, Code: "exit", Message: fmt.Sprintf("ended with exit code %d", code.ExitCode())}
	}
}

func fromFailure(f Failure) Exit {
	exit := Exit{Verdict: Failed, Code: f.Code, Message: f.Message}
	if f.Retryable {
		exit.Verdict = Retry
	}
	return exit
}

// firstLines keeps the reason of a trap and the innermost frames; the rest of a wasm stack trace helps nobody in a status.
func firstLines(text string) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[:min(len(lines), 4)], " | ")
}

// randomSource gives guests the operating system's random bytes; wazero's default is a fixed seed.
type randomSource struct{}

func (randomSource) Read(p []byte) (int, error) { return rand.Read(p) }
