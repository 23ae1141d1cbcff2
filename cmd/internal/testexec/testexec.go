// Package testexec runs the test program of a guest in the sandbox: the module that go test built, with the families that a manifest
// asks for, databases in a temporary folder and an agent, once.
//
// It owns the making of one instance outside of any slot, and the account of what the program left open. It knows no command line.
package testexec

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"innkeeper/cmd/internal/gateway"
	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/guesthost"
	"innkeeper/hostfuncs/hostcall"
	"innkeeper/hostfuncs/wasifn"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/artifact"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/manifest"
	"innkeeper/runtime/outcome"
)

// Config says what is run and with what. All fields are required but Args, Limit and Interpreter.
type Config struct {
	// Module is the path of the test program. Args are its arguments without its name.
	Module string
	Args   []string
	// Limit is how long the program may run, 0 for as long as it likes.
	Limit time.Duration
	// Interpreter runs it without compiling it.
	Interpreter bool
	// Compiler makes machine code of it; with nil the engine does it in this process.
	Compiler artifact.Compiler
	// Manifest is the text of the adapter's manifest.
	Manifest []byte
	// Agent answers turns.
	Agent          agent.Agent
	Stdout, Stderr io.Writer
	// Logger gets what the guest and the families log.
	Logger  *slog.Logger
	Version string
}

// Result is how the program ended.
type Result struct {
	outcome.Outcome
	// Cut is why the host ended the program; nil if it came to an end of its own.
	Cut error
	// Left are the handles that the program had not closed when it ended; they are closed by now.
	Left []ledger.Item
}

// ErrLimit is why a program was ended that ran longer than it may.
var ErrLimit = errors.New("the limit is over, and the test did not end by itself")

// The budgets of a slot do not fit: a test program is never ready, and comes back to its mailbox when it likes. Go test sets a limit
// to it; closing has one, as everywhere.
const unlimited = 365 * 24 * time.Hour

// Run compiles and runs the program. Cancelling ctx ends it at once. An error is what kept it from starting.
func Run(ctx context.Context, cfg Config) (result Result, err error) {
	packed, err := artifact.Pack(ctx, cfg.Module, cfg.Manifest)
	if err != nil {
		return Result{}, err
	}
	host, err := gateway.NewHost(ctx, cfg.Compiler, artifact.DefaultBudget())
	if err != nil {
		return Result{}, err
	}
	fresh := context.WithoutCancel(ctx) // for what is given back
	defer func() { err = errors.Join(err, host.Close(fresh)) }()
	program, err := host.Compile(ctx, packed, artifact.Options{Memory: limits.MemoryBytesMax, Interpreter: cfg.Interpreter})
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, program.Close(fresh)) }()
	folder, err := os.MkdirTemp("", "innkeeper-test-")
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	return cfg.run(ctx, program, packed.Manifest, folder)
}

func (cfg *Config) run(ctx context.Context, program *engine.Program, asks *manifest.Manifest, folder string) (Result, error) {
	settings, err := settingsJSON(asks)
	if err != nil {
		return Result{}, err
	}
	plugs := gateway.Families(func() agent.Agent { return cfg.Agent })
	guest := guesthost.New(ctx, guesthost.Config{
		Facts: family.Facts{
			Adapter: asks.Name, Generation: 1, Version: cfg.Version, Manifest: asks, Folder: filepath.Join(folder, asks.Name),
			Secrets: secrets(asks), Drain: limits.DrainBudget, MaxBody: limits.HTTPBodyBytes, Logger: cfg.Logger,
		},
		Families: plugs, Settings: settings, Quota: quota(plugs),
	})
	if cfg.Limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, cfg.Limit, ErrLimit)
		defer cancel()
	}
	var result Result
	result.Outcome = program.Run(ctx, engine.Instance{
		Context: wasifn.With(hostcall.With(guest.Context, guest.Calls(nil)), wasifn.Program{
			Args: append([]string{cfg.Module}, cfg.Args...), Stdout: cfg.Stdout, Stderr: cfg.Stderr,
		}),
		Kill:    guest.Kill,
		Mailbox: guest.Mailbox, Ledger: guest.Ledger, Ready: guest.Ready, Failure: guest.Failure, Finish: guest.Finish,
		Ended:   func() { result.Left = guest.Ledger.Items() },
		Budgets: engine.Budgets{Connect: unlimited, Stall: unlimited, Close: limits.CloseBudget},
	})
	result.Cut = context.Cause(ctx)
	return result, nil
}
