package ledger

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// TakeOver seals the ledger and empties it: what was in it is the caller's, who has to call closeAll. That closes all of it,
// children before parents, and returns once that is done: for as long as a closer or a call hangs, it does too. Handles that a
// call is using stay locked until it comes back, and are refused to every other.
func (l *Ledger) TakeOver() (closeAll func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sealed = true
	for id, e := range l.entries {
		delete(l.entries, id)
		l.taken[id] = e
		e.closing = true
		count := l.counts.of(e.kind)
		count.Open--
		count.TakenOver++
	}
	return l.closeTaken
}

// closeTaken does what TakeOver says. Handles that do not hang on each other do not wait for each other.
func (l *Ledger) closeTaken() {
	var group sync.WaitGroup
	for _, tree := range l.takenTrees() {
		group.Go(func() {
			for _, e := range tree {
				_ = l.closeOne(context.Background(), e) // it is counted
			}
		})
	}
	group.Wait()
}

// takenTrees lists each handle that hangs on no other with all below it, the newest first.
func (l *Ledger) takenTrees() [][]*Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	trees := map[*Entry][]*Entry{}
	for _, e := range l.taken {
		root := e
		for root.parent != nil {
			root = root.parent
		}
		trees[root] = append(trees[root], e)
	}
	for _, tree := range trees {
		newestFirst(tree)
	}
	return slices.Collect(maps.Values(trees))
}

// TakenOver lists what was taken over and is not closed yet, oldest first.
func (l *Ledger) TakenOver() []Item {
	l.mu.Lock()
	defer l.mu.Unlock()
	return itemsOf(l.taken)
}
