package sdk

import "time"

// Timer is a callback that is due at a time. The loop wakes for it; no goroutine is behind it.
type Timer struct {
	loop *Loop
	when time.Time
	f    func()
	slot int // place in the heap, -1 when not in it
}

// After calls f on the loop once d has passed.
func (l *Loop) After(d time.Duration, f func()) *Timer {
	t := &Timer{loop: l, when: time.Now().Add(d), f: f, slot: -1}
	l.timers.push(t)
	return t
}

// Stop keeps the timer from firing. It reports whether it did, false meaning that it has fired or was stopped before. A
// nil Timer is stopped.
func (t *Timer) Stop() bool {
	if t == nil || t.slot < 0 {
		return false
	}
	t.loop.timers.remove(t.slot)
	return true
}

// Reset makes the timer fire once d has passed from now, whether it was pending or not.
func (t *Timer) Reset(d time.Duration) {
	t.Stop()
	t.when = time.Now().Add(d)
	t.loop.timers.push(t)
}

// timerHeap is a binary heap, the timer that is due first in front.
type timerHeap []*Timer

// timeout is how long the loop may wait, negative for as long as it likes.
func (h timerHeap) timeout() time.Duration {
	if len(h) == 0 {
		return -1
	}
	return max(0, time.Until(h[0].when))
}

// first is when the first timer is due; the zero time is never.
func (h timerHeap) first() time.Time {
	if len(h) == 0 {
		return time.Time{}
	}
	return h[0].when
}

// dueBefore reports whether a timer is due before that time; the zero time is never.
func (h timerHeap) dueBefore(t time.Time) bool {
	return len(h) > 0 && (t.IsZero() || h[0].when.Before(t))
}

// fire calls the timers that are due, and gives the timeout of the next one. One that a callback sets to now waits for the next
// round, so that events get theirs. While none is due it asks the clock once: in a guest that is a call to the host, and the loop
// comes by here with every few events.
func (h *timerHeap) fire(l *Loop) time.Duration {
	if timeout := h.timeout(); timeout != 0 {
		return timeout
	}
	now := time.Now()
	for len(*h) > 0 && !l.exiting {
		t := (*h)[0]
		if t.when.After(now) {
			break
		}
		h.remove(0)
		t.f()
	}
	return h.timeout()
}

func (h *timerHeap) push(t *Timer) {
	t.slot = len(*h)
	*h = append(*h, t)
	h.up(t.slot)
}

func (h *timerHeap) remove(i int) {
	old := *h
	last := len(old) - 1
	old.swap(i, last)
	old[last].slot = -1
	old[last] = nil
	*h = old[:last]
	if i < last {
		h.down(i)
		h.up(i)
	}
}

func (h timerHeap) swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].slot, h[j].slot = i, j
}

func (h timerHeap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h[i].when.Before(h[parent].when) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h timerHeap) down(i int) {
	for {
		first := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h[child].when.Before(h[first].when) {
				first = child
			}
		}
		if first == i {
			return
		}
		h.swap(i, first)
		i = first
	}
}
