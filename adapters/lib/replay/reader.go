package replay

import (
	"errors"

	"innkeeper/adapters/abi"
)

// Reader is one reader of a log.
type Reader struct {
	log     *Log
	sink    Sink
	next    int64 // the number of the event that it gets next
	waiting bool  // the sink took nothing the last time
	left    bool
}

// Resume hands to the reader what it takes now. It is called when a sink that took nothing has room again.
func (r *Reader) Resume() {
	if !r.left {
		r.log.settle(r.pump())
	}
}

// Leave takes the reader out, without a word to its sink. It does nothing the second time.
func (r *Reader) Leave() {
	if !r.left {
		r.log.remove(r)
		r.log.settle(true)
	}
}

// pump hands over events until there are no more or the sink takes none. It reports whether the reader has left.
func (r *Reader) pump() (left bool) {
	r.waiting = false
	for {
		events, next, err := r.log.from(r.next)
		if err != nil {
			r.sink.Abort()
			r.log.remove(r)
			return true
		}
		last := r.log.ended && next >= r.log.window.next()
		if len(events) == 0 && !last {
			r.next = next
			return false
		}
		err = r.sink.Write(events, last)
		if errors.Is(err, abi.EAGAIN) {
			r.waiting = true
			return false
		}
		if r.next = next; err != nil || last {
			r.log.remove(r)
			return true
		}
	}
}
