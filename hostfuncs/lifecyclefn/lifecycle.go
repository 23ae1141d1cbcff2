// Package lifecyclefn is the family lifecycle for one instance: how a guest says that it can serve, or why it cannot.
//
// It owns the form of what a guest says of itself. What follows from it is decided by whom it tells: [family.Core].
package lifecyclefn

import (
	"sync/atomic"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/runtime/outcome"
	"innkeeper/runtime/safetext"
)

var _ abi.Lifecycle = (*Family)(nil)

// Family is lifecycle as one instance sees it.
type Family struct {
	core  family.Core
	ready atomic.Bool
}

// New makes the family of one instance.
func New(core family.Core) *Family { return &Family{core: core} }

// Ready implements lifecycle.ready.
func (f *Family) Ready() int32 {
	if f.ready.Swap(true) {
		return abi.EEXIST.Result()
	}
	f.core.Ready()
	return 0
}

// Fail implements lifecycle.fail. A code or a message out of shape is mended rather than refused: the reason must not get lost.
func (f *Family) Fail(code []byte, retryable uint32, message []byte) int32 {
	f.core.Failed(outcome.Failure{
		Code: word(code), Retryable: retryable != 0, Message: safetext.Line(message, FailMessageBytes),
	})
	return 0
}

// Info implements lifecycle.info.
func (f *Family) Info(buffer []byte) int32 {
	info := abi.LifecycleInfo{
		Adapter: f.core.Adapter, Generation: f.core.Generation, HostVersion: f.core.Version,
		DrainMS: uint64(f.core.Drain.Milliseconds()), MaxBodyBytes: uint64(f.core.MaxBody), Predecessor: f.core.Predecessor(),
	}
	return guestmem.CopyOut(buffer, info.Append(nil))
}

// word makes one word of a failure code: capitals become small, other characters that do not belong become "_".
func word(code []byte) string {
	if len(code) == 0 {
		return "unnamed"
	}
	shaped := make([]byte, min(len(code), FailCodeBytes))
	for i := range shaped {
		switch c := code[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_', c == '.', c == '-':
			shaped[i] = c
		case 'A' <= c && c <= 'Z':
			shaped[i] = c + ('a' - 'A')
		default:
			shaped[i] = '_'
		}
	}
	return string(shaped)
}
