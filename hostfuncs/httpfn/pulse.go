package httpfn

import (
	"bytes"
	"time"
)

// pulse knows when an event stream has been silent for too long. Its zero value never beats.
type pulse struct {
	every time.Duration
	timer *time.Timer
	last  time.Time
	tail  []byte // the last bytes written, up to four
}

// start begins to watch. Without an interval it does nothing.
func (p *pulse) start(every time.Duration) {
	if every <= 0 {
		return
	}
	p.every, p.last, p.timer = every, time.Now(), time.NewTimer(every)
}

func (p *pulse) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
}

// due is when to look at silent.
func (p *pulse) due() <-chan time.Time {
	if p.timer == nil {
		return nil
	}
	return p.timer.C
}

// wrote notes what left. The timer is not touched: silent looks how old the last write is.
func (p *pulse) wrote(data []byte) {
	if p.timer == nil {
		return
	}
	const most = len("\r\n\r\n")
	p.last = time.Now()
	if len(data) < most {
		data = append(p.tail, data...)
	}
	p.tail = append(p.tail[:0], data[max(0, len(data)-most):]...)
}

// silent tells whether a comment is due, and sets the timer for the next look. A comment goes between two events only: in
// the middle of one it would end a line that is not complete.
func (p *pulse) silent(now time.Time) bool {
	idle := now.Sub(p.last)
	if idle < p.every {
		p.timer.Reset(p.every - idle)
		return false
	}
	p.last = now
	p.timer.Reset(p.every)
	return len(p.tail) == 0 || bytes.HasSuffix(p.tail, []byte("\n\n")) || bytes.HasSuffix(p.tail, []byte("\r\n\r\n"))
}
