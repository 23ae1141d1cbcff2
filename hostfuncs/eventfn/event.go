// Package eventfn is the family event for one instance: how a guest waits for its events and fetches them. What they mean it
// does not know.
package eventfn

import (
	"context"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/family"
	"innkeeper/runtime/mailbox"
)

var _ abi.Event = (*Family)(nil)

// Family is event as one instance sees it.
type Family struct {
	ctx     context.Context
	mailbox *mailbox.Mailbox
}

// New makes the family of one instance.
func New(core family.Core) *Family { return &Family{ctx: core.Context, mailbox: core.Mailbox} }

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
	return int32(size)
}
