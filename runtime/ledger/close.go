package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"
)

// errParentOfBusy means that a handle stays open because a handle that hangs on it could not be closed yet.
var errParentOfBusy = errors.New("a handle that hangs on it is still open")

// Close closes one handle, and everything that hangs on it first. If a call is using one of them until ctx ends, that one
// and its parents stay in the table, refused to every later call, for the next Close or CloseAll.
func (l *Ledger) Close(ctx context.Context, kind Kind, id uint32) error {
	l.mu.Lock()
	e := l.entries[id]
	if e == nil || e.kind != kind {
		l.mu.Unlock()
		return ErrBadHandle
	}
	family := withChildren(e, nil)
	l.mu.Unlock()
	newestFirst(family)
	errs := endEach(ctx, family)
	for _, e := range family {
		if err := l.closeOne(ctx, e); err != nil {
			errs = append(errs, e.failed(err))
		}
	}
	return errors.Join(errs...)
}

func (e *Entry) failed(err error) error {
	return fmt.Errorf("handle[%d] kind[%s]: %w", e.id, e.kind, err)
}

// withChildren lists the entry and all below it, and keeps new children away: one that came after the list was made would
// outlive its parent. The caller holds l.mu.
func withChildren(e *Entry, list []*Entry) []*Entry {
	e.closing = true
	list = append(list, e)
	for _, child := range e.children {
		list = withChildren(child, list)
	}
	return list
}

// Retire drops a handle whose resource has ended by itself, without closing it. It reports whether the handle was live; one
// whose closer has begun is not. The caller may hold the handle. Only handles without children can be retired.
func (l *Ledger) Retire(id uint32) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entries[id]
	if e == nil || len(e.children) > 0 || e.closed.Swap(true) {
		return false
	}
	l.drop(e, nil)
	return true
}

// Seal makes every later Register close what it is given and fail with ErrSealed.
func (l *Ledger) Seal() {
	l.mu.Lock()
	l.sealed = true
	l.mu.Unlock()
}

// CloseAll seals the ledger, tells every [Ender] to end, and then closes every handle, newest first. A child is always newer
// than its parent, so children go before parents. Every closer runs, each under its own recover, also if one hangs; the errors
// are joined. It comes back soon after the end of ctx. It may be called again: what is closed already is not closed twice, and
// what could not be reached before is tried again. Give it a fresh context: the instance's own is over by now.
func (l *Ledger) CloseAll(ctx context.Context) error {
	l.mu.Lock()
	l.sealed = true
	all := make([]*Entry, 0, len(l.entries))
	for _, e := range l.entries {
		e.closing = true
		all = append(all, e)
	}
	l.mu.Unlock()
	newestFirst(all)
	errs := endEach(ctx, all)
	return errors.Join(append(errs, l.closeInTurn(ctx, all))...)
}

func newestFirst(entries []*Entry) {
	slices.SortFunc(entries, func(a, b *Entry) int { return cmp.Compare(b.id, a.id) })
}

// endEach tells everything that can be told to come to its end.
func endEach(ctx context.Context, entries []*Entry) (errs []error) {
	for _, e := range entries {
		ender, ok := e.resource.(Ender)
		if !ok || e.closed.Load() {
			continue
		}
		if err := endOne(ctx, ender); err != nil {
			errs = append(errs, e.failed(err))
		}
	}
	return errs
}

func endOne(ctx context.Context, ender Ender) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while ending: %v\n%s", p, debug.Stack())
		}
	}()
	ender.EndHandle(ctx)
	return nil
}

func (l *Ledger) closeOne(ctx context.Context, e *Entry) error {
	if err := e.lockWithin(ctx); err != nil {
		return err // still in use: it stays in the table, where it is seen
	}
	defer e.use.Unlock()
	if l.hasChildren(e) {
		return errParentOfBusy
	}
	if e.closed.Swap(true) {
		return nil
	}
	err := closeResource(ctx, e.resource)
	l.mu.Lock()
	l.drop(e, err)
	l.mu.Unlock()
	return err
}

func (l *Ledger) hasChildren(e *Entry) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(e.children) > 0
}

// drop takes the entry out of the table and counts how it ended. The caller holds l.mu.
func (l *Ledger) drop(e *Entry, err error) {
	if e.parent != nil {
		delete(e.parent.children, e.id)
	}
	count := l.counts.of(e.kind)
	if l.entries[e.id] == e {
		delete(l.entries, e.id)
		count.Open--
	} else {
		delete(l.taken, e.id)
		count.TakenOver--
	}
	count.settle(err)
}

// busyPoll is how soon a close looks again at a handle that a call is using, and busyPollMost how soon at last. Only a call that
// outlived its instance is ever waited for, so this is no hot path.
const (
	busyPoll     = time.Millisecond
	busyPollMost = 100 * time.Millisecond
)

func (e *Entry) lockWithin(ctx context.Context) error {
	for wait := busyPoll; !e.use.TryLock(); wait = min(2*wait, busyPollMost) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("still in use by a call: %w", context.Cause(ctx))
		case <-time.After(wait):
		}
	}
	return nil
}

// closeResource turns a panic of the closer into an error, so that the other closers still run. SQLite panics on its first
// use after it ran out of memory, and is fine on the second: so a closer that panicked is called once more.
func closeResource(ctx context.Context, resource Resource) error {
	first, panicked := closeOnce(ctx, resource)
	if !panicked {
		return first
	}
	second, panicked := closeOnce(ctx, resource)
	if panicked {
		return errors.Join(first, second)
	}
	return second
}

func closeOnce(ctx context.Context, resource Resource) (err error, panicked bool) {
	defer func() {
		if p := recover(); p != nil {
			err, panicked = fmt.Errorf("panic while closing: %v\n%s", p, debug.Stack()), true
		}
	}()
	return resource.CloseHandle(ctx), false
}
