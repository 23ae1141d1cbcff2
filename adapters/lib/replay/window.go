package replay

import "sort"

const (
	// pieceBytes is how much a reader is handed at once, unless a single event is longer: enough for few writes, and less
	// than what a host takes for a client before it says that the client is slow.
	pieceBytes = 64 << 10

	// spareBytes is the largest buffer that one log hands on to another. A guest's memory never shrinks.
	spareBytes = 256 << 10
)

// Spare is memory that the logs of one loop hand on to each other: most of them hold something only during a callback. The
// zero value has none.
type Spare struct {
	bytes []byte
	ends  []int
}

// window is the events that a log has in memory, one behind the other.
type window struct {
	spare *Spare // may be nil
	first int64  // the number of the first event
	bytes []byte // the events, after what was dropped and not moved over yet
	start int    // where the first event starts in bytes
	ends  []int  // where each event ends in bytes
}

// next is the number of the event that follows the last one.
func (w *window) next() int64 { return w.first + int64(len(w.ends)) }

// size is how many bytes the events have.
func (w *window) size() int { return len(w.bytes) - w.start }

// all is the events, as a view.
func (w *window) all() []byte { return w.bytes[w.start:] }

func (w *window) add(event []byte) {
	if w.bytes == nil && w.spare != nil {
		w.bytes, w.ends = w.spare.bytes, w.spare.ends
		w.spare.bytes, w.spare.ends = nil, nil
	}
	w.bytes = append(w.bytes, event...)
	w.ends = append(w.ends, len(w.bytes))
}

// from is whole events from that number on, at least one and not more than a piece, and the number of the event after them;
// none if that event is yet to come.
func (w *window) from(number int64) (events []byte, next int64) {
	skip := int(number - w.first)
	if skip >= len(w.ends) {
		return nil, w.next()
	}
	start := w.start
	if skip > 0 {
		start = w.ends[skip-1]
	}
	fit := sort.SearchInts(w.ends[skip:], start+pieceBytes+1)
	last := skip + max(fit, 1)
	return w.bytes[start:w.ends[last-1]], w.first + int64(last)
}

// drop takes out the events before that number.
func (w *window) drop(before int64) {
	n := min(int(before-w.first), len(w.ends))
	if n <= 0 {
		return
	}
	w.first += int64(n)
	if n == len(w.ends) {
		w.clear()
		return
	}
	w.start = w.ends[n-1]
	w.ends = w.ends[:copy(w.ends, w.ends[n:])]
	if w.start > len(w.bytes)/2 { // moved this rarely, a byte costs no more than its place
		w.compact()
	}
}

// clear hands the memory of an empty window on.
func (w *window) clear() {
	if w.spare != nil && cap(w.bytes) <= spareBytes {
		w.spare.bytes, w.spare.ends = w.bytes[:0], w.ends[:0]
	}
	w.start, w.bytes, w.ends = 0, nil, nil
}

// compact moves the events over what was dropped.
func (w *window) compact() {
	w.bytes = w.bytes[:copy(w.bytes, w.bytes[w.start:])]
	for i := range w.ends {
		w.ends[i] -= w.start
	}
	w.start = 0
}
