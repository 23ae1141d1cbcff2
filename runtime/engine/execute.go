package engine

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/sys"
)

// execute instantiates the module and runs its _start. It ends with the guest. A start section runs under the same watch.
func (p *Program) execute(instance Instance) (err error) {
	defer p.guests.Add(-1)
	defer func() {
		switch value := recover().(type) {
		case nil:
		case *memoryError:
			err = value
		default:
			err = newHostPanic("engine", value)
		}
	}()
	ctx, release := withMemories(instance.Context, instance.Memory, p.newBlock)
	// Here and not when the module is closed: a guest closes its module by proc_exit while it still runs, and a module that
	// traps in its start section is never closed.
	defer release()
	defer instance.Mailbox.Leave()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	module, err := p.runtime.InstantiateModule(ctx, p.compiled, moduleConfig())
	if err != nil {
		return err
	}
	// A fresh context: the instance's own may be over, and the module must be closed all the same.
	defer func() { err = joinClose(err, module.Close(context.WithoutCancel(ctx))) }()
	start := module.ExportedFunction(startFunction)
	_, err = start.Call(guest{ctx, instance.Mailbox, callStackOf(start)})
	var code *sys.ExitError
	if errors.As(err, &code) {
		return code
	}
	return err
}

// moduleConfig returns a module without a name, because names collide, and without a function that is called by itself. What
// there is of WASI is the host modules' business.
func moduleConfig() wazero.ModuleConfig {
	return wazero.NewModuleConfig().WithName("").WithStartFunctions()
}

// guest is the context of a guest's run, with what a checkpoint needs.
type guest struct {
	context.Context
	mailbox Mailbox
	stack   callStack
}

type guestKey struct{}

func (g guest) Value(key any) any {
	if key == (guestKey{}) {
		return g
	}
	return g.Context.Value(key)
}

// checkpoint is where metered code stops when its instance is over, and waits when others want the processor. That the guest came
// out of compiled code here also lets Go's scheduler and garbage collector act.
func checkpoint(ctx context.Context, _ []uint64) {
	guest := ctx.Value(guestKey{}).(guest)
	guest.stack.check()
	guest.mailbox.Work(ctx)
	if ctx.Err() != nil {
		panic(unwound{})
	}
}

// unwound is the panic that ends a guest whose instance is over; wazero catches it at the entry of the call.
type unwound struct{}

func (unwound) Error() string { return "the instance is over" }
