package sdk

import (
	"errors"
	"os"
	"syscall"
	"time"

	"innkeeper/adapters/abi"
)

// parker waits for the mailbox in Go's own poller: the goroutine that waits is parked on descriptor 3 and the others run.
type parker struct {
	event abi.Event
	file  *os.File
	conn  syscall.RawConn
	look  func(uintptr) bool
	err   error
}

func (p *parker) init(event abi.Event) {
	p.event = event
	p.file = os.NewFile(abi.EventsFD, "events")
	p.conn, p.err = p.file.SyscallConn()
	p.look = func(uintptr) bool {
		result := p.event.Wait(0)
		p.err = waitError(result)
		return result != 0
	}
}

// arm sets when the next wait is over; the zero time is never.
func (p *parker) arm(until time.Time) {
	if p.err == nil {
		p.err = p.file.SetReadDeadline(until)
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

// busy is always false: nothing waits once wait has returned.
func (p *parker) busy() bool { return false }

// wake ends an armed wait, begun or not.
func (p *parker) wake() { p.err = errors.Join(p.err, p.file.SetReadDeadline(time.Unix(1, 0))) }

// close does nothing: the descriptor is the host's and ends with the instance.
func (p *parker) close() {}
