package sdk_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
)

func TestTimersFireInOrderAtTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var fired []time.Duration
		code := sdk.New(sdktest.New().ABI()).Run(func(l *sdk.Loop) error {
			const n = 50
			for _, i := range rand.Perm(n) {
				due := time.Duration(i) * time.Second
				l.After(due, func() {
					if got := time.Since(start); got != due {
						t.Errorf("a timer due after %s fired after %s", due, got)
					}
					if fired = append(fired, due); len(fired) == n {
						l.Exit(nil)
					}
				})
			}
			return nil
		})
		if code != 0 {
			t.Errorf("exit code %d", code)
		}
		for i, due := range fired {
			if due != time.Duration(i)*time.Second {
				t.Fatalf("fired in the order %v", fired)
			}
		}
	})
}

func TestTimerStopAndReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		sdk.New(sdktest.New().ABI()).Run(func(l *sdk.Loop) error {
			var stopped, moved *sdk.Timer
			stopped = l.After(time.Second, func() { t.Error("a stopped timer fired") })
			moved = l.After(2*time.Second, func() {
				if got := time.Since(start); got != 5*time.Second {
					t.Errorf("a timer that was set to 5 s fired after %s", got)
				}
				if moved.Stop() {
					t.Error("Stop says that it kept a timer from firing that has fired")
				}
				l.Exit(nil)
			})
			if !stopped.Stop() || stopped.Stop() {
				t.Error("Stop is true once, and then false")
			}
			if (*sdk.Timer)(nil).Stop() {
				t.Error("a nil timer was running")
			}
			moved.Reset(5 * time.Second)
			return nil
		})
	})
}

func TestTimersWaitNoLongerThanABatchOfEvents(t *testing.T) {
	host := sdktest.New()
	handled := 0
	for range 1000 {
		host.Request(sdktest.Request{})
	}
	sdk.New(host.ABI()).Run(func(l *sdk.Loop) error {
		l.HandleHTTP(func(x *sdk.Exchange) {
			handled++
			x.RespondText(200, "")
		})
		l.After(0, func() { l.Exit(nil) })
		return nil
	})
	if handled == 0 || handled > 100 {
		t.Errorf("%d events were handled before a timer that was due", handled)
	}
}
