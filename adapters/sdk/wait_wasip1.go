package sdk

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"time"

	"innkeeper/adapters/abi"
)

// A timer of package time that no goroutine waits for, such as one of time.AfterFunc, may be late by timerSlack times timerRounds.
const (
	timerSlack  = time.Millisecond // how long the loop blocks in the host at most
	timerRounds = 4                // how often it may do so, or handle events, before Go looks at its timers
)

// alone reports whether the loop is the only goroutine. One that waits counts; those of Go's runtime do not.
func alone() bool { return runtime.NumGoroutine() == 1 }

// yields reports whether goroutines or timers may be there that want their turn. Go does not say whether a timer is pending, and to
// look costs a request a microsecond.
func (l *Loop) yields() bool {
	l.rounds++
	return l.rounds%timerRounds == 0 || !alone()
}

// wait blocks until an event is there or the timeout is over; a negative one waits for ever. It may come back early. The caller
// holds l.mu, which is free meanwhile.
//
// To block in the host is cheaper than to park in Go's poller, and stops the whole guest. So it is for the time when the loop is the
// only goroutine, and not for long, for the timers' sake. Events that follow one another closely, as under load, find the loop in
// the host, and the first one after a pause finds it in the poller.
func (l *Loop) wait(timeout time.Duration) error {
	if !alone() {
		return l.park(timeout)
	}
	slice := timerSlack
	if timeout >= 0 {
		slice = min(slice, timeout)
		timeout -= slice
	}
	if result := l.host.Event.Wait(int64(slice)); result != 0 || timeout == 0 {
		return waitError(result)
	}
	return l.park(timeout)
}

// parker waits for the mailbox in Go's own poller: the goroutine that waits is parked on descriptor 3 and the others run. The zero
// value is ready to use.
type parker struct {
	event  abi.Event
	file   *os.File
	conn   syscall.RawConn
	look   func(uintptr) bool
	limits bool // a deadline is set
	err    error
}

func (p *parker) init(event abi.Event) {
	p.event = event
	p.file = os.NewFile(abi.FDEvents, "events")
	p.conn, p.err = p.file.SyscallConn()
	p.look = func(uintptr) bool {
		result := p.event.Wait(0)
		p.err = waitError(result)
		return result != 0
	}
}

// arm sets when the next wait is over; the zero time is never.
func (p *parker) arm(event abi.Event, until time.Time) {
	if p.file == nil {
		p.init(event)
	}
	if limits := !until.IsZero(); p.err == nil && (limits || p.limits) {
		p.limits, p.err = limits, p.file.SetReadDeadline(until)
	}
}

// wait parks until an event is there, the time is over or wake is called.
func (p *parker) wait() error {
	if p.err != nil {
		return p.err
	}
	if err := p.conn.Read(p.look); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return p.err
}

// wake ends an armed wait, begun or not.
func (p *parker) wake() {
	p.limits, p.err = true, errors.Join(p.err, p.file.SetReadDeadline(time.Unix(1, 0)))
}

// close does nothing: the descriptor is the host's and ends with the instance.
func (p *parker) close() {}
