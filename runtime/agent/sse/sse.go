// Package sse reads streams of server-sent events, within bounds.
//
// It owns the splitting of a stream into events, and how much of it is held at once. It knows nothing of what events say.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
package sse

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"innkeeper/runtime/budget"
)

// Why no more is read of a stream.
var (
	ErrEventTooLong  = errors.New("an event has more bytes than are read of one")
	ErrStreamTooLong = errors.New("the stream has more bytes than are read of one")
	ErrNoRoom        = errors.New("the events of all streams take as much memory as they may")
)

// Bounds are how much is read of a stream, in bytes.
type Bounds struct {
	Event  int // of the data of one event
	Stream int // of all there is
	// Free is how much data an event has before it is charged to Shared, which all streams have together; nil bounds nothing.
	Free   int
	Shared *budget.Budget
}

// nameBytes is the longest name of an event, in bytes. One that is longer is none.
const nameBytes = 256

// Reader splits one stream. One goroutine uses it, and calls Close in the end.
type Reader struct {
	lines  *bufio.Reader
	bounds Bounds
	read   int // bytes of the stream

	name    []byte
	data    []byte // without the line break behind it
	has     bool   // whether there is any line of data
	charged int    // bytes of bounds.Shared that data has
	err     error  // what ended the stream
}

// NewReader returns a reader. It reads nothing yet, and does not close what it reads.
func NewReader(from io.Reader, bounds Bounds) *Reader {
	return &Reader{lines: bufio.NewReader(from), bounds: bounds}
}

// Next reads on to the end of an event, and reports whether there was one. An event that the end of the stream cuts is none.
func (r *Reader) Next() bool {
	r.Close()
	for r.err == nil {
		var line []byte
		var whole bool
		if line, whole, r.err = r.piece(); r.err != nil {
			break
		}
		switch {
		case len(line) > 0 || !whole:
			r.field(line, whole)
		case r.has:
			return true
		default:
			r.name = r.name[:0]
		}
	}
	r.Close()
	return false
}

// Name is the name of the event, empty if it has none. It is valid until the next one is read.
func (r *Reader) Name() []byte { return r.name }

// Data is what the event says: its lines of data with line breaks between them. It is valid until the next one is read.
func (r *Reader) Data() []byte { return r.data }

// Err is why the stream ended, nil if it came to its own end.
func (r *Reader) Err() error {
	if errors.Is(r.err, io.EOF) {
		return nil
	}
	return r.err
}

// Close lets go of the event. The memory of a long one is not kept.
func (r *Reader) Close() {
	r.name, r.data, r.has = r.name[:0], r.data[:0], false
	if r.charged > 0 {
		r.bounds.Shared.Give(int64(r.charged))
		r.data, r.charged = nil, 0
	}
}

// piece reads a line, or as much of it as the buffer has room for.
func (r *Reader) piece() (line []byte, whole bool, err error) {
	line, err = r.lines.ReadSlice('\n')
	if r.read += len(line); r.read > r.bounds.Stream {
		return nil, false, fmt.Errorf("stream[%d]: %w", r.bounds.Stream, ErrStreamTooLong)
	}
	if errors.Is(err, bufio.ErrBufferFull) {
		return line, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), true, nil
}

// field takes a line into the event, with what has to be read of it yet.
func (r *Reader) field(line []byte, whole bool) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	isData := string(name) == "data"
	switch {
	case isData && r.has:
		r.grow("\n", value)
	case isData:
		r.has = true
		r.grow("", value)
	case string(name) == "event" && len(value) <= nameBytes:
		r.name = append(r.name[:0], value...)
	}
	for !whole && r.err == nil {
		if line, whole, r.err = r.piece(); isData && r.err == nil {
			r.grow("", line)
		}
	}
}

// grow adds to the data, and charges for it before.
func (r *Reader) grow(between string, value []byte) {
	size := len(r.data) + len(between) + len(value)
	if size > r.bounds.Event {
		r.err = fmt.Errorf("event[%d]: %w", r.bounds.Event, ErrEventTooLong)
		return
	}
	if more := size - r.bounds.Free - r.charged; more > 0 {
		if !r.bounds.Shared.Take(int64(more)) {
			r.err = ErrNoRoom
			return
		}
		r.charged += more
	}
	r.data = append(append(r.data, between...), value...)
}
