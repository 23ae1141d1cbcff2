package echo

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"innkeeper/runtime/agent"
)

// Of large requests one less is worked on at once than there are processors. Others wait, and end with their context; small ones pass.
func TestLargeRequestsWaitForEachOther(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	synctest.Test(t, func(t *testing.T) {
		a := New(Config{})
		if cap(a.large) != 2 {
			t.Fatalf("%d at once", cap(a.large))
		}
		run := func(ctx context.Context, text string) <-chan error {
			done := make(chan error, 1)
			request := []byte(`{"model":"m","messages":[{"role":"user","content":"` + text + `"}]}`)
			go func() {
				done <- a.Run(ctx, agent.Turn{Request: request, Values: 10}, func(agent.Event) error { return nil })
			}()
			synctest.Wait()
			return done
		}
		ended := func(done <-chan error) bool { return len(done) == 1 }
		large := strings.Repeat("a", largeBytes)
		for range cap(a.large) {
			a.large <- struct{}{}
		}
		ctx, cancel := context.WithCancel(t.Context())
		given, waiting, small := run(ctx, large), run(t.Context(), large), run(t.Context(), "a")
		if ended(given) || ended(waiting) || !ended(small) {
			t.Error("not the large ones wait")
		}
		cancel()
		if err := <-given; err != context.Canceled {
			t.Errorf("ended with %v", err)
		}
		<-a.large
		if err := <-waiting; err != nil || len(a.large) != 1 {
			t.Errorf("ended with %v, and %d are worked on", err, len(a.large))
		}
	})
}
