// Package eventfn is the family event for one instance: how a guest waits for its events and fetches them.
//
// It owns one rule besides: a turn's handle is live until the guest has fetched the event that ends the turn, and is
// retired here in that moment. So a guest cannot pile up ended turns that it never fetches, since they keep counting
// against its quota. What other kinds of events mean it does not know.
package eventfn

import (
	"context"
	"encoding/binary"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/mailbox"
)

var _ abi.Event = (*Family)(nil)

// Config says what a family works with. Both fields are required.
type Config struct {
	Mailbox *mailbox.Mailbox
	Ledger  *ledger.Ledger
}

// Family is event as one instance sees it.
type Family struct {
	ctx     context.Context
	mailbox *mailbox.Mailbox
	ledger  *ledger.Ledger
}

// New makes the family of one instance, whose run ends with ctx.
func New(ctx context.Context, cfg Config) *Family {
	return &Family{ctx: ctx, mailbox: cfg.Mailbox, ledger: cfg.Ledger}
}

// Wait implements event.wait. ECANCELED if the instance's context ends first.
func (f *Family) Wait(timeoutNs int64) int32 {
	there, err := f.mailbox.Wait(f.ctx, time.Duration(timeoutNs))
	switch {
	case err != nil:
		return abi.ECANCELED.Result()
	case there:
		return 1
	default:
		return 0
	}
}

// Recv implements event.recv.
func (f *Family) Recv(buffer []byte) int32 {
	size, ok := f.mailbox.Recv(buffer)
	if !ok {
		return abi.EAGAIN.Result()
	}
	if size <= len(buffer) {
		f.retire(buffer)
	}
	return int32(size)
}

// retire closes the handle of a turn with the event that ends it.
func (f *Family) retire(event []byte) {
	switch abi.EventKind(binary.LittleEndian.Uint32(event)) {
	case abi.EventAgentDone, abi.EventAgentFailed:
		f.ledger.Retire(limits.HandleAgentTurn, binary.LittleEndian.Uint32(event[4:]))
	}
}
