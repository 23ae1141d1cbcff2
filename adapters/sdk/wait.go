package sdk

import (
	"runtime"
	"time"

	"innkeeper/adapters/abi"
)

// A timer of package time that no goroutine waits for, such as one of time.AfterFunc, may be late by timerSlack times timerRounds.
const (
	timerSlack  = time.Millisecond // how long the loop blocks in the host at most
	timerRounds = 4                // how often it may do so, or handle events, before Go looks at its timers
)

// alone reports whether the loop has the guest for itself. A goroutine that waits counts; those of Go's runtime do not.
func (l *Loop) alone() bool { return l.guest && runtime.NumGoroutine() == 1 }

// wait blocks until an event is there or the timeout is over; a negative one waits for ever. It may come back early. The caller
// holds l.mu, which is free meanwhile.
//
// To block in the host is cheaper than to park in Go's poller, and stops the whole guest. So it is for the time when the loop is the
// only goroutine, and not for long, for the timers' sake. Events that follow one another closely, as under load, find the loop in
// the host, and the first one after a pause finds it in the poller.
func (l *Loop) wait(timeout time.Duration) error {
	if !l.alone() {
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

// park waits so that goroutines and the timers of package time run meanwhile: until an event is there, the timeout is over or a
// goroutine wakes the loop. The caller holds l.mu, which is free meanwhile.
func (l *Loop) park(timeout time.Duration) error {
	l.parked, l.until = true, time.Time{}
	if timeout >= 0 {
		l.until = time.Now().Add(timeout)
	}
	l.parker.Arm(l.until)
	l.mu.Unlock()
	err := l.parker.Wait()
	l.mu.Lock()
	l.parked = false
	return err
}

// yields reports whether goroutines or timers may be there that want their turn. Go does not say whether a timer is pending, and to
// look costs a request a microsecond.
func (l *Loop) yields() bool {
	l.rounds++
	return l.rounds%timerRounds == 0 || !l.alone()
}

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
