// Package budget counts an amount that many share, so that what one takes the others know of before they take theirs.
//
// It owns the arithmetic. It knows nothing of what it is an amount of: bytes, descriptors, places.
package budget

import (
	"math"
	"sync/atomic"
)

// A Budget is an amount with a bound. Several goroutines may use it at once. A nil Budget has no bound and counts nothing.
type Budget struct {
	limit   atomic.Int64
	reserve atomic.Int64
	used    atomic.Int64
	peak    atomic.Int64
	short   atomic.Int64
	more    atomic.Pointer[chan struct{}] // closed when there may be more; nil while nobody waits
}

// New returns a budget of limit, none of it taken.
func New(limit int64) *Budget {
	b := &Budget{}
	b.limit.Store(limit)
	return b
}

// Take takes n, and reports whether there was enough. It takes all of it or nothing.
func (b *Budget) Take(n int64) bool { return b.TakeWithin(n, 0) }

// TakeWithin is Take for those who must leave reserve to others: it takes n only if reserve would be left after it.
func (b *Budget) TakeWithin(n, reserve int64) bool {
	if b == nil {
		return true
	}
	for {
		used := b.used.Load()
		left := b.limit.Load() - used - max(reserve, 0)
		if n > left && n > 0 {
			b.short.Add(1)
			return false
		}
		if b.used.CompareAndSwap(used, used+n) {
			b.raisePeak(used + n)
			return true
		}
	}
}

// Force takes n even past the limit: for what is there already, which the others have to make room for.
func (b *Budget) Force(n int64) {
	if b != nil {
		b.raisePeak(b.used.Add(n))
	}
}

// Give gives back n of what was taken.
func (b *Budget) Give(n int64) {
	if b != nil {
		b.used.Add(-n)
		b.tell()
	}
}

// Resize changes the limit. What was taken stays taken, even if that is more.
func (b *Budget) Resize(limit int64) {
	b.limit.Store(limit)
	b.tell()
}

// More returns a channel that is closed when something is given back, or the limit changes. Who waits asks for it first and takes
// then, so that nothing is missed in between.
func (b *Budget) More() <-chan struct{} {
	if b == nil {
		return nil // nobody has to wait
	}
	for {
		if waiting := b.more.Load(); waiting != nil {
			return *waiting
		}
		made := make(chan struct{})
		if b.more.CompareAndSwap(nil, &made) {
			return made
		}
	}
}

// tell wakes those who wait. Where nobody does it costs one load.
func (b *Budget) tell() {
	if b.more.Load() == nil {
		return
	}
	if waiting := b.more.Swap(nil); waiting != nil {
		close(*waiting)
	}
}

// Reserve sets aside the last n of the budget for those who are trusted: see [Budget.TakeFor].
func (b *Budget) Reserve(n int64) {
	b.reserve.Store(n)
	b.tell()
}

// TakeFor is Take for those who are trusted, who may take the last of it, and for all others, who leave them what is set aside.
func (b *Budget) TakeFor(trusted bool, n int64) bool {
	if b == nil || trusted {
		return b.Take(n)
	}
	return b.TakeWithin(n, b.reserve.Load())
}

// Common is how much there is for those who are not trusted, whatever is taken; of a nil budget, more than anybody can take.
func (b *Budget) Common() int64 {
	if b == nil {
		return math.MaxInt64
	}
	return b.limit.Load() - b.reserve.Load()
}

// Left is how much may be taken now by those who are trusted, or by all others; of a nil budget, more than anybody can take.
func (b *Budget) Left(trusted bool) int64 {
	switch {
	case b == nil:
		return math.MaxInt64
	case trusted:
		return b.limit.Load() - b.used.Load()
	}
	return b.Common() - b.used.Load()
}

// Use is how a budget stands.
type Use struct {
	// Used of Limit is taken now, and at most Peak was.
	Used, Limit, Peak int64
	// Short counts who asked for more than there was.
	Short int64
}

// Use returns how the budget stands.
func (b *Budget) Use() Use {
	if b == nil {
		return Use{}
	}
	return Use{Used: b.used.Load(), Limit: b.limit.Load(), Peak: b.peak.Load(), Short: b.short.Load()}
}

func (b *Budget) raisePeak(to int64) {
	for {
		peak := b.peak.Load()
		if to <= peak || b.peak.CompareAndSwap(peak, to) {
			return
		}
	}
}
