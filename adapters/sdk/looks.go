package sdk

import "time"

// A timer of package time that no goroutine waits for, such as one of time.AfterFunc, is late by timerLate at most, and by what the
// callbacks of timerRounds rounds take.
const (
	timerLate   = 20 * time.Millisecond
	timerRounds = 2                    // of waiting and handling, between two looks at the clock
	timerFresh  = 5 * time.Millisecond // Go need not look again so soon
)

// timerLooks says when Go must look at its timers, and how long the loop may block in the host until then. Go does not say whether a
// timer is pending. To let it look costs a microsecond, which is much beside a request, and the clock is a call to the host; so the loop
// asks the clock every few rounds, and what is left of timerLate then is what it may block in them.
type timerLooks struct {
	last   time.Time     // Go looked then, or later
	rounds int           // left until the clock is asked
	slice  time.Duration // how long the loop may block in each of them
}

// due counts a round and reports whether Go must look now.
func (t *timerLooks) due() bool {
	if t.rounds > 1 {
		t.rounds--
		return false
	}
	t.rounds = timerRounds
	since := time.Since(t.last)
	if since < timerFresh {
		t.slice = (timerLate - since) / timerRounds
		return false
	}
	t.last = t.last.Add(since)
	t.slice = timerLate / timerRounds
	return true
}
