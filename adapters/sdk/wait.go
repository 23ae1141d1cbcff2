package sdk

import (
	"runtime"
	"time"

	"innkeeper/adapters/abi"
)

// alone reports whether the loop has the guest for itself. A goroutine that waits counts; those of Go's runtime do not.
func (l *Loop) alone() bool { return l.guest && runtime.NumGoroutine() == 1 }

// wait blocks until an event is there or the timeout, which is that of the SDK's first timer, is over; a negative one waits for ever.
// It may come back early. The caller holds l.mu, which is free meanwhile.
//
// To block in the host is cheaper than to park in Go's poller, and stops the whole guest. So it is for the time when the loop is the
// only goroutine, and not for long, for the timers' sake. Events that follow one another within some milliseconds, as under load and
// in a streamed answer, find the loop in the host, and the first one after a pause finds it in the poller.
func (l *Loop) wait(timeout time.Duration) error {
	if !l.alone() {
		return l.park()
	}
	slice := l.looks.slice
	if timeout >= 0 {
		slice = min(slice, timeout)
	}
	if result := l.host.Event.Wait(int64(slice)); result != 0 || slice == timeout {
		return waitError(result)
	}
	return l.park()
}

// park waits so that goroutines and the timers of package time run meanwhile: until an event is there, the SDK's first timer is due or
// a goroutine wakes the loop. The caller holds l.mu, which is free meanwhile.
func (l *Loop) park() error {
	l.parked, l.until = true, l.timers.first()
	l.parker.Arm(l.until)
	l.mu.Unlock()
	err := l.parker.Wait()
	l.mu.Lock()
	l.parked = false
	return err
}

// yields reports whether goroutines or timers may be there that want their turn.
func (l *Loop) yields() bool { return !l.alone() || l.looks.due() }

// yield lets goroutines run between two batches of events: a guest has one thread and no preemption. It is also where a timer of
// package time that is due starts its function. The caller holds l.mu, which is free meanwhile.
func (l *Loop) yield() {
	l.mu.Unlock()
	runtime.Gosched()
	l.mu.Lock()
}

// waitError reads the result of event.wait.
func waitError(result int32) error {
	if result < 0 {
		return Temporary("event_wait", "the host's mailbox cannot be waited for: "+abi.Errno(-result).Error())
	}
	return nil
}
