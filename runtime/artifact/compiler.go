package artifact

import (
	"context"
	"fmt"
	"time"

	"innkeeper/runtime/limits"
)

// Compiler makes machine code of metered modules. The engine's own can neither be stopped nor bounded, so one that can does its
// work in another process.
type Compiler interface {
	// Compile does a job, or says why not. It obeys the context and the job's budget: when it has returned, nothing works on the job
	// any more. A job that needs more than its budget ends in a [*NeedsMoreError].
	Compile(ctx context.Context, job Job) error
}

// Job is one module to be compiled.
type Job struct {
	// Wasm is the module, admitted and metered.
	Wasm []byte
	// Pages bounds the linear memory of an instance, in pages of 64 KiB.
	Pages uint32
	// Folder is where the engine's cache with the code is to be, an empty folder. Without one the module is made ready for the
	// interpreter instead, and nothing is kept: that tells whether the engine takes it.
	Folder string
	Budget
}

// Budget is what the making of one module may cost.
type Budget struct {
	Memory int64 // bytes
	Time   time.Duration
}

// DefaultBudget is the one of package limits.
func DefaultBudget() Budget { return Budget{Memory: limits.CompileMemory, Time: limits.CompileTime} }

// NeedsMoreError means that a module could not be made within its budget.
type NeedsMoreError struct {
	Memory int64         // the budget of memory that was used up, or 0
	Time   time.Duration // the budget of time that was used up, or 0
}

// Error implements error.
func (e *NeedsMoreError) Error() string {
	if e.Memory > 0 {
		return fmt.Sprintf("the module needs more than %d MiB to compile, which is compile_memory in [limits]", e.Memory>>20)
	}
	return fmt.Sprintf("the module needs more than %s to compile, which is compile_time in [limits]", e.Time)
}

// Hint says what an operator can do.
func (e *NeedsMoreError) Hint() string {
	key := "compile_time"
	if e.Memory > 0 {
		key = "compile_memory"
	}
	return "build it with optimization or with less in it, or raise [limits] " + key
}

// compileTurns is how many modules are compiled at once by a [Compiler]. The budget of memory is that of one.
const compileTurns = 1

// apart has the compiler do a job, in its turn.
func (h *Host) apart(ctx context.Context, job Job) error {
	select {
	case h.turns <- struct{}{}:
		defer func() { <-h.turns }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	job.Budget = DefaultBudget()
	if h.cfg.Budget != nil {
		job.Budget = h.cfg.Budget()
	}
	return h.cfg.Compiler.Compile(ctx, job)
}
