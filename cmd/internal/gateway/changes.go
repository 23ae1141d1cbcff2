package gateway

import (
	"context"
	"crypto/rand"
	"iter"
	"sync"
	"time"

	"innkeeper/runtime/admin"
)

// changes tells subscribers of every change of every slot.
type changes struct {
	boot string // tells one life of the process from another

	mu          sync.Mutex
	number      uint64
	subscribers map[*subscriber]struct{}
	closed      bool
}

// subscriber is what one reader has not read yet.
type subscriber struct {
	waiting []admin.Change
	missed  uint64        // changes that came while the reader was too far behind
	news    chan struct{} // holds a token if there is something to read
}

// subscriberChanges is how many changes wait for a reader, who gets a gap in the place of more. A hand-over of every adapter
// makes a few for each.
const subscriberChanges = 1024

func newChanges() *changes {
	return &changes{boot: rand.Text(), subscribers: map[*subscriber]struct{}{}}
}

// publish tells every subscriber, and waits for none.
func (c *changes) publish(code string, now admin.Adapter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number++
	change := admin.Change{Boot: c.boot, Number: c.number, Time: time.Now(), Code: code, Adapter: now}
	for s := range c.subscribers {
		s.add(change)
	}
}

func (s *subscriber) add(change admin.Change) {
	if len(s.waiting) == subscriberChanges {
		s.missed++
		return
	}
	s.waiting = append(s.waiting, change)
	s.wake()
}

func (s *subscriber) wake() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// close ends every subscription, once what waits was read.
func (c *changes) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for s := range c.subscribers {
		s.wake()
	}
}

// take is what waits for a subscriber, and whether more can come.
func (c *changes) take(s *subscriber) (waiting []admin.Change, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	waiting, s.waiting = s.waiting, nil
	if s.missed > 0 {
		gap := admin.Change{Boot: c.boot, Number: c.number, Time: time.Now(), Code: admin.ChangeGap, Missed: s.missed}
		waiting, s.missed = append(waiting, gap), 0
	}
	return waiting, !c.closed
}

// Subscribe gives every change of every adapter from now on, in order, until ctx or the gateway ends. A reader that is too
// far behind gets a gap in the place of what it missed, and can ask for the status. The subscription begins with the call,
// not with the first reading, and must be read or its ctx ended.
func (g *Gateway) Subscribe(ctx context.Context) iter.Seq[admin.Change] {
	c, s := g.changes, &subscriber{news: make(chan struct{}, 1)}
	c.mu.Lock()
	c.subscribers[s] = struct{}{}
	if c.closed {
		s.wake()
	}
	c.mu.Unlock()
	leave := sync.OnceFunc(func() {
		c.mu.Lock()
		delete(c.subscribers, s)
		c.mu.Unlock()
	})
	context.AfterFunc(ctx, leave)
	return func(yield func(admin.Change) bool) {
		defer leave()
		for {
			select {
			case <-s.news:
			case <-ctx.Done():
				return
			}
			waiting, more := c.take(s)
			for _, change := range waiting {
				if !yield(change) {
					return
				}
			}
			if !more {
				return
			}
		}
	}
}
