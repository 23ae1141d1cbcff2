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

// woken is a time that is over: a deadline then ends a wait. Nobody arms a poller with it.
var woken = time.Unix(1, 0)

// Poller parks the goroutine that waits on descriptor 3. Make it with [New].
type Poller struct {
	conn  syscall.RawConn
	file  *os.File
	until time.Time // the deadline that is set
	polls bool      // the wait has been in the poller
	look  func(uintptr) bool
	err   error
}

// New makes a poller; a program uses one at a time. The one before may have left any deadline.
func New() *Poller {
	p := &Poller{file: events(), until: woken}
	p.conn, p.err = p.file.SyscallConn()
	p.look = func(uintptr) (over bool) {
		over, p.polls = p.polls, true
		return over
	}
	return p
}

// Arm sets when the next wait is over; the zero time is never. A deadline that is set already costs nothing, a new one four looks at
// the clock.
func (p *Poller) Arm(until time.Time) {
	if p.err == nil && !until.Equal(p.until) {
		p.until, p.err = until, p.file.SetReadDeadline(until)
	}
}

// Wait parks until an event is there, the time is over or Wake is called. An event that came before ends it, too: the poller asks for
// what is there, not for what changes.
func (p *Poller) Wait() error {
	if p.err != nil {
		return p.err
	}
	p.polls = false
	if err := p.conn.Read(p.look); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return nil
}

// Wake ends an armed wait, begun or not.
func (p *Poller) Wake() {
	p.until, p.err = woken, errors.Join(p.err, p.file.SetReadDeadline(woken))
}

// Close does nothing: the descriptor is the host's and ends with the instance.
func (p *Poller) Close() {}
