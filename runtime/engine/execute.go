package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"io"

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
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	module, err := p.runtime.InstantiateModule(ctx, p.compiled, moduleConfig(ctx, instance))
	if err != nil {
		return err
	}
	// A fresh context: the instance's own may be over, and the module must be closed all the same.
	defer func() { err = joinClose(err, module.Close(context.WithoutCancel(ctx))) }()
	_, err = module.ExportedFunction(startFunction).Call(ctx)
	var code *sys.ExitError
	if errors.As(err, &code) {
		return code
	}
	return err
}

// moduleConfig returns what the guest gets of WASI. The module has no name, because names collide, and no function that is
// called by itself.
func moduleConfig(ctx context.Context, instance Instance) wazero.ModuleConfig {
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions().
		WithStdout(output{ctx, instance.Stdout}).WithStderr(output{ctx, instance.Stderr}).WithArgs(instance.Args...).
		WithSysWalltime().WithSysNanotime().WithRandSource(random{ctx})
	for name, value := range instance.Env {
		config = config.WithEnv(name, value)
	}
	return config
}

// checkpoint is where metered code stops when its instance is over. The context is that of the run; asking it costs one
// atomic load. That the guest came out of compiled code here also lets Go's scheduler and garbage collector act.
func checkpoint(ctx context.Context, _ []uint64) {
	if ctx.Err() != nil {
		panic(unwound{})
	}
}

// unwound is the panic that ends a guest whose instance is over; wazero catches it at the entry of the call.
type unwound struct{}

func (unwound) Error() string { return "the instance is over" }

// stride is how many bytes go through output and random between two looks at the context. One WASI call may name the
// whole memory, thousands of times over.
const stride = 64 << 10

// output is one of the guest's output streams. It ends the guest like a checkpoint, so that one that is over prints nothing
// more, and one that prints without end can be stopped.
type output struct {
	ctx context.Context
	to  io.Writer
}

func (o output) Write(p []byte) (written int, err error) {
	for {
		checkpoint(o.ctx, nil)
		piece := p[written:min(len(p), written+stride)]
		if o.to != nil {
			if _, err := o.to.Write(piece); err != nil {
				return written, err
			}
		}
		if written += len(piece); written == len(p) {
			return written, nil
		}
	}
}

// random gives the guest the operating system's random bytes; wazero's default is a fixed seed.
type random struct{ ctx context.Context }

func (r random) Read(p []byte) (int, error) {
	checkpoint(r.ctx, nil)
	return rand.Read(p[:min(len(p), stride)])
}
