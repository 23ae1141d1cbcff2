package httpfn

import (
	"bytes"
	"time"
)

// keepAlive knows when an event stream has been silent for too long. Its zero value is never due.
type keepAlive struct {
	every time.Duration
	timer *time.Timer
	last  time.Time
	tail  []byte // the last bytes written, up to four
}

// start begins to watch. Without an interval it does nothing.
func (k *keepAlive) start(every time.Duration) {
	if every <= 0 {
		return
	}
	k.every, k.last, k.timer = every, time.Now(), time.NewTimer(every)
}

func (k *keepAlive) stop() {
	if k.timer != nil {
		k.timer.Stop()
	}
}

// due is when to look at silent.
func (k *keepAlive) due() <-chan time.Time {
	if k.timer == nil {
		return nil
	}
	return k.timer.C
}

// wrote notes what left. The timer is not touched: silent looks how old the last write is.
func (k *keepAlive) wrote(data []byte) {
	if k.timer == nil {
		return
	}
	const most = len("\r\n\r\n")
	k.last = time.Now()
	if len(data) < most {
		data = append(k.tail, data...)
	}
	k.tail = append(k.tail[:0], data[max(0, len(data)-most):]...)
}

// silent reports whether a comment is due, and sets the timer for the next look. A comment goes between two events only: in
// the middle of one it would end a line that is not complete.
func (k *keepAlive) silent(now time.Time) bool {
	idle := now.Sub(k.last)
	if idle < k.every {
		k.timer.Reset(k.every - idle)
		return false
	}
	k.last = now
	k.timer.Reset(k.every)
	return len(k.tail) == 0 || bytes.HasSuffix(k.tail, []byte("\n\n")) || bytes.HasSuffix(k.tail, []byte("\r\n\r\n"))
}

// SetKeepAlive is Config.KeepAlive for the streams and sockets that begin from now on.
func (f *Family) SetKeepAlive(every time.Duration) { f.every.Store(int64(every)) }

func (f *Family) keepAlive() time.Duration { return time.Duration(f.every.Load()) }
