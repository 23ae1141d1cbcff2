package poller

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"innkeeper/adapters/abi"
)

// events is the descriptor. It is one for the whole program, and for ever: a file that nobody holds would be closed.
var events = sync.OnceValue(func() *os.File { return os.NewFile(abi.FDEvents, "events") })

// Poller parks the goroutine that waits on descriptor 3. Make it with [New].
type Poller struct {
	conn   syscall.RawConn
	file   *os.File
	look   func(uintptr) bool
	limits bool // a deadline is set, or may be from the poller before
	err    error
}

// New makes a poller; a program uses one at a time. Once it wakes, look says whether the mailbox is as awaited; an error ends the wait.
func New(look func() (bool, error)) *Poller {
	p := &Poller{file: events(), limits: true}
	p.conn, p.err = p.file.SyscallConn()
	p.look = func(uintptr) (over bool) {
		over, p.err = look()
		return over || p.err != nil
	}
	return p
}

// Arm sets when the next wait is over; the zero time is never.
func (p *Poller) Arm(until time.Time) {
	if limits := !until.IsZero(); p.err == nil && (limits || p.limits) {
		p.limits, p.err = limits, p.file.SetReadDeadline(until)
	}
}

// Wait parks until look is content, the time is over or Wake is called.
func (p *Poller) Wait() error {
	if p.err != nil {
		return p.err
	}
	if err := p.conn.Read(p.look); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return p.err
}

// Wake ends an armed wait, begun or not.
func (p *Poller) Wake() {
	p.limits, p.err = true, errors.Join(p.err, p.file.SetReadDeadline(time.Unix(1, 0)))
}

// Close does nothing: the descriptor is the host's and ends with the instance.
func (p *Poller) Close() {}
