//go:build !wasip1

package sdk

import (
	"time"

	"innkeeper/adapters/abi"
)

// wait blocks until an event is there or the timeout is over; a negative one waits for ever. It may come back early. The caller
// holds l.mu, which is free meanwhile.
func (l *Loop) wait(timeout time.Duration) error { return l.park(timeout) }

// yields is always true: others run beside the loop, and want its lock.
func (l *Loop) yields() bool { return true }

// parkSlice is how long the parker's goroutine blocks in the host before it looks whether it is still wanted.
const parkSlice = 50 * time.Millisecond

// parker waits for the mailbox of an in-process host, whose event.wait cannot be interrupted: a goroutine waits there, and the
// loop waits for that goroutine, for its timeout, or to be woken. The zero value is ready to use.
type parker struct {
	event   abi.Event
	asks    chan struct{} // the loop wants to hear of the next event
	answers chan int32    // a result of event.wait that is not 0
	woken   chan struct{}
	stop    chan struct{}
	stopped chan struct{}
	asked   bool
	until   time.Time
}

func (p *parker) init(event abi.Event) {
	p.event = event
	p.asks, p.answers, p.woken = make(chan struct{}, 1), make(chan int32, 1), make(chan struct{}, 1)
	p.stop, p.stopped = make(chan struct{}), make(chan struct{})
	go p.run()
}

// run answers each ask with one result of event.wait, until stop.
func (p *parker) run() {
	defer close(p.stopped)
	for {
		select {
		case <-p.asks:
		case <-p.stop:
			return
		}
		result := int32(0)
		for result == 0 && !p.closing() {
			result = p.event.Wait(int64(parkSlice))
		}
		p.answers <- result
	}
}

func (p *parker) closing() bool {
	select {
	case <-p.stop:
		return true
	default:
		return false
	}
}

// arm sets when the next wait is over; the zero time is never.
func (p *parker) arm(event abi.Event, until time.Time) {
	if p.event == nil {
		p.init(event)
	}
	p.until = until
}

// wait blocks until an event is there, the time is over or wake is called.
func (p *parker) wait() error {
	if !p.asked {
		p.asked = true
		p.asks <- struct{}{}
	}
	var over <-chan time.Time
	if !p.until.IsZero() {
		timer := time.NewTimer(time.Until(p.until))
		defer timer.Stop()
		over = timer.C
	}
	select {
	case result := <-p.answers:
		p.asked = false
		return waitError(result)
	case <-p.woken:
	case <-over:
	}
	return nil
}

// wake ends an armed wait, begun or not.
func (p *parker) wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

// close ends the goroutine and waits for it.
func (p *parker) close() {
	if p.event != nil {
		close(p.stop)
		<-p.stopped
	}
}
