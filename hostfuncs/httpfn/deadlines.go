package httpfn

import (
	"sync"
	"time"
)

// deadline is the place of an exchange in a queue.
type deadline struct {
	queue      *deadlines // nil if it is in none
	prev, next *exchange
	at         time.Time
}

// deadlines is a queue of exchanges that all have the same time, so that the first to come is the first to be due, and one
// timer serves all of them. Its methods are called with the family's mutex held, which guards the exchanges' places, too.
type deadlines struct {
	after       time.Duration
	first, last *exchange
	timer       *time.Timer // nil while it does not run
	expired     func()      // called by the timer
	running     sync.WaitGroup
}

func (d *deadlines) push(ex *exchange) {
	ex.due = deadline{queue: d, prev: d.last, at: time.Now().Add(d.after)}
	if d.last == nil {
		d.first = ex
	} else {
		d.last.due.next = ex
	}
	d.last = ex
	if d.timer == nil {
		d.start(d.after)
	}
}

// remove takes an exchange out of the queue that it is in.
func (d *deadlines) remove(ex *exchange) {
	if ex.due.prev == nil {
		d.first = ex.due.next
	} else {
		ex.due.prev.due.next = ex.due.next
	}
	if ex.due.next == nil {
		d.last = ex.due.prev
	} else {
		ex.due.next.due.prev = ex.due.prev
	}
	ex.due = deadline{}
}

// pop takes out the first one, nil if there is none.
func (d *deadlines) pop() *exchange {
	ex := d.first
	if ex != nil {
		d.remove(ex)
	}
	return ex
}

// overdue takes out all that are due now, and starts the timer for the next one.
func (d *deadlines) overdue() (list []*exchange) {
	d.timer = nil
	now := time.Now()
	for d.first != nil && !d.first.due.at.After(now) {
		list = append(list, d.pop())
	}
	if d.first != nil {
		d.start(d.first.due.at.Sub(now))
	}
	return list
}

func (d *deadlines) start(after time.Duration) {
	d.running.Add(1)
	d.timer = time.AfterFunc(after, func() {
		defer d.running.Done()
		d.expired()
	})
}

// stop ends the timer. What it has begun goes on; running is to be waited for.
func (d *deadlines) stop() {
	if d.timer != nil && d.timer.Stop() {
		d.running.Done()
	}
	d.timer = nil
}

// expect begins the time that the guest has for an answer.
func (f *Family) expect(ex *exchange) { f.queue(&f.unanswered, ex) }

// outlive begins the time that a handle may outlive its client.
func (f *Family) outlive(ex *exchange) { f.queue(&f.orphans, ex) }

func (f *Family) queue(d *deadlines, ex *exchange) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return // the ledger has closed everything, or is about to
	}
	if ex.due.queue != nil {
		ex.due.queue.remove(ex)
	}
	d.push(ex)
}

// forget takes an exchange out of whatever queue it is in.
func (f *Family) forget(ex *exchange) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ex.due.queue != nil {
		ex.due.queue.remove(ex)
	}
}

// due takes out what is due in a queue and acts on it.
func (f *Family) due(d *deadlines, act func(*exchange)) {
	f.mu.Lock()
	var list []*exchange
	if !f.closed {
		list = d.overdue()
	}
	f.mu.Unlock()
	for _, ex := range list {
		act(ex)
	}
}

// abandonOldest closes the handle of the exchange that has been without a client for the longest, and reports whether there was
// one.
func (f *Family) abandonOldest() bool {
	f.mu.Lock()
	ex := f.orphans.pop()
	f.mu.Unlock()
	if ex == nil {
		return false
	}
	ex.abandon()
	return true
}
