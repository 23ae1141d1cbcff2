package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/sys"

	"innkeeper/adapters/abi"
)

// Budgets bound the phases of a run.
type Budgets struct {
	// Connect is the time from the start to ready.
	Connect time.Duration
	// Stall is the longest that a guest may work without coming to its mailbox.
	Stall time.Duration
	// Drain is the time to finish what is open after a shutdown was asked for.
	Drain time.Duration
	// Close is the time for the guest to unwind once it is cancelled, and again for closing all handles.
	Close time.Duration
}

// Mailbox is what a run needs of the instance's mailbox.
type Mailbox interface {
	RefuseNew()
	Post(kind abi.EventKind, handle uint32, payload []byte) error
	Close()
	Busy() time.Duration
}

// Ledger is what a run needs of the instance's ledger.
type Ledger interface {
	Seal()
	CloseAll(ctx context.Context) error
	Open() int
}

// Instance is one run of a program, prepared by whoever wires the host functions.
type Instance struct {
	// Context is the instance's own: host functions work under it. Kill ends it with a cause.
	Context context.Context
	Kill    context.CancelCauseFunc

	Mailbox Mailbox
	Ledger  Ledger
	// Ready is closed when the guest has said that it can serve.
	Ready <-chan struct{}
	// OnReady is called once then, if the run still goes on.
	OnReady func()
	// Detach is the first step of a teardown: from then on no new work reaches the instance.
	Detach func(reason string)
	// Failure gives what the guest said of its own end, if it did.
	Failure func() (Failure, bool)
	// Finish runs after the ledger was closed: it waits for what worked for the instance.
	Finish func(ctx context.Context) error

	Stdout, Stderr io.Writer
	Args           []string
	Env            map[string]string
	Budgets        Budgets
}

// Failure is a guest's or a host function's own word on why the run cannot go on.
type Failure struct {
	Code      string
	Message   string
	Retryable bool
}

// Why an instance's context was cancelled.
var (
	errConnect = errors.New("not ready within the connect budget")
	errStall   = errors.New("did not come back to its mailbox within the stall budget")
	errDrain   = errors.New("drain budget used up")
	errStopped = errors.New("stopped")
	errOver    = errors.New("the run is over")
)

// StopReason is the cause to cancel a run's context with; Run then asks the guest to end and waits the drain budget.
type StopReason string

func (r StopReason) Error() string { return string(r) }

// Run runs the program once, from instantiation to an empty ledger, and says how it ended. Cancelling ctx asks the guest to
// end; the cause, if it is a StopReason, is passed on to it. Run returns after the teardown, on every path.
func (p *Program) Run(ctx context.Context, instance Instance) (exit Exit) {
	defer func() { teardown(ctx, &instance, &exit) }()
	done := make(chan error, 1)
	go func() { done <- p.execute(instance) }()
	err, stuck := instance.watch(ctx, done)
	exit = instance.judge(err)
	exit.Stuck = stuck
	return exit
}

// execute instantiates the module and runs its _start. It ends with the guest. A start section runs under the same watch.
func (p *Program) execute(instance Instance) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("host panic: %v", r)
		}
	}()
	ctx := instance.Context
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions().
		WithStdout(instance.Stdout).WithStderr(instance.Stderr).WithArgs(instance.Args...).
		WithSysWalltime().WithSysNanotime().WithSysNanosleep().WithRandSource(randomSource{})
	for name, value := range instance.Env {
		config = config.WithEnv(name, value)
	}
	module, err := p.runtime.InstantiateModule(ctx, p.compiled, config)
	if err != nil {
		return err
	}
	// A fresh context: the instance's own may be over, and the module must be closed all the same.
	defer func() { err = joinClose(err, module.Close(context.WithoutCancel(ctx))) }()
	_, err = module.ExportedFunction("_start").Call(ctx)
	var code *sys.ExitError
	if errors.As(err, &code) {
		return code
	}
	return err
}

// watch waits for the guest's end and enforces the budgets. It gives up on a guest that does not unwind within the close
// budget after it was killed: that happens only if a host function ignores its context.
func (i *Instance) watch(ctx context.Context, done <-chan error) (err error, stuck bool) {
	connect := time.NewTimer(i.Budgets.Connect)
	defer connect.Stop()
	stall := time.NewTicker(max(i.Budgets.Stall/4, time.Millisecond))
	defer stall.Stop()
	ready, stop, killed := i.Ready, ctx.Done(), i.Context.Done()
	var drain, unwind <-chan time.Time
	for {
		select {
		case err := <-done:
			return err, false
		case <-ready:
			ready = nil
			connect.Stop()
			if ctx.Err() == nil && i.OnReady != nil {
				i.OnReady()
			}
		case <-connect.C:
			if ready != nil {
				i.Kill(errConnect)
			}
		case <-stall.C:
			if i.Mailbox.Busy() > i.Budgets.Stall {
				i.Kill(errStall)
			}
		case <-stop:
			stop = nil
			drain = i.shutdown(ctx)
		case <-drain:
			i.Kill(errDrain)
		case <-killed:
			killed = nil
			unwind = time.After(i.Budgets.Close)
		case <-unwind:
			return errors.New("the guest did not unwind within the close budget"), true
		}
	}
}

// shutdown refuses new work and asks the guest to end, and returns when the drain budget is over. A guest that is not
// serving yet has nothing to drain and is ended at once.
func (i *Instance) shutdown(ctx context.Context) <-chan time.Time {
	reason := "stop"
	var named StopReason
	if errors.As(context.Cause(ctx), &named) {
		reason = string(named)
	}
	i.detach(reason)
	select {
	case <-i.Ready:
	default:
		i.Kill(errStopped)
		return nil
	}
	payload := abi.AppendU32(nil, uint32(i.Budgets.Drain.Milliseconds()))
	if i.Mailbox.Post(abi.EventShutdown, 0, abi.AppendString(payload, reason)) != nil {
		i.Kill(errStopped)
		return nil
	}
	return time.After(i.Budgets.Drain)
}

func (i *Instance) detach(reason string) {
	i.Mailbox.RefuseNew()
	if i.Detach != nil {
		i.Detach(reason)
	}
}
