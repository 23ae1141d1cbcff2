// Package hostcall turns the ABI table into functions that wazero can export.
//
// It owns the one place where "returns a result" becomes a word on wazero's stack, where a call is refused because its
// instance is over, and where a fault can be injected for a test. It knows nothing of what any function does: that is
// the families' business: each brings its table and its code.
package hostcall

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
)

// Table is one family of host functions: its row in the ABI's table, and the code of its functions in the row's order.
type Table struct {
	ABI   abi.Family
	Calls []Call
}

// Call is the code of one host function.
type Call struct {
	Name string
	// Run reads the parameters from the stack, calls the function of the family, as the calling instance has it, and returns
	// the result.
	Run func(family any, mem guestmem.Memory, stack []uint64) int32
}

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
	// Families are the families as this instance has them, in the order of the tables that [Modules] was given; nil for one
	// that it does not have.
	Families []any
	// Events is the instance's mailbox, for whoever polls it.
	Events abi.Event
	// Time, if set, counts the guest's work and its waiting, and makes it wait for its share of the processor.
	Time Time
	// Intercept, if set, runs before every call; it may delay, panic, or answer in the function's place (handled).
	// It is the seam for "fail the N-th host operation".
	Intercept func(family, function string) (result int32, handled bool)

	calls uint // by the guest's goroutine
}

// Time is how a guest spends it. Only the guest's goroutine uses it.
type Time interface {
	// Work counts the guest's work, and may wait until ctx ends.
	Work(ctx context.Context)
	// Away and Back stand around a wait for something else than an event.
	Away()
	Back()
}

// callsBetweenLooks is how many calls of host functions go by before a guest's work is counted. Reading the clock costs as much as
// a call; a checkpoint of the guest's own code or a longer piece of work counts it anyway.
const callsBetweenLooks = 16

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

// Stride is what a host function calls between two pieces of work that may be many: it looks at the context as [Check] does, and
// lets others have the processor when the guest had more than its share.
func Stride(ctx context.Context) {
	if time := Of(ctx).Time; time != nil {
		time.Work(ctx)
	}
	Check(ctx)
}

// ImportName is the module name that guests import from.
func (m Module) ImportName() string { return m.Name }

// Export adds the family's functions to a host module.
func (m Module) Export(builder wazero.HostModuleBuilder) {
	for _, f := range m.Functions {
		builder.NewFunctionBuilder().WithGoModuleFunction(f.Call, f.Params, f.Results).Export(f.Name)
	}
}

// Modules makes the modules of the tables whose family is granted, in all its versions. A function without code is an error, so
// that a table and a code that do not match are found at start-up.
func Modules(tables []Table, granted func(family string) bool) ([]Module, error) {
	var modules []Module
	for place, table := range tables {
		if !granted(table.ABI.Name) {
			continue
		}
		module, err := newModule(place, table)
		if err != nil {
			return nil, err
		}
		modules = append(modules, module)
	}
	return modules, nil
}

func newModule(place int, table Table) (Module, error) {
	m := Module{Name: table.ABI.Module()}
	for i, declared := range table.ABI.Functions {
		if i >= len(table.Calls) || table.Calls[i].Name != declared.Name {
			return m, fmt.Errorf("family[%s] function[%s]: declared without code", m.Name, declared.Name)
		}
		m.Functions = append(m.Functions, export(place, table.ABI.Name, declared, table.Calls[i]))
	}
	if extra := len(table.Calls) - len(m.Functions); extra > 0 {
		return m, fmt.Errorf("family[%s]: code for %d functions that are not declared", m.Name, extra)
	}
	return m, nil
}

// export wraps one function for wazero. The result is written in the place of the first parameter, as wazero wants it. An
// instance that is over calls nothing any more, and one that was ended during a call does not come back from it.
func export(place int, family string, declared abi.Function, call Call) Function {
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
			stack[0] = api.EncodeI32(call.Run(instance.Families[place], guestmem.Of(guest.Memory()), stack))
			if instance.calls++; instance.calls%callsBetweenLooks == 0 {
				Stride(ctx)
				return
			}
			Check(ctx)
		}),
	}
}
