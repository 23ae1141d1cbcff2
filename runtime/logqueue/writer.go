// Package logqueue lets a process write its log without ever waiting for who reads it.
//
// It owns the queue between those who write and the one goroutine that waits for the stream, and the count of what had to be
// dropped. It must not know what a line says.
package logqueue

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
)

// Bounds of what waits for a stream.
const (
	// Bytes is how much may wait, in bytes: minutes of a busy log, and nothing beside a guest's memory.
	Bytes = 1 << 20
	// Lines is how many lines may wait.
	Lines = 8192
	// keptBytes is the largest buffer that is kept for the next lines, in bytes.
	keptBytes = 64 << 10
)

// Writer passes on what is written, in order, by a goroutine of its own. What does not fit is dropped and counted: the first lines stay,
// because they say how it began. The count stands in the log where the lines are missing. Its creator calls Close.
type Writer struct {
	out    io.Writer
	notice func(dropped uint64) []byte
	wake   chan struct{} // holds a token after a change
	done   chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex
	next   batch // waits
	flying batch // is being written; only its size is used
	spare  []byte
	unsaid uint64 // lines that were dropped, and that no notice speaks of
	total  uint64
	failed bool // the last write
	closed bool
}

// batch is some lines.
type batch struct {
	text  []byte
	lines uint64
	said  uint64 // dropped lines that the notices in it speak of
}

// New starts a writer to out, which may block for ever. The notice makes the line about lines that were dropped.
func New(out io.Writer, notice func(dropped uint64) []byte) *Writer {
	w := &Writer{out: out, notice: notice, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go w.run()
	return w
}

// Out is the stream that is written to.
func (w *Writer) Out() io.Writer { return w.out }

// Dropped is how many lines were dropped since the start.
func (w *Writer) Dropped() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.total
}

// Write takes whole lines. It never waits, and never fails.
func (w *Writer) Write(p []byte) (int, error) {
	lines := max(uint64(bytes.Count(p, []byte{'\n'})), 1)
	w.mu.Lock()
	if w.closed || !w.fits(len(p), lines) {
		w.drop(lines, 0)
	} else {
		w.say()
		w.next.text, w.next.lines = append(w.next.text, p...), w.next.lines+lines
	}
	w.mu.Unlock()
	w.signal()
	return len(p), nil
}

// fits reports whether that much more may wait. The caller holds w.mu, as in what follows.
func (w *Writer) fits(size int, lines uint64) bool {
	return len(w.flying.text)+len(w.next.text)+size <= Bytes && w.flying.lines+w.next.lines+lines <= Lines
}

// drop counts lines that are lost, and those that nobody will hear of because the notice is lost.
func (w *Writer) drop(lines, said uint64) {
	w.total += lines
	w.unsaid += lines + said
}

// say adds a notice of what was dropped since the last one.
func (w *Writer) say() {
	if w.unsaid == 0 {
		return
	}
	w.next.text = append(w.next.text, w.notice(w.unsaid)...)
	w.next.said, w.unsaid = w.next.said+w.unsaid, 0
}

func (w *Writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run writes until the end.
func (w *Writer) run() {
	defer close(w.done)
	for {
		text, over := w.take()
		if over {
			return
		}
		if text == nil {
			<-w.wake
			continue
		}
		_, err := w.out.Write(text)
		w.settle(err)
	}
}

// take gives what is to be written next, nil if there is nothing now; over says that nothing can come any more.
func (w *Writer) take() (text []byte, over bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.next.text) == 0 && !w.failed { // else a stream that is broken would be tried without end
		w.say()
	}
	if len(w.next.text) == 0 {
		return nil, w.closed
	}
	w.flying, w.next = w.next, batch{text: w.spare}
	w.spare = nil
	return w.flying.text, false
}

// settle notes how a write ended.
func (w *Writer) settle(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed = err != nil; w.failed {
		w.drop(w.flying.lines, w.flying.said)
	}
	if cap(w.flying.text) <= keptBytes {
		w.spare = w.flying.text[:0]
	}
	w.flying = batch{}
}

// Close takes no more lines, and waits until all that wait are written, or ctx ends: a stream that nobody reads must hold nobody up. It may
// be called more than once.
func (w *Writer) Close(ctx context.Context) error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.signal()
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Errorf("log: %d lines were not written: %w", w.flying.lines+w.next.lines, context.Cause(ctx))
}
