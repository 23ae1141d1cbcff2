package gateway

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"innkeeper/runtime/supervisor"
)

// history is every status of every slot, in order.
type history struct {
	mu   sync.Mutex
	all  []change
	last map[string]supervisor.Status
	seen map[string]int // by name: how many a test has looked at
	news chan struct{}  // closed and replaced with each change
}

type change struct {
	name   string
	status supervisor.Status
}

// add notes a change of state, or of the generation that is in it. Other changes are news, and no more.
func (p *history) add(name string, status supervisor.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() {
		close(p.news)
		p.news = make(chan struct{})
	}()
	last := p.last[name]
	p.last[name] = status
	if last.State == status.State && last.Generation == status.Generation {
		return
	}
	p.all = append(p.all, change{name, status})
}

// take finds the next change of the slot into one of the states, after those that were taken before.
func (p *history) take(name string, states []supervisor.State) (supervisor.Status, bool, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := p.seen[name]; i < len(p.all); i++ {
		if c := p.all[i]; c.name == name && slices.Contains(states, c.status.State) {
			p.seen[name] = i + 1
			return c.status, true, nil
		}
	}
	return supervisor.Status{}, false, p.news
}

// trim forgets what was taken already.
func (p *history) trim() {
	p.mu.Lock()
	defer p.mu.Unlock()
	least := len(p.all)
	for _, n := range p.seen {
		least = min(least, n)
	}
	p.all = slices.Delete(p.all, 0, least)
	for name := range p.seen {
		p.seen[name] -= least
	}
}

// String is the history for messages.
func (p *history) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	for _, c := range p.all[max(0, len(p.all)-20):] {
		fmt.Fprintf(&b, "\n  %s: %s %d %s", c.name, c.status.State, c.status.Generation, c.status.Reason)
	}
	return b.String()
}
