package gateway

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/outcome"
	"innkeeper/runtime/safetext"
)

// custody is the host's own account of what instances could not close in time. It is empty as a rule. What is in it belongs to no slot any
// more: the next generation starts beside it and shares nothing with it. It is closed in the background, counted and shown, and
// waited for a little when the host ends.
type custody struct {
	mu      sync.Mutex
	held    []*leftover   // oldest first
	total   uint64        // ever taken
	changed chan struct{} // closed when something was closed
}

// leftover is what one instance left.
type leftover struct {
	adapter    string
	generation uint64
	what       []string
	since      time.Time
	ledger     *ledger.Ledger
}

func newCustody() *custody { return &custody{changed: make(chan struct{})} }

// take adds what an instance left, until it is dropped.
func (c *custody) take(l *leftover) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = append(c.held, l)
	c.total++
}

// drop takes out what has been closed.
func (c *custody) drop(l *leftover) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = slices.DeleteFunc(c.held, func(other *leftover) bool { return other == l })
	close(c.changed)
	c.changed = make(chan struct{})
}

// of lists what is held for an adapter.
func (c *custody) of(adapter string) (held []*leftover) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.held {
		if l.adapter == adapter {
			held = append(held, l)
		}
	}
	return held
}

// status is what an operator sees of it.
func (c *custody) status() admin.TakenOver {
	c.mu.Lock()
	defer c.mu.Unlock()
	status := admin.TakenOver{Total: c.total, Held: []admin.Leftover{}}
	for _, l := range c.held {
		status.Held = append(status.Held, admin.Leftover{Adapter: l.adapter, Generation: l.generation, What: l.describe(), Since: l.since})
	}
	return status
}

// describe names what is left, such as "the guest, sqlite.connection \"main\"".
func (l *leftover) describe() string {
	const most = 5
	words := slices.Clone(l.what)
	for i, item := range l.ledger.TakenOver() {
		if i == most {
			words = append(words, "…")
			break
		}
		words = append(words, string(item.Kind))
	}
	return strings.Join(words, ", ")
}

// ErrLeft means that something could not be closed before the host ended.
var ErrLeft = errors.New("could not be closed in time; the end of the process closes it")

// custodyGrace is how long the end of the host waits for what instances left: they have had their own budgets.
const custodyGrace = time.Second

// wait waits until nothing is held, or ctx ends. What is left then the end of the process closes.
func (c *custody) wait(ctx context.Context) error {
	for {
		c.mu.Lock()
		changed, held := c.changed, slices.Clone(c.held)
		c.mu.Unlock()
		if len(held) == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			var errs []error
			for _, l := range held {
				errs = append(errs, fmt.Errorf("adapter[%s] generation[%d] %s: %w", l.adapter, l.generation, l.describe(), ErrLeft))
			}
			return errors.Join(errs...)
		}
	}
}

// takeOver makes the host responsible for what a generation left. It is told of once when it begins and once when it is over.
func (s *slot) takeOver(g *generation, left *outcome.Left) {
	l := &leftover{adapter: s.name, generation: g.run.Generation, what: left.What, since: time.Now(), ledger: g.Ledger}
	s.forget(g, func() { s.gateway.custody.take(l) })
	logger := s.logger.With("generation", l.generation)
	logger.Error("not closed in time: the host has taken it over", "what", l.describe())
	over := func() {
		s.gateway.credit(l)
		logger.Info("what was taken over is closed", "after", time.Since(l.since).Round(time.Millisecond))
	}
	if !left.Then(over) {
		over()
	}
}

// runWith runs the instance. A bug in the host's own code ends it, and leaves nothing of it open.
func (g *generation) runWith(ctx context.Context, program *engine.Program) (ended outcome.Outcome) {
	defer func() {
		if value := recover(); value != nil {
			ended = g.abandon(value)
		}
	}()
	return program.Run(ctx, g.instance(ctx))
}

// errLost is the cause of the end of an instance whose run panicked.
var errLost = errors.New("the host lost the run of the instance")

// abandon closes what an instance held whose run panicked, or has it taken over.
func (g *generation) abandon(value any) outcome.Outcome {
	ended := outcome.Outcome{Verdict: outcome.Final, Code: "host_panic", Message: safetext.Line(fmt.Sprint(value), 300), Trace: string(debug.Stack())}
	g.Kill(errLost)
	g.Mailbox.Close()
	g.detachFor("")
	ctx, cancel := context.WithTimeout(context.Background(), g.spec.conf.Budgets.Close)
	defer cancel()
	ended.Teardown = g.Ledger.CloseAll(ctx)
	if g.Ledger.Open() == 0 {
		return ended
	}
	left, closeAll := &outcome.Left{What: []string{"an instance that was lost"}}, g.Ledger.TakeOver()
	go func() { // the custody waits for it
		defer left.End()
		closeAll()
	}()
	ended.Left = left
	return ended
}

// credit counts what was taken over and is closed now for the adapter, whether its slot is still there or not.
func (g *Gateway) credit(l *leftover) {
	g.mu.Lock()
	defer g.mu.Unlock()
	counts := l.ledger.Counts()
	if s := g.slots[l.adapter]; s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		addCounts(s.past, counts)
	} else if before, ok := g.past[l.adapter]; ok {
		addCounts(before.past, counts)
	}
	g.custody.drop(l)
}

// addCounts adds the counts of a ledger to others.
func addCounts(total, counts map[ledger.Kind]ledger.Count) {
	for kind, count := range counts {
		sum := total[kind]
		sum.Add(count)
		total[kind] = sum
	}
}
