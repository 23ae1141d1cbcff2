// Package agentfn is the family agent for one instance: turns that a guest starts and whose answers come back as events.
//
// It owns the turns: one goroutine each, one handle each, and the promise that a turn ends with exactly one event unless
// it was cancelled. It knows the agent only through its interface, and nothing of who it is.
//
// A turn's handle is in the ledger until the guest has fetched the event that ends it: the mailbox has it retired then.
// So turns that ended and were never fetched count against the quota, and what waits in the mailbox stays bounded.
package agentfn

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/hostfuncs/handles"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/jsonbound"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/mailbox"
)

var _ abi.Agent = (*Family)(nil)

// KindTurn is the kind of a turn's handle.
const KindTurn ledger.Kind = "agent.turn"

// Config says what a family works with. Ledger, Mailbox, Agent and Logger are required.
type Config struct {
	Ledger  *ledger.Ledger
	Mailbox *mailbox.Mailbox
	// Agent gives who answers, for each turn anew.
	Agent func() agent.Agent
	// Logger gets the causes of failed turns, which the guest is not shown.
	Logger *slog.Logger
	// MaxTurnBytes bounds one request, in bytes; 0 means TurnBytes.
	MaxTurnBytes int
	// MaxTurnsBytes bounds what the requests of all turns that run at once cost, in bytes; 0 means TurnsBytes.
	MaxTurnsBytes int
	// Flight is charged for the same, by all instances of the host; nil bounds nothing.
	Flight *budget.Budget
}

// Family is agent as one instance sees it.
type Family struct {
	cfg    Config
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	closed  bool
	running int           // goroutines
	bytes   int           // that the requests of turns that run cost
	idle    chan struct{} // closed when closed is set and running is 0

	reports reports
}

// New makes the family of one instance, whose turns end at the latest with ctx. Its creator calls Close.
func New(ctx context.Context, cfg Config) *Family {
	if cfg.MaxTurnBytes == 0 {
		cfg.MaxTurnBytes = TurnBytes
	}
	if cfg.MaxTurnsBytes == 0 {
		cfg.MaxTurnsBytes = TurnsBytes
	}
	f := &Family{cfg: cfg, idle: make(chan struct{})}
	f.ctx, f.cancel = context.WithCancel(ctx)
	return f
}

// Models implements agent.models.
func (f *Family) Models(buffer []byte) int32 {
	return guestmem.CopyOut(buffer, modelsAnswer(f.cfg.Agent().Models(f.ctx)))
}

// Start implements agent.start. The request is measured and charged for before it is copied, let alone read: E2BIG if it is too
// long, too deep or of too many values; ENOMEM if those of the turns that run would cost too much together; ECANCELED once the
// instance is being torn down.
func (f *Family) Start(request []byte) int32 {
	if err := f.cfg.Ledger.Room(KindTurn); err != nil {
		return handles.Errno(err).Result()
	}
	values, err := f.measure(request)
	if err != nil {
		return abi.E2BIG.Result()
	}
	t := newTurn(f)
	t.values, t.cost = values, len(request)+values*limits.TurnValueBytes
	handle, err := f.cfg.Ledger.Register(f.ctx, KindTurn, 0, "agent.start", t)
	if err != nil {
		return handles.Errno(err).Result()
	}
	t.number(handle)
	if errno := f.enter(t.cost); errno != abi.OK {
		_ = f.cfg.Ledger.Close(f.ctx, KindTurn, handle) // a turn that does not run closes without a failure
		return errno.Result()
	}
	t.request = bytes.Clone(request) // the guest's memory is only valid during the call
	go t.run()
	return int32(handle)
}

// measure counts the values of a request that is within all bounds.
func (f *Family) measure(request []byte) (values int, err error) {
	return jsonbound.Measure(request, jsonbound.Bounds{
		Bytes: f.cfg.MaxTurnBytes, Depth: limits.JSONDepth, Values: limits.TurnValues,
	})
}

// Cancel implements agent.cancel. It does not wait for the agent to notice. EBADF once the event that ends the turn was
// fetched.
func (f *Family) Cancel(turn uint32) int32 {
	return handles.Errno(f.cfg.Ledger.Close(f.ctx, KindTurn, turn)).Result()
}

// Close ends every turn, refuses new ones, and waits until no goroutine of the family runs any more, but not longer than
// ctx. It comes after the ledger's CloseAll in a teardown, and may be called more than once.
func (f *Family) Close(ctx context.Context) error {
	f.cancel()
	f.mu.Lock()
	if !f.closed {
		f.closed = true
		f.signalIdle()
	}
	f.mu.Unlock()
	select {
	case <-f.idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("agent turns[%d] still running: %w", f.Running(), context.Cause(ctx))
	}
}

// Running returns the number of turns whose agent still works, cancelled ones included.
func (f *Family) Running() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.running
}

// enter counts one more goroutine and the cost of its request, if there is room for them.
func (f *Family) enter(cost int) abi.Errno {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return abi.ECANCELED
	case f.bytes+cost > f.cfg.MaxTurnsBytes, !f.cfg.Flight.Take(int64(cost)):
		return abi.ENOMEM
	}
	f.running++
	f.bytes += cost
	return abi.OK
}

// leave undoes one [Family.enter].
func (f *Family) leave(cost int) {
	f.cfg.Flight.Give(int64(cost))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running--
	f.bytes -= cost
	f.signalIdle()
}

// signalIdle tells Close when it is done. The caller holds f.mu.
func (f *Family) signalIdle() {
	if f.closed && f.running == 0 {
		close(f.idle)
	}
}
