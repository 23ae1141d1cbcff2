package sdk

import (
	"errors"

	"innkeeper/adapters/abi"
)

// Exit codes of an adapter, as in sysexits(3). They decide what the host does next.
const (
	ExitDone     = abi.ExitDone     // done: the slot stops
	ExitTempfail = abi.ExitTempfail // EX_TEMPFAIL: back off and start again
	ExitConfig   = abi.ExitConfig   // EX_CONFIG: no retry until a person or a change of the configuration asks
)

// ExitError says why an instance ends, for the operator and for the host's decision to try again.
type ExitError struct {
	// Code is a short stable word, such as "bad_token".
	Code string
	// Message is a sentence for the operator, without secrets.
	Message string
	// Retryable is whether trying again can help.
	Retryable bool
}

// Error is the code and the message.
func (e *ExitError) Error() string { return e.Code + ": " + e.Message }

// Permanent is a failure that only a person can mend: the slot fails and is not tried again. Return it from setup, or pass it
// to [Loop.Exit].
func Permanent(code, message string) error { return &ExitError{Code: code, Message: message} }

// Temporary is a failure that may pass: the host backs off and starts a new instance.
func Temporary(code, message string) error {
	return &ExitError{Code: code, Message: message, Retryable: true}
}

// classify makes an ExitError of any error; one of another package may have a method As for it. What nobody classified is
// temporary.
func classify(err error) *ExitError {
	if exit, ok := errors.AsType[*ExitError](err); ok {
		if message := err.Error(); message != exit.Error() {
			return &ExitError{Code: exit.Code, Message: message, Retryable: exit.Retryable}
		}
		return exit
	}
	return &ExitError{Code: "error", Message: err.Error(), Retryable: true}
}

// report tells the host why the instance ends and gives the exit code.
func report(host abi.Lifecycle, err error) int {
	if err == nil {
		return ExitDone
	}
	exit := classify(err)
	var retryable uint32
	code := ExitConfig
	if exit.Retryable {
		retryable, code = 1, ExitTempfail
	}
	// A host that cannot take the reason still sees the exit code.
	_ = host.Fail([]byte(exit.Code), retryable, []byte(exit.Message))
	return code
}
