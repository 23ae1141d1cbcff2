package sdk

import (
	"testing"
	"testing/synctest"
	"time"
)

// Whatever the pauses between events are, a timer that is due just after Go looked waits no longer than timerLate for the next look. A
// pause that is longer than the loop blocks is a park, where Go looks as well.
func TestGoLooksAtItsTimersInTime(t *testing.T) {
	for _, pause := range []time.Duration{
		0, time.Microsecond, time.Millisecond, 2400 * time.Microsecond, 2500 * time.Microsecond, 3 * time.Millisecond,
		5 * time.Millisecond, 7 * time.Millisecond, 9 * time.Millisecond, 10 * time.Millisecond, time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			looks := timerLooks{last: time.Now()}
			seen, worst := time.Now(), time.Duration(0)
			for range 10_000 {
				if looks.due() {
					worst, seen = max(worst, time.Since(seen)), time.Now()
				}
				time.Sleep(min(pause, looks.slice))
				if pause > looks.slice {
					worst, seen = max(worst, time.Since(seen)), time.Now()
				}
			}
			if worst = max(worst, time.Since(seen)); worst > timerLate {
				t.Errorf("pauses of %s: a timer may be late by %s", pause, worst)
			}
		})
	}
}

// Words that come 5 ms apart, give or take two, find the loop in the host.
func TestTheLoopBlocksLongEnoughForAStreamedAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := timerLooks{last: time.Now()}
		for i := range 1000 {
			looks.due()
			if looks.slice < 7*time.Millisecond {
				t.Fatalf("it blocks for %s only", looks.slice)
			}
			time.Sleep(time.Duration(i%8) * time.Millisecond)
		}
	})
}
