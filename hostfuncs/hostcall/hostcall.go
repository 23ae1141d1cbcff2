// Package hostcall turns the ABI table into functions that wazero can export.
//
// It owns the one place where "returns a result" becomes a word on wazero's stack, where a call is refused because its
// instance is over, and where a fault can be injected for a test. It knows nothing of what any function does: that is
// the families' business, reached through the interfaces of package abi.
package hostcall

import (
	"context"
	"fmt"
	"math"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
)

// call runs one host function: it reads the parameters from the stack and returns the result.
type call func(host *abi.Host, mem guestmem.Memory, stack []uint64) int32

// Function is one host function, ready to be exported.
type Function struct {
	Name    string
	Params  []api.ValueType
	Results []api.ValueType
	Call    api.GoModuleFunction
}

// Module is one family, ready to be exported under its import module name.
type Module struct {
	Name      string
	Functions []Function
}

// Instance is what host calls need to know of the instance that called. It travels in the context of the run.
type Instance struct {
	// Host holds the families as this instance sees them.
	Host *abi.Host
	// Intercept, if set, runs before every call; it may delay, panic, or answer in the function's place (handled).
	// It is the seam for "fail the N-th host operation".
	Intercept func(family, function string) (result int32, handled bool)
}

type contextKey struct{}

// With puts the instance into the context that its guest is run with.
func With(ctx context.Context, instance *Instance) context.Context {
	return context.WithValue(ctx, contextKey{}, instance)
}

// Of is the instance that a call belongs to.
func Of(ctx context.Context) *Instance { return ctx.Value(contextKey{}).(*Instance) }

// Unwound is what is thrown through a guest whose instance is over; wazero catches it at the entry of the call.
type Unwound struct{}

func (Unwound) Error() string { return "the instance is over" }

// Check throws Unwound if the instance is over. The context is that of the run; asking it costs one atomic load.
func Check(ctx context.Context) {
	if ctx.Err() != nil {
		panic(Unwound{})
	}
}

// ImportName is the module name that guests import from.
func (m Module) ImportName() string { return m.Name }

// Export adds the family's functions to a host module.
func (m Module) Export(builder wazero.HostModuleBuilder) {
	for _, f := range m.Functions {
		builder.NewFunctionBuilder().WithGoModuleFunction(f.Call, f.Params, f.Results).Export(f.Name)
	}
}

// Modules makes the modules of the families named. An unknown name and a function without code are errors, so that a table
// and a dispatch that do not match are found at start-up.
func Modules(families []string) ([]Module, error) {
	table := dispatch()
	var modules []Module
	for _, name := range families {
		versions := abi.Find(name)
		if len(versions) == 0 {
			return nil, fmt.Errorf("family[%s]: no such family of host functions", name)
		}
		for _, family := range versions {
			module := Module{Name: family.Module()}
			for _, declared := range family.Functions {
				run, ok := table[module.Name][declared.Name]
				if !ok {
					return nil, fmt.Errorf("family[%s] function[%s]: declared without code", name, declared.Name)
				}
				module.Functions = append(module.Functions, export(name, declared, run))
			}
			modules = append(modules, module)
		}
	}
	return modules, nil
}

// export wraps one function for wazero. The result is written in the place of the first parameter, as wazero wants it. An
// instance that is over calls nothing any more, and one that was ended during a call does not come back from it.
func export(family string, declared abi.Function, run call) Function {
	name := declared.Name
	return Function{
		Name:    name,
		Params:  declared.Wasm(),
		Results: []api.ValueType{api.ValueTypeI32},
		Call: api.GoModuleFunc(func(ctx context.Context, guest api.Module, stack []uint64) {
			Check(ctx)
			instance := Of(ctx)
			if instance.Intercept != nil {
				if result, handled := instance.Intercept(family, name); handled {
					stack[0] = api.EncodeI32(result)
					return
				}
			}
			stack[0] = api.EncodeI32(run(instance.Host, guestmem.Of(guest.Memory()), stack))
			Check(ctx)
		}),
	}
}

func float64frombits(word uint64) float64 { return math.Float64frombits(word) }
