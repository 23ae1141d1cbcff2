// Package engine runs guests with wazero: it compiles a module once, instantiates it for each generation, watches over the
// run, and tears the instance down, always in the same order.
//
// It owns the wazero runtime of an adapter, the budgets of a run (connect, stall, drain, close) and the judgement of how a
// run ended. It knows the instance's ledger and mailbox through the small interfaces that it declares, and nothing of
// what any host function does, of HTTP, of SQLite, or of what happens after a run.
package engine

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
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
	// Interpreter chooses wazero's interpreter instead of its compiler: slower, and independent of compiler bugs.
	Interpreter bool
}

// Program is a compiled module, ready to be run any number of times. Close it when no run is left.
type Program struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
}

// Compile makes a program. Each has a wazero runtime of its own, because the memory limit belongs to the runtime.
func Compile(ctx context.Context, cfg Config) (*Program, error) {
	settings := wazero.NewRuntimeConfigCompiler()
	if cfg.Interpreter {
		settings = wazero.NewRuntimeConfigInterpreter()
	}
	settings = settings.WithMemoryLimitPages(cfg.MemoryPages).WithDebugInfoEnabled(false)
	if cfg.Cache != nil {
		settings = settings.WithCompilationCache(cfg.Cache)
	}
	p := &Program{runtime: wazero.NewRuntimeWithConfig(ctx, settings)}
	if err := p.load(ctx, cfg); err != nil {
		return nil, joinClose(err, p.runtime.Close(ctx))
	}
	return p, nil
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
	return nil
}

// Close gives the compiled code and the runtime back.
func (p *Program) Close(ctx context.Context) error { return p.runtime.Close(ctx) }

// checkpoint is where metered code stops when its instance is over. The context is that of the run; asking it costs one
// atomic load. That the guest came out of compiled code here also lets Go's scheduler and garbage collector act.
func checkpoint(ctx context.Context, _ []uint64) {
	if ctx.Err() != nil {
		panic(unwound{})
	}
}

// unwound is what is thrown through a guest whose instance is over; wazero catches it at the entry of the call.
type unwound struct{}

func (unwound) Error() string { return "the instance is over" }
