// Package lifecyclefn is the family lifecycle for one instance: how a guest says that it can serve, or why it cannot.
//
// It owns what the guest said of itself. It knows nothing of what follows from it: that is decided by who reads
// [Family.Failure] and is told by Config.OnReady.
package lifecyclefn

import (
	"sync"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/hostfuncs/guesttext"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/outcome"
)

var _ abi.Lifecycle = (*Family)(nil)

// Config says for whom a family works.
type Config struct {
	// Info is what the guest may know of itself and its host, without the predecessor.
	Info abi.LifecycleInfo
	// Predecessor is the generation of the older instance that still lives, 0 if there is none; nil means never.
	Predecessor func() uint64
	// OnReady is called once, on the guest's thread, when the guest says that it can serve. It must not block. It may be
	// nil.
	OnReady func()
}

// Family is lifecycle as one instance sees it.
type Family struct {
	cfg Config

	mu      sync.Mutex
	ready   bool
	failed  bool
	failure outcome.Failure
}

// New makes the family of one instance.
func New(cfg Config) *Family {
	return &Family{cfg: cfg}
}

// Ready is lifecycle.ready.
func (f *Family) Ready() int32 {
	f.mu.Lock()
	before := f.ready
	f.ready = true
	f.mu.Unlock()
	if before {
		return abi.EEXIST.Result()
	}
	if f.cfg.OnReady != nil {
		f.cfg.OnReady()
	}
	return 0
}

// Fail is lifecycle.fail. A code or a message out of shape is mended rather than refused: the reason must not get lost.
func (f *Family) Fail(code []byte, retryable uint32, message []byte) int32 {
	failure := outcome.Failure{
		Code:      word(code),
		Retryable: retryable != 0,
		Message:   guesttext.Line(message, limits.FailMessageBytes),
	}
	f.mu.Lock()
	f.failed, f.failure = true, failure
	f.mu.Unlock()
	return 0
}

// Info is lifecycle.info.
func (f *Family) Info(buffer []byte) int32 {
	info := f.cfg.Info
	if f.cfg.Predecessor != nil {
		info.Predecessor = f.cfg.Predecessor()
	}
	return guestmem.CopyOut(buffer, info.Append(nil))
}

// Failure is what the guest said last with lifecycle.fail, and whether it said anything.
func (f *Family) Failure() (outcome.Failure, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failure, f.failed
}

// word makes one word of a failure code: capitals become small, other characters that do not belong become "_".
func word(code []byte) string {
	if len(code) == 0 {
		return "unnamed"
	}
	shaped := make([]byte, min(len(code), limits.FailCodeBytes))
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
