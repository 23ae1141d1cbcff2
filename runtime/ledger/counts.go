package ledger

import (
	"cmp"
	"slices"
	"time"
)

// Count is the tally of one kind of handle. Opened = Open + Closed + Failed at any time, or something leaked.
type Count struct {
	Open   int
	Opened uint64
	Closed uint64
	// Failed counts handles whose close returned an error.
	Failed uint64
}

func (c *Count) settle(err error) {
	if err != nil {
		c.Failed++
		return
	}
	c.Closed++
}

// Add adds another tally to this one.
func (c *Count) Add(other Count) {
	c.Open += other.Open
	c.Opened += other.Opened
	c.Closed += other.Closed
	c.Failed += other.Failed
}

// Counts returns the tally by kind.
func (l *Ledger) Counts() map[Kind]Count {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := make(map[Kind]Count, len(l.counts))
	for kind, c := range l.counts {
		counts[kind] = *c
	}
	return counts
}

// Open returns the number of live handles.
func (l *Ledger) Open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

// Item describes one live handle.
type Item struct {
	ID     uint32
	Kind   Kind
	Parent uint32
	Opener string
	Opened time.Time
}

// Items lists the live handles, oldest first.
func (l *Ledger) Items() []Item {
	l.mu.Lock()
	defer l.mu.Unlock()
	items := make([]Item, 0, len(l.entries))
	for _, e := range l.entries {
		items = append(items, Item{e.id, e.kind, e.parent, e.opener, e.opened})
	}
	slices.SortFunc(items, func(a, b Item) int { return cmp.Compare(a.ID, b.ID) })
	return items
}
