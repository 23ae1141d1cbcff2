package ledger

import (
	"cmp"
	"slices"
	"time"
)

// Count is the tally of one kind of handle. Opened = Open + TakenOver + Closed + Failed at any time, or something leaked.
type Count struct {
	Open   int
	Opened uint64
	Closed uint64
	// Failed counts handles whose close returned an error.
	Failed uint64
	// TakenOver counts handles that were taken over and are not closed yet.
	TakenOver int
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
	c.TakenOver += other.TakenOver
}

// tally is the counts by kind.
type tally map[Kind]*Count

func (t tally) of(kind Kind) *Count {
	c := t[kind]
	if c == nil {
		c = &Count{}
		t[kind] = c
	}
	return c
}

func (t tally) opened(kind Kind) {
	count := t.of(kind)
	count.Opened++
	count.Open++
}

func (t tally) clone() map[Kind]Count {
	counts := make(map[Kind]Count, len(t))
	for kind, c := range t {
		counts[kind] = *c
	}
	return counts
}

// Counts returns the tally by kind.
func (l *Ledger) Counts() map[Kind]Count {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts.clone()
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
	return itemsOf(l.entries)
}

func itemsOf(entries map[uint32]*Entry) []Item {
	items := make([]Item, 0, len(entries))
	for _, e := range entries {
		item := Item{ID: e.id, Kind: e.kind, Opener: e.opener, Opened: e.opened}
		if e.parent != nil {
			item.Parent = e.parent.id
		}
		items = append(items, item)
	}
	slices.SortFunc(items, func(a, b Item) int { return cmp.Compare(a.ID, b.ID) })
	return items
}
