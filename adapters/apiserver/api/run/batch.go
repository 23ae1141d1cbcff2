package run

import (
	"bytes"
	"iter"
)

// Batch is what one step of a run gave: one or more whole frames of an event stream, in order, as a view that is valid
// during the call. A transport of server-sent events writes it as it is, in one write; any other takes it apart with
// Events. https://html.spec.whatwg.org/multipage/server-sent-events.html
type Batch []byte

// Event is one event of a batch. Its fields are views; those that the frame has no line for are nil.
type Event struct {
	ID   []byte // of the line "id:"
	Name []byte // of the line "event:"
	Data []byte // of the line "data:", one JSON text
}

// Events walks the events of a batch.
func (b Batch) Events() iter.Seq[Event] {
	return func(yield func(Event) bool) {
		for rest := []byte(b); len(rest) > 0; {
			var frame []byte
			frame, rest, _ = bytes.Cut(rest, []byte("\n\n"))
			if !yield(parse(frame)) {
				return
			}
		}
	}
}

// parse takes a frame apart. Its data is one line, as JSON that this server writes has no line breaks.
func parse(frame []byte) (e Event) {
	for len(frame) > 0 {
		var line []byte
		line, frame, _ = bytes.Cut(frame, []byte("\n"))
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch string(name) {
		case "id":
			e.ID = value
		case "event":
			e.Name = value
		case "data":
			e.Data = value
		}
	}
	return e
}
