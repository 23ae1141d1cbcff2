package openaiagent

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"innkeeper/runtime/budget"
)

// Why no more is read of a stream.
var (
	errEventTooLong  = errors.New("an event has more bytes than are read of one")
	errAnswerTooLong = errors.New("the answer has more bytes than are read of one")
	errNoRoom        = errors.New("the events of all turns take as much memory as they may")
)

// events splits a stream into its events.
//
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
type events struct {
	lines  *bufio.Reader
	left   int // bytes of the answer that are read at most
	shared *budget.Budget

	kind    []byte
	data    []byte // of the event, without the line break behind it
	has     bool   // whether there is any data line
	charged int    // bytes of shared that data has
	err     error  // what ended the stream, nil for its own end
}

func newEvents(body io.Reader, shared *budget.Budget) *events {
	return &events{lines: bufio.NewReader(body), left: answerBytes, shared: shared}
}

// next reads on to the end of an event, and reports whether there was one. An event that the end of the stream cuts is none.
func (e *events) next() bool {
	e.forget()
	for e.err == nil {
		line, whole, err := e.piece()
		if err != nil {
			e.err = err
			break
		}
		if len(line) == 0 && whole {
			if e.has {
				return true
			}
			e.kind = e.kind[:0]
			continue
		}
		e.field(line, whole)
	}
	if errors.Is(e.err, io.EOF) {
		e.err = nil
	}
	e.forget()
	return false
}

// forget makes ready for another event. The memory of a long one is not kept.
func (e *events) forget() {
	e.kind, e.data, e.has = e.kind[:0], e.data[:0], false
	if e.charged > 0 {
		e.shared.Give(int64(e.charged))
		e.data, e.charged = nil, 0
	}
}

// piece reads a line, or as much of it as the buffer has room for.
func (e *events) piece() (line []byte, whole bool, err error) {
	line, err = e.lines.ReadSlice('\n')
	if e.left -= len(line); e.left < 0 {
		return nil, false, errAnswerTooLong
	}
	if errors.Is(err, bufio.ErrBufferFull) {
		return line, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return bytes.TrimSuffix(line[:len(line)-1], []byte("\r")), true, nil
}

// field takes a line that is not empty into the event, with what has to be read of it yet.
func (e *events) field(line []byte, whole bool) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	isData := string(name) == "data"
	switch {
	case isData && e.has:
		e.grow("\n", value)
	case isData:
		e.has = true
		e.grow("", value)
	case string(name) == "event" && len(value) <= wordBytes:
		e.kind = append(e.kind[:0], value...)
	}
	for !whole && e.err == nil {
		if line, whole, e.err = e.piece(); isData && e.err == nil {
			e.grow("", line)
		}
	}
}

// grow adds to the data, and charges for it before.
func (e *events) grow(between string, value []byte) {
	size := len(e.data) + len(between) + len(value)
	if size > eventBytes {
		e.err = errEventTooLong
		return
	}
	if more := size - smallBytes - e.charged; more > 0 {
		if !e.shared.Take(int64(more)) {
			e.err = errNoRoom
			return
		}
		e.charged += more
	}
	e.data = append(append(e.data, between...), value...)
}
