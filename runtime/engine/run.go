package engine

import (
	"context"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/outcome"
)

// Budgets bound the phases of a run. How long a run may finish what is open comes with the wish that it ends.
type Budgets struct {
	// Connect is the time from the start to ready.
	Connect time.Duration
	// Stall is the longest that a guest may work without coming to its mailbox.
	Stall time.Duration
	// Close is the time for the guest to unwind once it is cancelled, and again for closing all handles.
	Close time.Duration
}

// Mailbox is what a run needs of the instance's mailbox.
type Mailbox interface {
	RefuseNew()
	PostLevel(kind abi.EventKind, handle uint32, payload []byte) error
	Close()
	// Busy is how long the guest has not come to it.
	Busy() time.Duration
	// Work is called by the guest's goroutine now and then while it works. It may wait until ctx ends.
	Work(ctx context.Context)
	// Leave is called by the guest's goroutine when it ends.
	Leave()
}

// Ledger is what a run needs of the instance's ledger.
type Ledger interface {
	Seal()
	CloseAll(ctx context.Context) error
	Open() int
	// TakeOver empties the ledger; closeAll closes what was in it, for as long as that takes.
	TakeOver() (closeAll func())
}

// Instance is one run of a program, prepared by whoever wires the host functions. The callbacks run one at a time; one that
// panics ends the run and does not cost the teardown.
type Instance struct {
	// Context is the instance's own: host functions work under it. Kill ends it with a cause.
	Context context.Context
	Kill    context.CancelCauseFunc

	Mailbox Mailbox
	Ledger  Ledger
	// Sooner brings further wishes that the instance ends, each with less time than the one before; nil for none.
	Sooner <-chan outcome.Stop
	// Ready is closed when the guest has said that it can serve.
	Ready <-chan struct{}
	// OnReady is called once then, if the run still goes on.
	OnReady func()
	// Detach is called once on every path, when the instance is asked to end or has ended: from then on no new work reaches it.
	// What belongs to work that it has still may.
	Detach func(reason string)
	// Ended is called once on every path, when the guest has ended and nothing of it is closed yet: from then on nothing
	// reaches the instance.
	Ended func()
	// Failure gives what the guest said of its own end, if it did.
	Failure func() (outcome.Failure, bool)
	// Finish runs after the ledger was closed: it waits for what worked for the instance.
	Finish func(ctx context.Context) error

	Budgets Budgets
	// Memory is charged for the linear memory, in bytes; guests that run at the same time share it. Nil bounds nothing.
	Memory *budget.Budget
}

// Run runs the program once, from instantiation to an empty ledger, and says how it ended and what of it had to be left to others. Cancelling ctx asks the guest to
// end: it is told the reason and has the budget of the cause, an [outcome.Stop]; with another cause it is ended at once. Run
// returns after the teardown, on every path.
func (p *Program) Run(ctx context.Context, instance Instance) outcome.Outcome {
	r := &run{Instance: instance}
	done := make(chan error, 1)
	p.guests.Add(1)
	go func() { done <- p.execute(r.Instance) }()
	err, left := r.watch(ctx, done)
	exit := r.judge(err)
	if left {
		r.leave("the guest")
		r.late = append(r.late, done)
	}
	r.teardown(ctx, &exit)
	return exit
}

// run is an instance that is being run. Only the goroutine of Run uses it.
type run struct {
	Instance
	detached bool
	late     []<-chan error // what is not waited for any longer: the guest, steps of the teardown
	left     []string       // what could not be closed in time, in words
}

// leave notes what could not be closed in time.
func (r *run) leave(what string) { r.left = append(r.left, what) }

// call runs a callback. What panics there is a bug of the host, and no reason to leave anything open: the instance ends.
func (r *run) call(name string, callback func()) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = newHostPanic(name, value)
			r.Kill(err)
		}
	}()
	callback()
	return nil
}

// detach cuts the instance off from new work, once: whoever comes goes elsewhere first, and only then the mailbox refuses.
func (r *run) detach(reason string) (err error) {
	if r.detached {
		return nil
	}
	r.detached = true
	if r.Detach != nil {
		err = r.call("detach", func() { r.Detach(reason) })
	}
	r.Mailbox.RefuseNew()
	return err
}
