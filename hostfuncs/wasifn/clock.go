package wasifn

import (
	"context"
	"crypto/rand"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/hostfuncs/hostcall"
)

const (
	clockRealtime   = 0
	clockMonotonic  = 1
	clockResolution = time.Nanosecond
)

// clock is the host's clocks. The monotonic one counts from started.
type clock struct{ started time.Time }

func (c clock) timeGet(ctx context.Context, mem guestmem.Memory, stack []uint64) abi.Errno {
	switch uint32(stack[0]) {
	case clockRealtime:
		return mem.PutI64(uint32(stack[2]), programOf(ctx).now().UnixNano())
	case clockMonotonic:
		return mem.PutI64(uint32(stack[2]), int64(time.Since(c.started)))
	}
	return abi.EINVAL // the clocks of processor time are no guest's business
}

func clockResGet(_ context.Context, mem guestmem.Memory, stack []uint64) abi.Errno {
	if id := uint32(stack[0]); id != clockRealtime && id != clockMonotonic {
		return abi.EINVAL
	}
	return mem.PutI64(uint32(stack[1]), int64(clockResolution))
}

// randomGet fills the guest's buffer with the operating system's random bytes, in strides: a buffer may be the whole memory.
func randomGet(ctx context.Context, mem guestmem.Memory, stack []uint64) abi.Errno {
	left, errno := mem.Bytes(uint32(stack[0]), uint32(stack[1]))
	for errno == abi.OK && len(left) > 0 {
		piece := left[:min(len(left), stride)]
		if _, err := rand.Read(piece); err != nil {
			return abi.EIO
		}
		left = left[len(piece):]
		hostcall.Stride(ctx)
	}
	return errno
}
