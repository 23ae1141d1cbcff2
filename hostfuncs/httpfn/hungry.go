package httpfn

import (
	"container/list"
	"sync"

	"innkeeper/adapters/abi"
)

// hungry are the exchanges whose guests wait until the budgets have room for a piece, in the order in which they came, those with the
// key first. One goroutine watches for all of them. Its fields are guarded by its mutex, which is taken after an exchange's.
type hungry struct {
	mu       sync.Mutex
	lines    [2]list.List // of *exchange: with the key, and without
	promised int64        // bytes that guests were told of and have not come for: nobody else is told of the same
	watching bool
	closed   bool
	stop     chan struct{} // closed when the family is
	running  sync.WaitGroup
}

func (h *hungry) line(ex *exchange) *list.List {
	if ex.keyed {
		return &h.lines[0]
	}
	return &h.lines[1]
}

// hunger makes a guest wait for room. Whoever calls it tries once more afterwards, so that nothing is missed. The caller holds ex.mu.
func (f *Family) hunger(ex *exchange, cost int64) {
	h := &f.hungry
	h.mu.Lock()
	defer h.mu.Unlock()
	ex.wants = cost
	if ex.hungry != nil || h.closed {
		return
	}
	ex.hungry = h.line(ex).PushBack(ex)
	if !h.watching {
		h.watching = true
		h.running.Go(f.watch)
	}
}

// sate takes an exchange out of those that wait, if it is one.
func (f *Family) sate(ex *exchange) {
	h := &f.hungry
	h.mu.Lock()
	defer h.mu.Unlock()
	if ex.hungry != nil {
		h.line(ex).Remove(ex.hungry)
		ex.hungry = nil
	}
}

// watch tells those who wait whenever there is room.
func (f *Family) watch() {
	for {
		own, host := f.waiting[0].More(), f.waiting[1].More()
		for _, keyed := range [...]bool{true, false} {
			f.feed(keyed)
		}
		select {
		case <-own:
		case <-host:
		case <-f.hungry.stop:
			return
		}
	}
}

// feed tells as many as there is room for.
func (f *Family) feed(keyed bool) {
	for ex, cost := f.next(keyed); ex != nil; ex, cost = f.next(keyed) {
		ex.fed(cost)
	}
}

// next takes the first of a line out if there is room for what it wants.
func (f *Family) next(keyed bool) (ex *exchange, cost int64) {
	h := &f.hungry
	h.mu.Lock()
	defer h.mu.Unlock()
	line := &h.lines[1]
	if keyed {
		line = &h.lines[0]
	}
	first := line.Front()
	if first == nil {
		return nil, 0
	}
	ex = first.Value.(*exchange)
	if ex.wants > f.waiting.Left(keyed)-h.promised {
		return nil, 0
	}
	line.Remove(first)
	ex.hungry = nil
	return ex, ex.wants
}

// fed tells a guest that there is room, if it still waits for that.
func (ex *exchange) fed(cost int64) {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	if !ex.starved || ex.closed || ex.gone || ex.pending() > 0 {
		return
	}
	ex.starved = false
	ex.promise(cost)
	_ = ex.f.cfg.Mailbox.PostLevel(abi.EventHTTPWritable, ex.id, nil) // sealed: the instance is over
}

// promise books what a guest is told of. The caller holds ex.mu.
func (ex *exchange) promise(n int64) {
	ex.f.hungry.mu.Lock()
	ex.f.hungry.promised += n
	ex.f.hungry.mu.Unlock()
	ex.promised += n
}

// redeem ends the promise to a guest that has come, or never will. Whatever it leaves of that is told when something of it is given back, at
// the latest with the exchange. The caller holds ex.mu.
func (ex *exchange) redeem() {
	if ex.promised != 0 {
		ex.promise(-ex.promised)
	}
}

// close ends the watching.
func (h *hungry) close() {
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		close(h.stop)
	}
	h.mu.Unlock()
	h.running.Wait()
}
