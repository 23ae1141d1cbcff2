// Package compiler compiles modules in processes of their own, which can be killed and are bounded in memory and time: the engine's
// compiler looks at no context, and what a module costs it is known when it has been paid.
//
// It owns both sides: [Process] starts the program that runs once more, and [Main] is what that one does. Between them they have a
// pipe with the module, a folder for the code, and one answer. It must not know where modules come from or what becomes of the code.
package compiler

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime/debug"
	"time"

	"innkeeper/runtime/artifact"
	"innkeeper/runtime/safetext"
)

// Process is a compiler that does each job in a process of its own. The zero value starts the program that runs.
type Process struct {
	// Program is the path of the program to start, and Args come before those of [Main].
	Program string
	Args    []string
}

var _ artifact.Compiler = (*Process)(nil)

// afterKill is how long a killed process may take to be gone, with all that it may have in its pipes.
const afterKill = 5 * time.Second

// Compile implements artifact.Compiler.
func (p *Process) Compile(ctx context.Context, job artifact.Job) error {
	ctx, cancel := context.WithTimeoutCause(ctx, job.Time, errOutOfTime)
	defer cancel()
	program, err := p.program()
	if err != nil {
		return fmt.Errorf("%w: %w", artifact.ErrNoCompiler, err)
	}
	run := &run{job: job}
	err = run.do(ctx, exec.CommandContext(ctx, program, append(p.Args, order(job)...)...))
	switch cause := context.Cause(ctx); {
	case cause == nil:
		return err
	case errors.Is(cause, errOutOfTime):
		return outOfTime(job.Time, run.worked)
	default:
		return cause
	}
}

// errOutOfTime is why a process was killed that took too long.
var errOutOfTime = errors.New("out of time")

// outOfTime says what it means that a module was not compiled in its time, of which a processor has worked on it for so long.
func outOfTime(of, worked time.Duration) error {
	if worked < of/busyShare {
		return fmt.Errorf("%w: the machine was busy, or stopped: the processor worked on it for %s of the %s of compile_time in [limits]",
			artifact.ErrNoCompiler, worked.Round(time.Millisecond), of)
	}
	return &artifact.NeedsMoreError{Time: of}
}

// busyShare is the part of its time that a module must have had a processor to itself, a quarter, before the time says something of the
// module and not of the machine: others go first, and whoever stops the host stops both.
const busyShare = 4

func (p *Process) program() (string, error) {
	if p.Program != "" {
		return p.Program, nil
	}
	return artifact.ProgramPath()
}

// run is one process.
type run struct {
	job    artifact.Job
	answer bounded
	stderr bounded
	worked time.Duration // of a processor, by the end
}

// do starts the process, hands it the module, and judges by its answer and its end. The pipe with the module stays open as long as
// this process lives: the other one ends with it.
func (r *run) do(ctx context.Context, cmd *exec.Cmd) error {
	r.answer.most, r.stderr.most = answerBytes, stderrBytes
	cmd.Env = []string{} // nil would be the host's, which may hold secrets
	cmd.Stdout, cmd.Stderr = &r.answer, &r.stderr
	cmd.WaitDelay = afterKill
	apart(cmd)
	keepDescriptors()
	module, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("%w: %w", artifact.ErrNoCompiler, err)
	}
	if err := cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("%w: %w", artifact.ErrNoCompiler, err), module.Close())
	}
	behindOthers(cmd.Process.Pid)
	_, sent := module.Write(r.job.Wasm) // fails if the process ends before, which says more
	r.job.Wasm = nil
	debug.FreeOSMemory()
	ended := cmd.Wait() // closes the pipe
	if state := cmd.ProcessState; state != nil {
		r.worked = state.UserTime() + state.SystemTime()
	}
	return r.judge(ended, sent)
}

// judge says how the job ended.
func (r *run) judge(ended, sent error) error {
	var exit *exec.ExitError
	switch answer, ok := readAnswer(r.answer.text); {
	case ok:
		return answer.judge(r.job)
	case r.stderr.tells(outOfMemory()...):
		return &artifact.NeedsMoreError{Memory: r.job.Memory}
	case errors.As(ended, &exit) && exit.Exited():
		return fmt.Errorf("the compiler crashed: %s", safetext.Line(r.stderr.line(), lineBytes))
	case ended == nil:
		return fmt.Errorf("%w: it ended without an answer", artifact.ErrNoCompiler)
	}
	// Somebody else has ended it: the system for want of memory, or whoever stops this process as well.
	return fmt.Errorf("%w: %w", artifact.ErrNoCompiler, errors.Join(ended, sent))
}
