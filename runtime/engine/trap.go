package engine

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"unicode"

	"innkeeper/runtime/outcome"
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
	text := err.Error()
	exit := outcome.Outcome{Verdict: outcome.Retry, Code: "trap", Message: message(text), Trace: cut(text, traceBytes)}
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
	line := strings.Map(printable, strings.Join(lines[:min(len(lines), messageLines)], " | "))
	return cut(line, messageBytes)
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}

// cut shortens a text to at most that many bytes, at the border of a character, and marks the cut.
func cut(text string, most int) string {
	const mark = "…"
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len(mark)], "") + mark
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
	return outcome.Outcome{Verdict: outcome.Retry, Code: "host_panic", Message: message(p.Error()), Trace: cut(string(p.stack), traceBytes)}
}
