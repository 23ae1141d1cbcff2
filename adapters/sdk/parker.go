package sdk

import (
	"time"

	"innkeeper/adapters/abi"
)

// parker is how the loop waits so that goroutines run meanwhile.
type parker interface {
	// Arm sets when the next wait is over; the zero time is never.
	Arm(until time.Time)
	// Wait blocks until an event is there, the time is over or Wake is called.
	Wait() error
	// Wake ends an armed wait, begun or not.
	Wake()
	// Close ends what works for the parker.
	Close()
}

// parkSlice is how long the goroutine of an inProcess blocks in the host before it looks whether it is still wanted.
const parkSlice = 50 * time.Millisecond

// inProcess waits for the mailbox of a host in the same process, whose event.wait cannot be interrupted: a goroutine waits there, and
// the loop waits for that goroutine, for its timeout, or to be woken. It starts with the first Arm.
type inProcess struct {
	event   abi.Event
	asks    chan struct{} // the loop wants to hear of the next event
	answers chan int32    // a result of event.wait that is not 0
	woken   chan struct{}
	stop    chan struct{}
	stopped chan struct{} // nil before the start
	asked   bool
	until   time.Time
}

var _ parker = (*inProcess)(nil)

func (p *inProcess) start() {
	p.asks, p.answers, p.woken = make(chan struct{}, 1), make(chan int32, 1), make(chan struct{}, 1)
	p.stop, p.stopped = make(chan struct{}), make(chan struct{})
	go p.run()
}

// run answers each ask with one result of event.wait, until stop.
func (p *inProcess) run() {
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

func (p *inProcess) closing() bool {
	select {
	case <-p.stop:
		return true
	default:
		return false
	}
}

// Arm implements parker.
func (p *inProcess) Arm(until time.Time) {
	if p.stopped == nil {
		p.start()
	}
	p.until = until
}

// Wait implements parker.
func (p *inProcess) Wait() error {
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

// Wake implements parker.
func (p *inProcess) Wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

// Close ends the goroutine and waits for it.
func (p *inProcess) Close() {
	if p.stopped != nil {
		close(p.stop)
		<-p.stopped
	}
}
