// Package ordinaryfile reads files that a host is told of by their paths: ordinary ones only, whole and in one state, within a size
// and a time.
//
// It owns the waiting for a file system that does not answer. No system can end a call into one, so the goroutine that makes it is
// given up on and counted, and with too many of them nothing more is tried. It must not know what is in a file.
package ordinaryfile

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// Hanging is how many calls into file systems may hang at the same time. Each holds a thread of the system; a host that reads its
// configuration again and again must not collect them.
const Hanging = 32

// ErrHangs means that a file system did not answer in time.
var ErrHangs = errors.New("the file system does not answer")

// Reader reads files. All that read for one host share one, so that what hangs is counted in one place. A nil Reader counts nothing.
type Reader struct {
	hanging, given atomic.Int64
}

// GivenUp is how many calls hang now, and how many were given up on altogether.
func (r *Reader) GivenUp() (now, total int64) {
	if r == nil {
		return 0, 0
	}
	return r.hanging.Load(), r.given.Load()
}

// Within does what may wait for a file system, and returns when that is done or ctx is over. The value of work that was given up on is
// lost; so it must not be one that has to be closed.
func Within[T any](ctx context.Context, r *Reader, path string, work func() (T, error)) (T, error) {
	var none T
	if r == nil {
		r = &Reader{}
	}
	if now := r.hanging.Load(); now >= Hanging {
		return none, fmt.Errorf("%s: %w, and %d calls hang already", path, ErrHangs, now)
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	var settled atomic.Bool // by whoever is first: the work, or the end of the waiting for it
	go func() {
		value, err := work()
		done <- result{value, err}
		if !settled.CompareAndSwap(false, true) {
			r.hanging.Add(-1)
		}
	}()
	select {
	case got := <-done:
		return got.value, got.err
	case <-ctx.Done():
	}
	r.hanging.Add(1)
	if !settled.CompareAndSwap(false, true) {
		r.hanging.Add(-1)
		got := <-done
		return got.value, got.err
	}
	r.given.Add(1)
	return none, fmt.Errorf("%s: %w: %w", path, ErrHangs, context.Cause(ctx))
}
