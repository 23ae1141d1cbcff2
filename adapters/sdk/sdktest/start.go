package sdktest

import (
	"testing"

	"innkeeper/adapters/sdk"
)

// Run is an adapter that runs on a host.
type Run struct {
	*Host
	done chan struct{}
	code int
}

// Start runs an adapter's setup and loop on the host in a goroutine of its own, and waits until it is ready or has ended. When the
// test ends, it is shut down and waited for.
func Start(t testing.TB, host *Host, setup func(*sdk.Loop) error) *Run {
	t.Helper()
	r := &Run{Host: host, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		defer host.connect()()
		r.code = sdk.New(host.ABI()).Run(setup)
	}()
	t.Cleanup(func() {
		host.Shutdown("stop", 0)
		host.Close()
		<-r.done
	})
	select {
	case <-host.Ready():
	case <-r.done:
	}
	return r
}

// Wait blocks until the adapter has ended and gives its exit code.
func (r *Run) Wait() int {
	<-r.done
	return r.code
}

// Ask brings a request and waits for the whole answer.
func (r *Run) Ask(request Request) Response { return r.Request(request).Wait() }
