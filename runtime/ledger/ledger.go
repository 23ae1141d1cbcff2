// Package ledger is the host's table of every handle that one instance of a guest holds.
//
// It owns the numbers, the order in which things are closed, and the counts that show whether anything was left. A guest
// holds integers; the descriptors, goroutines and memory behind them are here, and [Ledger.CloseAll] gives them back when
// the instance ends, whatever the guest did. The package knows nothing of what a resource is beyond how to close it.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Kind is a kind of handle, such as "sqlite.statement".
type Kind string

// Resource is what stands behind a handle.
type Resource interface {
	// CloseHandle gives back everything that the resource holds. The ledger calls it exactly once, or twice if it
	// panics, with the entry's lock held, so no call is using the resource; ctx bounds how long it may take.
	CloseHandle(ctx context.Context) error
}

// Ender is a resource that can be told to come to its end before it is closed: many that each need a while end together then,
// instead of one after the other.
type Ender interface {
	Resource
	// EndHandle begins the end and waits for nothing: what is in progress is cut short, so that CloseHandle, which follows with
	// the same ctx, has little left to do. Before anything of several handles is closed, all of them are told. It comes without
	// the entry's lock, so that a call may be using the resource; it may come again, and after the close.
	EndHandle(ctx context.Context)
}

// Why a handle cannot be used or made.
var (
	// ErrBadHandle means that the number is not a live handle of the kind.
	ErrBadHandle = errors.New("not a live handle of this kind")
	// ErrKindQuota means that the instance holds as many handles of the kind as it may.
	ErrKindQuota = errors.New("quota of this kind of handle used up")
	// ErrQuota means that the instance holds as many handles as it may, or that its numbers are used up.
	ErrQuota = errors.New("quota of handles used up")
	// ErrSealed means that the instance is being torn down.
	ErrSealed = errors.New("ledger is sealed")
)

// Quota bounds how many handles may be open at once.
type Quota struct {
	// Total over all kinds; 0 means no bound.
	Total int
	// Kinds bounds single kinds; a kind that is not in it has only the total.
	Kinds map[Kind]int
}

// lastHandle is the largest number given out. The sign bit is free for errors in the ABI's i32 results.
const lastHandle = math.MaxInt32

// Ledger is the table of one instance. It is safe for concurrent use.
type Ledger struct {
	quota Quota
	now   func() time.Time

	mu      sync.Mutex
	sealed  bool
	last    uint32
	entries map[uint32]*Entry
	taken   map[uint32]*Entry // whose close somebody else has taken over
	counts  tally
}

// Entry is one live handle. Between Acquire and Release its holder is the only one to use the resource.
type Entry struct {
	id       uint32
	kind     Kind
	parent   *Entry // nil for none
	opener   string
	opened   time.Time
	resource Resource

	use      sync.Mutex
	closed   atomic.Bool       // its closer has begun, or it was retired; never reset
	closing  bool              // a close was asked for; guarded by Ledger.mu
	children map[uint32]*Entry // guarded by Ledger.mu; nil until there is one
}

// New makes an empty ledger.
func New(quota Quota) *Ledger {
	return &Ledger{quota: quota, now: time.Now, entries: map[uint32]*Entry{}, taken: map[uint32]*Entry{}, counts: tally{}}
}

// Room returns nil if one more handle of the kind could be registered now, so that a caller can refuse before it opens
// anything.
func (l *Ledger) Room(kind Kind) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.room(kind)
}

func (l *Ledger) room(kind Kind) error {
	if l.sealed {
		return ErrSealed
	}
	if bound, ok := l.quota.Kinds[kind]; ok && l.counts.of(kind).Open >= bound {
		return fmt.Errorf("kind[%s] bound[%d]: %w", kind, bound, ErrKindQuota)
	}
	if l.quota.Total > 0 && len(l.entries) >= l.quota.Total {
		return fmt.Errorf("bound[%d]: %w", l.quota.Total, ErrQuota)
	}
	if l.last == lastHandle {
		return fmt.Errorf("handle numbers of this generation: %w", ErrQuota)
	}
	return nil
}

// Register takes ownership of the resource and gives it a number, greater than every number before. The parent is the
// handle it hangs on, which is closed after it, or 0. If Register fails it has closed the resource: a caller never has
// anything left to clean up.
func (l *Ledger) Register(ctx context.Context, kind Kind, parent uint32, opener string, resource Resource) (uint32, error) {
	l.mu.Lock()
	var owner *Entry
	err := l.room(kind)
	if err == nil && parent != 0 {
		if owner = l.entries[parent]; owner == nil || owner.closing {
			err = fmt.Errorf("parent[%d]: %w", parent, ErrBadHandle)
		}
	}
	if err != nil {
		l.mu.Unlock()
		return 0, l.reject(ctx, kind, resource, err)
	}
	l.last++
	e := &Entry{id: l.last, kind: kind, parent: owner, opener: opener, opened: l.now(), resource: resource}
	l.entries[e.id] = e
	if owner != nil {
		if owner.children == nil {
			owner.children = map[uint32]*Entry{}
		}
		owner.children[e.id] = e
	}
	l.counts.opened(kind)
	l.mu.Unlock()
	return e.id, nil
}

// reject closes a resource that could not be registered, and counts it as opened and closed.
func (l *Ledger) reject(ctx context.Context, kind Kind, resource Resource, why error) error {
	err := closeResource(ctx, resource)
	l.mu.Lock()
	count := l.counts.of(kind)
	count.Opened++
	count.settle(err)
	l.mu.Unlock()
	return errors.Join(why, err)
}

// Acquire looks a handle up and locks it for the caller, who must Release it. From the moment that somebody asked for the
// handle to be closed, it is refused.
func (l *Ledger) Acquire(kind Kind, id uint32) (*Entry, error) {
	l.mu.Lock()
	e := l.entries[id]
	if e == nil || e.kind != kind || e.closing {
		l.mu.Unlock()
		return nil, ErrBadHandle
	}
	l.mu.Unlock()
	e.use.Lock()
	if e.closed.Load() {
		e.use.Unlock()
		return nil, ErrBadHandle
	}
	return e, nil
}

// Resource returns what stands behind the handle.
func (e *Entry) Resource() Resource { return e.resource }

// Release ends the caller's use of the handle.
func (e *Entry) Release() { e.use.Unlock() }
