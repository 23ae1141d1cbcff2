package logfn

import (
	"bytes"
	"io"
	"log/slog"
	"sync"
)

var _ io.WriteCloser = (*Lines)(nil)

// Lines turns what a guest prints into records, one a line.
type Lines struct {
	family *Family
	level  slog.Level
	origin string

	mu      sync.Mutex
	partial []byte
	skip    bool // the rest of a line that was too long
}

// Lines makes a writer for one of the guest's output streams, such as origin "stderr". A line longer than
// MessageBytes is cut there. Close writes a last line without a line break; closing the family does the same.
func (f *Family) Lines(level slog.Level, origin string) *Lines {
	l := &Lines{family: f, level: level, origin: origin}
	f.mu.Lock()
	f.lines = append(f.lines, l)
	f.mu.Unlock()
	return l
}

// Write takes output. It always takes all of it.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := p; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte{'\n'})
		rest = after
		l.add(line)
		if ended {
			l.end()
		}
	}
	return len(p), nil
}

// Close writes what is left of an unfinished line.
func (l *Lines) Close() error {
	l.flush()
	return nil
}

func (l *Lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
}

// add keeps a piece of the current line, one byte past the limit at most, by which the cut is seen and marked.
func (l *Lines) add(piece []byte) {
	if l.skip {
		return
	}
	room := MessageBytes + 1 - len(l.partial)
	l.partial = append(l.partial, piece[:min(room, len(piece))]...)
	if len(l.partial) > MessageBytes {
		l.emit()
		l.skip = true
	}
}

func (l *Lines) end() {
	l.emit()
	l.skip = false
}

// emit writes the line, unless it is blank.
func (l *Lines) emit() {
	if line := bytes.TrimRight(l.partial, "\r"); len(line) > 0 {
		l.family.record(l.level, l.origin, line, nil)
	}
	l.partial = l.partial[:0]
}
