package front

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"innkeeper/runtime/budget"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/limits"
)

// backends is who answers for a site: the newest backend, perhaps one before it that still lives, or nobody and why.
type backends struct {
	now  atomic.Pointer[lineup]
	held *budget.Budget // requests that wait for a backend

	mu sync.Mutex // held while now is replaced
}

// lineup is never changed, only replaced.
type lineup struct {
	current     *attachment
	predecessor *attachment
	unavailable Unavailable   // why there is no current one
	replaced    chan struct{} // closed when another lineup is in force
}

// attachment is one call of Attach. Its address tells two of the same backend apart.
type attachment struct{ backend backend.Backend }

func (b *backends) replace(change func(*lineup)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.now.Load()
	next := *before
	change(&next)
	next.replaced = make(chan struct{})
	b.now.Store(&next)
	close(before.replaced)
}

func newBackends() *backends {
	b := &backends{held: budget.New(limits.HTTPHeld)}
	b.held.Reserve(limits.HTTPHeld / limits.KeyedShare)
	b.now.Store(&lineup{unavailable: Unavailable{State: "starting"}, replaced: make(chan struct{})})
	return b
}

func (b *backends) attach(with backend.Backend) (detach func(Unavailable)) {
	mine := &attachment{with}
	b.replace(func(l *lineup) {
		if l.current != nil {
			l.predecessor = l.current
		}
		l.current = mine
	})
	return func(why Unavailable) {
		b.replace(func(l *lineup) {
			switch mine {
			case l.current:
				l.current, l.unavailable = nil, why
			case l.predecessor:
				l.predecessor = nil
			}
		})
	}
}

func (b *backends) detach(why Unavailable) {
	b.replace(func(l *lineup) { l.current, l.unavailable = nil, why })
}

// await returns a lineup with a backend, or the one that says why a request need not wait any longer.
func (b *backends) await(ctx context.Context, keyed bool) *lineup {
	now := b.now.Load()
	if now.current != nil || now.unavailable.Hold <= 0 {
		return now
	}
	if !b.held.TakeFor(keyed, 1) {
		return now
	}
	defer b.held.Give(1)
	began := time.Now()
	for now.current == nil {
		left := now.unavailable.Hold - time.Since(began)
		if left <= 0 || !sleep(ctx, left, now.replaced) {
			break
		}
		now = b.now.Load()
	}
	return now
}

// sleep reports whether wake was closed in time.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-wake:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// rounds is how many backends are asked for one request. A request needs two if it meets a swap, three if it is passed to a
// predecessor that ends in the same moment; it must not circle between two that give it to each other.
const rounds = 6

// serve hands the request to the newest backend, and what that passes to its predecessor. A backend that takes no more
// requests may have been replaced a moment ago; then the request goes to its successor, so that a swap loses none.
func (b *backends) serve(w http.ResponseWriter, r *http.Request, in backend.Inbound) *problem {
	var refusedBy, passedBy *attachment
	for range rounds {
		now := b.await(r.Context(), in.Keyed)
		to := now.current
		in.Passed = to != nil && passedBy == to && now.predecessor != nil
		switch {
		case to == nil:
			return unavailable(now.unavailable, in.Keyed)
		case in.Passed:
			to = now.predecessor
		case to == refusedBy:
			return refused()
		}
		passedBy = nil
		switch outcome := to.backend.Serve(w, r, in); {
		case outcome == backend.Answered:
			return nil
		case outcome == backend.NotTaken && !in.Passed:
			refusedBy = to
		case outcome == backend.Passed && !in.Passed:
			passedBy = to
		case outcome == backend.NotTaken, outcome == backend.Passed:
			// The predecessor does not have it either, or has ended meanwhile.
		case outcome == backend.Unanswered:
			return unanswered()
		case outcome == backend.Overdue:
			return overdue()
		default:
			// The documented way to close a connection in the middle of an answer.
			// https://pkg.go.dev/net/http#ErrAbortHandler
			panic(http.ErrAbortHandler)
		}
	}
	return refused()
}
