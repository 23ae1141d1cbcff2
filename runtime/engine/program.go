// Package engine runs guests with wazero: it compiles a module once, instantiates it for each generation, watches over the
// run, and tears the instance down, always in the same order.
//
// It owns the wazero runtime of an adapter, the guests' linear memories, the budgets of a run (connect, stall, drain, close)
// and the judgement of how a run ended. It knows the instance's ledger and mailbox through the small interfaces that it
// declares, and nothing of what any host function does, of HTTP, of SQLite, or of what happens after a run.
package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"innkeeper/runtime/limits"
)

// What a WASI command exports. https://github.com/WebAssembly/WASI/blob/wasi-0.1/application-abi.md
const (
	startFunction = "_start"
	memoryName    = "memory"
)

// HostModule is a group of host functions under one import module name.
type HostModule interface {
	// ImportName is the module name that guests import from, such as "innkeeper:event@1".
	ImportName() string
	// Export adds the functions to the builder.
	Export(builder wazero.HostModuleBuilder)
}

// Checkpoint names the function that metered code calls every few thousand ticks.
type Checkpoint struct{ Module, Function string }

// Config says how to compile a module.
type Config struct {
	// Wasm is the admitted, metered module.
	Wasm []byte
	// HostModules are what the guest may import, WASI included.
	HostModules []HostModule
	// Checkpoint is what the metering imports.
	Checkpoint Checkpoint
	// MemoryPages bounds the guest's linear memory, in pages of 64 KiB.
	MemoryPages uint32
	// Cache keeps compiled code, shared by all programs; nil for none.
	Cache wazero.CompilationCache
	// Release is called once by Close, when nothing of the program needs the cache any more; nil for nothing.
	Release func(context.Context) error
	// Interpreter chooses wazero's interpreter instead of its compiler: slower, and independent of compiler bugs. Where
	// wazero has no compiler it is the only choice anyway.
	Interpreter bool
}

// Program is a compiled module, ready to be run any number of times, also at once. Close it when no run is left.
type Program struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	newBlock func(most uint64) (block, error)
	guests   atomic.Int64 // that have not left yet
	release  func(context.Context) error

	mu     sync.Mutex
	closed bool
}

// ErrRunning means that a program cannot be closed, because a guest of it still runs.
var ErrRunning = errors.New("a guest still runs")

// Compile makes a program. Each has a wazero runtime of its own, because the memory limit belongs to the runtime. A panic of the
// compiler is an error.
func Compile(ctx context.Context, cfg Config) (*Program, error) {
	settings := wazero.NewRuntimeConfig()
	if cfg.Interpreter {
		settings = wazero.NewRuntimeConfigInterpreter()
	}
	settings = settings.WithMemoryLimitPages(cfg.MemoryPages).WithDebugInfoEnabled(false)
	if cfg.Cache != nil {
		settings = settings.WithCompilationCache(cfg.Cache)
	}
	p := &Program{runtime: wazero.NewRuntimeWithConfig(ctx, settings), newBlock: newBlock}
	if err := p.guardedLoad(ctx, cfg); err != nil {
		return nil, joinClose(err, p.Close(ctx))
	}
	p.release = cfg.Release
	return p, nil
}

// guardedLoad runs load and turns a panic into an error: the compiler panics for what the system refused as for its own bugs.
func (p *Program) guardedLoad(ctx context.Context, cfg Config) (err error) {
	defer func() {
		switch value := recover().(type) {
		case nil:
		case error:
			err = fmt.Errorf("compile: the compiler gave up: %w", value)
		default:
			err = fmt.Errorf("compile: the compiler gave up: %v", value)
		}
	}()
	return p.load(ctx, cfg)
}

func (p *Program) load(ctx context.Context, cfg Config) error {
	for _, module := range cfg.HostModules {
		builder := p.runtime.NewHostModuleBuilder(module.ImportName())
		module.Export(builder)
		if _, err := builder.Instantiate(ctx); err != nil {
			return fmt.Errorf("host module[%s]: %w", module.ImportName(), err)
		}
	}
	_, err := p.runtime.NewHostModuleBuilder(cfg.Checkpoint.Module).
		NewFunctionBuilder().WithGoFunction(api.GoFunc(checkpoint), nil, nil).Export(cfg.Checkpoint.Function).
		Instantiate(ctx)
	if err != nil {
		return fmt.Errorf("host module[%s]: %w", cfg.Checkpoint.Module, err)
	}
	if p.compiled, err = p.runtime.CompileModule(ctx, cfg.Wasm); err != nil {
		return fmt.Errorf("compile: %w", err)
	}
	if p.compiled.ExportedFunctions()[startFunction] == nil {
		return fmt.Errorf("module exports no function %s", startFunction)
	}
	return nil
}

// Begins is the memory that a guest begins with, in bytes.
func (p *Program) Begins() int64 {
	memory := p.compiled.ExportedMemories()[memoryName]
	if memory == nil {
		return 0 // its memory is its own business, and charged when it begins
	}
	return int64(memory.Min()) * limits.MemoryPageBytes
}

// Close gives the compiled code and the runtime back. It is safe on a nil or closed program. While a guest still runs, which
// is the case after a run that left its guest, it closes nothing and fails with [ErrRunning]: the code under the guest must
// not go.
func (p *Program) Close(ctx context.Context) error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := p.guests.Load(); n > 0 {
		return fmt.Errorf("program guests[%d]: %w", n, ErrRunning)
	}
	if p.closed {
		return nil
	}
	p.closed = true
	var err error
	if p.compiled != nil {
		// By itself, because a shared cache keeps it otherwise; and once, because the cache counts its users.
		err = p.compiled.Close(ctx)
	}
	err = joinClose(err, p.runtime.Close(ctx))
	if p.release != nil {
		err = joinClose(err, p.release(ctx))
	}
	return err
}
