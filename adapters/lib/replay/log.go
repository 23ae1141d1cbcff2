package replay

import (
	"errors"
	"math"
	"slices"
)

// Past has the events of a log that are not in memory any more.
type Past interface {
	// Events gives whole events from that number on, as a view that is valid until the next call of anything, and the number
	// of the event after them. None means that there is nothing left that the memory does not have.
	Events(from int64) (events []byte, next int64, err error)
}

// Sink takes a reader's events to where they go.
type Sink interface {
	// Write takes whole events, all of them or none, as a view that is valid during the call. With last set nothing follows:
	// the sink ends what it writes to once it has taken them, which may be none. abi.EAGAIN means that it takes nothing now
	// and that [Reader.Resume] is called later; any other error that it is gone.
	Write(events []byte, last bool) error
	// Abort cuts off a reader that cannot be given the rest.
	Abort()
}

// Log is a log of numbered events. The zero value is empty, begins with the number 0 and keeps nothing that its readers have
// taken. Its fields are set before it is used.
type Log struct {
	// Past has what the log has dropped. Without it such events are lost, and a reader that lacks them is cut off.
	Past Past
	// Keep keeps every event in memory until Drop. Otherwise those leave that all readers have taken.
	Keep bool
	// Slack is how many bytes are kept for readers that are behind, unless Keep is set. One that is further behind goes on
	// from the Past, or is cut off.
	Slack int
	// OnLeave, if set, is called after readers have left: they got everything, are gone, or were cut off.
	OnLeave func()

	window  window
	ended   bool
	readers []*Reader
}

// Start sets the number of the first event, and where memory comes from, which may be nil.
func (l *Log) Start(first int64, spare *Spare) { l.window.first, l.window.spare = first, spare }

// Ended is a log that has ended and of which nothing is in memory.
func Ended(past Past) *Log {
	l := &Log{Past: past, ended: true}
	l.window.first = math.MaxInt64
	return l
}

// Append adds an event, which is copied. Readers get it with the next Send.
func (l *Log) Append(event []byte) { l.window.add(event) }

// Skip takes note of events that nobody reads along with, so that only the Past has them: next is the number after the last.
func (l *Log) Skip(next int64) {
	if next > l.window.next() {
		l.window.drop(l.window.next())
		l.window.first = next
	}
}

// End ends the log: what was appended is the last. Readers that have all of it are through; others go on until they are.
func (l *Log) End() {
	l.ended = true
	l.Send()
}

// Next is the number of the event that comes next.
func (l *Log) Next() int64 { return l.window.next() }

// First is the number of the first event in memory.
func (l *Log) First() int64 { return l.window.first }

// Held is the events in memory, as a view that is valid until the log changes.
func (l *Log) Held() []byte { return l.window.all() }

// Size is how many bytes the events in memory have.
func (l *Log) Size() int { return l.window.size() }

// Readers is how many readers there are.
func (l *Log) Readers() int { return len(l.readers) }

// Drop takes the events before that number out of the memory.
func (l *Log) Drop(before int64) { l.window.drop(before) }

// Read adds a reader, and hands it what it takes of the events from that number on. A number beyond the next event counts
// as that of the next event.
func (l *Log) Read(sink Sink, from int64) *Reader {
	r := &Reader{log: l, sink: sink, next: from}
	l.readers = append(slices.Clip(l.readers), r)
	r.Resume()
	return r
}

// Send hands to the readers what was appended, but not to those that wait to take more.
func (l *Log) Send() {
	left := false
	for _, r := range l.readers { // a slice that nobody writes to
		if !r.waiting && !r.left {
			left = r.pump() || left
		}
	}
	l.settle(left)
}

// settle is the end of a step: what nobody needs leaves the memory, and the owner hears of readers that have left.
func (l *Log) settle(left bool) {
	left = l.discard() || left
	if left && l.OnLeave != nil {
		l.OnLeave()
	}
}

// discard drops what nobody needs any more, and then what is too much. It reports whether readers were cut off.
func (l *Log) discard() (left bool) {
	if l.Keep {
		return false
	}
	l.window.drop(l.needed())
	if l.window.size() <= l.Slack {
		return false
	}
	if l.Past != nil {
		l.window.drop(l.window.next())
		return false
	}
	for _, r := range l.readers {
		if l.behind(r) > l.Slack {
			r.sink.Abort()
			l.remove(r)
			left = true
		}
	}
	l.window.drop(l.needed())
	return left
}

// needed is the number of the first event that a reader will take from the memory.
func (l *Log) needed() int64 {
	needed := l.window.next()
	for _, r := range l.readers {
		if r.next >= l.window.first {
			needed = min(needed, r.next)
		}
	}
	return needed
}

// behind is how many bytes a reader has not taken.
func (l *Log) behind(r *Reader) int {
	taken := int(r.next - l.window.first)
	if taken <= 0 {
		return l.window.size()
	}
	return len(l.window.bytes) - l.window.ends[min(taken, len(l.window.ends))-1]
}

// errDropped is the end of a reader whose events were dropped.
var errDropped = errors.New("replay: the event is no longer kept")

// from is the events that a reader takes next, none if it has all there are, and the number after them.
func (l *Log) from(number int64) (events []byte, next int64, err error) {
	if number >= l.window.first {
		events, next = l.window.from(number)
		return events, next, nil
	}
	if l.Past == nil {
		return nil, 0, errDropped
	}
	if events, next, err = l.Past.Events(number); err != nil || len(events) > 0 {
		return events, next, err
	}
	events, next = l.window.from(l.window.first)
	return events, next, nil
}

// remove takes a reader out. The slice is made anew, because Send may be walking over it.
func (l *Log) remove(r *Reader) {
	r.left = true
	l.readers = slices.DeleteFunc(slices.Clone(l.readers), func(other *Reader) bool { return other == r })
}
