package sdk

import (
	"time"

	"innkeeper/adapters/abi"
)

// wait blocks until an event is there or the timeout is over; a negative one waits for ever. It may come back early. The
// caller holds l.mu, which is free meanwhile.
func (l *Loop) wait(timeout time.Duration) error {
	if l.parks() {
		return l.tasks.wait(timeout)
	}
	l.mu.Unlock()
	result := l.host.Event.Wait(int64(timeout))
	l.mu.Lock()
	return waitError(result)
}

// parks tells whether goroutines are there, so that the loop has to wait in Go's poller.
func (l *Loop) parks() bool { return l.tasks != nil && l.tasks.parks() }

// yield gives goroutines their turn.
func (l *Loop) yield() {
	if l.parks() {
		l.tasks.yield()
	}
}

// join waits for all goroutines to return.
func (l *Loop) join() {
	if l.tasks != nil {
		l.tasks.join()
	}
}

// waitError reads the result of event.wait.
func waitError(result int32) error {
	if result < 0 {
		return Temporary("event_wait", "the host's mailbox cannot be waited for: "+abi.Errno(-result).Error())
	}
	return nil
}
