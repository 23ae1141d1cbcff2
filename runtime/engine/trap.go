package engine

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"innkeeper/runtime/outcome"
	"innkeeper/runtime/safetext"
)

// Bounds of what is reported of a trap. The names in a stack are the guest's own and may be of any length and content.
const (
	messageLines = 4       // the reason and the innermost frames; more helps nobody in a status
	messageBytes = 512     // a status is read on a terminal
	traceBytes   = 8 << 10 // a log record
)

// recovered is what wazero writes behind the panic of a host function, in the first line of the error.
const recovered = "(recovered by wazero)"

// fromTrap returns the end of a guest that trapped, or whose host function panicked.
func fromTrap(err error) outcome.Outcome {
	if panicked, ok := errors.AsType[*hostPanic](err); ok {
		return panicked.exit()
	}
	if short, ok := errors.AsType[*memoryError](err); ok {
		return short.exit()
	}
	if overflow, ok := errors.AsType[stackOverflow](err); ok {
		return outcome.Outcome{Verdict: outcome.Retry, Code: "trap", Message: overflow.Error(), Trace: safetext.Lines(err.Error(), traceBytes)}
	}
	text := err.Error()
	exit := outcome.Outcome{Verdict: outcome.Retry, Code: "trap", Message: message(text), Trace: safetext.Lines(text, traceBytes)}
	if reason, _, _ := strings.Cut(text, "\n"); strings.Contains(reason, recovered) {
		exit.Code = "host_panic"
	}
	return exit
}

// message returns the beginning of a text as one short line.
func message(text string) string {
	lines := strings.SplitN(text, "\n", messageLines+1)
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return safetext.Line(strings.Join(lines[:min(len(lines), messageLines)], " | "), messageBytes-len(safetext.Cut))
}

// hostPanic is a bug of the host that came up while it worked for one instance.
type hostPanic struct {
	during string
	value  any
	stack  []byte
}

func newHostPanic(during string, value any) *hostPanic {
	return &hostPanic{during, value, debug.Stack()}
}

func (p *hostPanic) Error() string {
	return fmt.Sprintf("host panic during[%s]: %v", p.during, p.value)
}

func (p *hostPanic) exit() outcome.Outcome {
	return outcome.Outcome{Verdict: outcome.Retry, Code: "host_panic", Message: message(p.Error()), Trace: safetext.Lines(string(p.stack), traceBytes)}
}
