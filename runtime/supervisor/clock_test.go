package supervisor

import (
	"strings"
	"testing"
	"time"
)

// Every time that a slot counts with comes with the reading of the monotonic clock, so that a jump of the wall clock neither brings the
// next attempt nearer nor puts it off: the difference of two such times does not see it. https://pkg.go.dev/time#hdr-Monotonic_Clocks
func TestTimesDoNotFollowTheWallClock(t *testing.T) {
	seen := make(chan Status, 16)
	runner := &script{t: t, step: crash(time.Millisecond)}
	spec := specOf(runner)
	spec.Policy.Initial = time.Minute
	s := New(Config{Spec: spec, Observe: func(now Status) { seen <- now }})
	s.Start()
	now := <-seen
	for now.State != Backoff {
		now = <-seen
	}
	for name, at := range map[string]time.Time{"since": now.Since, "next attempt": now.NextAttempt, "last error": now.LastErrorAt} {
		if !strings.Contains(at.String(), " m=") {
			t.Errorf("%s is %s", name, at)
		}
	}
	if wait := time.Until(now.NextAttempt); wait < 20*time.Second || wait > time.Minute {
		t.Errorf("the next attempt is in %v", wait)
	}
	if err := s.Stop(t.Context(), "stop"); err != nil {
		t.Error(err)
	}
}
