package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// patience is how long a closer may take before the next ones go on without it. A short time is shared by several that hang.
func patience(ctx context.Context) time.Duration {
	const most, least, part = 50 * time.Millisecond, time.Millisecond, 8
	if until, ok := ctx.Deadline(); ok {
		return max(least, min(most, time.Until(until)/part))
	}
	return most
}

// turns is handles that are closed one after the other, by one goroutine as long as none of the closers hangs.
type turns struct {
	ledger *Ledger
	over   chan struct{} // closed when all is done

	mu      sync.Mutex
	waiting []*Entry            // whose turn has not come, the first one next
	parents []*Entry            // whose turn has come, and what hangs on them is not closed yet
	closing map[*Entry]struct{} // those that are being closed
	steps   uint64              // counts turns
	errs    []error
}

// closeInTurn closes the handles in their order and returns when all are closed, or soon after the end of ctx. While a closer
// hangs the turn goes to the next.
func (l *Ledger) closeInTurn(ctx context.Context, entries []*Entry) error {
	if len(entries) == 0 {
		return nil
	}
	t := &turns{ledger: l, over: make(chan struct{}), waiting: entries, closing: map[*Entry]struct{}{}}
	t.goOn(ctx)
	look := time.NewTicker(patience(ctx))
	defer look.Stop()
	ended, seen := ctx.Done(), uint64(0)
	for {
		select {
		case <-t.over:
			return t.result(ctx)
		case <-ended:
			ended = nil
		case <-look.C:
		}
		steps, waiting := t.progress()
		if ctx.Err() != nil && waiting == 0 {
			return t.result(ctx)
		}
		if steps == seen && waiting > 0 {
			t.goOn(ctx)
		}
		seen = steps
	}
}

// goOn starts a goroutine that takes the turns which are left. If its closer hangs, so does it: whoever takes over what it is
// closing waits for it.
func (t *turns) goOn(ctx context.Context) {
	go func() {
		for e := t.begin(); e != nil; e = t.begin() {
			t.end(e, t.ledger.closeOne(ctx, e))
		}
	}()
}

// begin gives the next one its turn; nil if there is none.
func (t *turns) begin() *Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		return nil
	}
	t.steps++
	e := t.waiting[0]
	t.waiting = t.waiting[1:]
	t.closing[e] = struct{}{}
	return e
}

// end notes how a turn went. Those on which the handle hung have another one.
func (t *turns) end(e *Entry, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.closing, e)
	switch {
	case errors.Is(err, errParentOfBusy):
		t.parents = append(t.parents, e)
	case err != nil:
		t.errs = append(t.errs, e.failed(err))
		fallthrough
	default:
		t.again()
	}
	if len(t.waiting)+len(t.closing) == 0 {
		close(t.over)
	}
}

// again gives those another turn whose children were in the way. The caller holds t.mu.
func (t *turns) again() {
	if len(t.parents) == 0 {
		return
	}
	t.waiting = append(slices.Clone(t.waiting), t.parents...)
	newestFirst(t.waiting)
	t.parents = nil
}

func (t *turns) progress() (steps uint64, waiting int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.steps, len(t.waiting)
}

// result joins what went wrong so far.
func (t *turns) result(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	errs := slices.Clone(t.errs)
	for e := range maps.Keys(t.closing) {
		errs = append(errs, e.failed(fmt.Errorf("still closing: %w", context.Cause(ctx))))
	}
	for _, e := range t.parents {
		errs = append(errs, e.failed(errParentOfBusy))
	}
	return errors.Join(errs...)
}
