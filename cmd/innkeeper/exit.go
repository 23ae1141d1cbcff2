package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"innkeeper/cmd/internal/gateway"
	"innkeeper/runtime/admin"
	"innkeeper/runtime/artifact"
	"innkeeper/runtime/config"
	"innkeeper/runtime/ordinaryfile"
	"innkeeper/runtime/safetext"
)

// Exit codes. https://man.openbsd.org/sysexits
const (
	exOK          = 0
	exTestFailed  = 1  // a test of a guest, as go test says it
	exUsage       = 64 // wrong flags or arguments
	exDataErr     = 65 // a file or request whose content is refused
	exNoInput     = 66 // a file that is not there
	exUnavailable = 69 // nobody runs, or what answers cannot
	exSoftware    = 70 // anything that should not have happened
	exCantCreate  = 73 // a file that cannot be written, or is there already
	exIOErr       = 74
	exTempFail    = 75 // the same again may succeed later
	exNoPerm      = 77
	exConfig      = 78 // the configuration cannot be used
	exSignal      = 128
)

// failure is an error with everything that the process does about it.
type failure struct {
	code   int
	err    error  // nil if nothing is to be printed
	report string // more lines for people, printed below the error; may be empty
	hint   string // what to do; may be empty
}

func (f *failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit code %d", f.code)
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

func fail(code int, hint, format string, args ...any) *failure {
	return &failure{code: code, err: fmt.Errorf(format, args...), hint: hint}
}

// print writes the failure to a terminal or a log.
func (f *failure) print(w io.Writer) {
	if f.err == nil {
		return // all is said
	}
	// The name of the program stands at the front already.
	fmt.Fprintf(w, "innkeeper: %s\n", strings.TrimPrefix(safetext.Lines(f.Error(), textBytes), "innkeeper is "))
	if f.report != "" {
		fmt.Fprintln(w, f.report)
	}
	if f.hint != "" {
		fmt.Fprintf(w, "hint: %s\n", f.hint)
	}
}

// classify turns any error of a command into a failure. This is the only place that does.
func (a *app) classify(err error) *failure {
	var (
		known      *failure
		wrong      config.Errors
		held       *admin.HeldError
		notRunning *admin.NotRunningError
		silent     *admin.NoAnswerError
		problem    *admin.Problem
		refused    *artifact.Refusal
		path       *fs.PathError
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &wrong):
		return &failure{code: exConfig, err: errors.New("the configuration cannot be used"), report: wrong.Report()}
	case errors.As(err, &held):
		return &failure{code: exTempFail, err: err, hint: "see what it does with: " + a.command("status")}
	case errors.As(err, &notRunning):
		return &failure{code: exUnavailable, err: err, hint: "start it with: " + a.command("run")}
	case errors.As(err, &silent):
		return &failure{code: exTempFail, err: err, hint: silentHint(silent.PID)}
	case errors.As(err, &problem):
		return a.fromProblem(problem)
	case errors.As(err, &refused):
		return &failure{code: exDataErr, err: err, hint: refused.Hint}
	case errors.Is(err, ordinaryfile.ErrNotOrdinary), errors.Is(err, ordinaryfile.ErrTooLarge):
		return &failure{code: exConfig, err: err}
	case errors.Is(err, gateway.ErrDescriptors):
		return &failure{code: exConfig, err: err}
	case errors.Is(err, fs.ErrPermission):
		return &failure{code: exNoPerm, err: err}
	case errors.Is(err, fs.ErrNotExist):
		return &failure{code: exNoInput, err: err}
	case errors.Is(err, fs.ErrExist):
		return &failure{code: exCantCreate, err: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{code: exTempFail, err: err}
	case errors.As(err, &path):
		return &failure{code: exIOErr, err: err}
	}
	return &failure{code: exSoftware, err: err}
}

// silentHint says how to find out why a process does not answer.
func silentHint(pid int) string {
	if pid == 0 {
		return "its log may say why"
	}
	return fmt.Sprintf("it may be stopped, or the machine overloaded: look at ps -o stat,time -p %d; continue a stopped one with kill -CONT %d", pid, pid)
}

// fromProblem gives what the running host refused its exit code.
func (a *app) fromProblem(p *admin.Problem) *failure {
	f := &failure{code: exSoftware, err: p, report: p.Report, hint: p.Hint}
	switch p.Code {
	case admin.CodeUnknownAdapter:
		f.code = exUsage
	case admin.CodeRefused, admin.CodeNotReady:
		f.code = exTempFail
	case admin.CodeBadConfig:
		f.code = exConfig
	case admin.CodeUpdateRefused:
		f.code = exDataErr
	case admin.CodeNotFound:
		f.code = exUnavailable
	}
	return f
}
