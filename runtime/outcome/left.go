package outcome

import (
	"slices"
	"sync"
)

// Left is what a run could not give back within its budgets, because something hangs that the host cannot end: a call to the
// system, an upstream, a bug. It was taken over from the run, whose ledger is empty, and is closed in the background.
type Left struct {
	// What names it, in words for the operator: "the guest", "2 handles".
	What []string

	mu   sync.Mutex
	over bool
	then []func()
}

// Then has do called, once, when nothing of it is alive any more, and reports true. If that is so already it reports false, and do is
// never called. Who asked last is told first, like what was deferred. It must return soon.
func (l *Left) Then(do func()) (alive bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.over {
		l.then = append(l.then, do)
	}
	return !l.over
}

// End says that nothing of it is alive any more. Whoever closes it calls this last.
func (l *Left) End() {
	l.mu.Lock()
	then := l.then
	l.over, l.then = true, nil
	l.mu.Unlock()
	for _, do := range slices.Backward(then) {
		do()
	}
}
