package front_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"innkeeper/runtime/front"
	"innkeeper/runtime/front/backend"
)

// generation is a backend that stops taking requests, like an instance that is being replaced.
type generation struct {
	mu     sync.RWMutex
	sealed bool
	served atomic.Int64
}

func (g *generation) Serve(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.sealed {
		return backend.NotTaken
	}
	g.served.Add(1)
	return echo(w, r, in)
}

// end returns when no request is being served and none will be.
func (g *generation) end() {
	g.mu.Lock()
	g.sealed = true
	g.mu.Unlock()
}

func TestASwapLosesNoRequest(t *testing.T) {
	l := start(t, nil)
	now := &generation{}
	l.Attach(now)
	stop := make(chan struct{})
	var group sync.WaitGroup
	var answered atomic.Int64
	for range 8 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got := ask(t, l, request{method: "POST", path: "/v1/responses", body: "x"})
				if got.StatusCode != 200 {
					t.Errorf("got %d %s", got.StatusCode, got.text)
					return
				}
				answered.Add(1)
			}
		})
	}
	var served int64
	for range 200 {
		next := &generation{}
		for seen := answered.Load(); answered.Load() == seen && !t.Failed(); { // each generation gets some work
		}
		l.Attach(next)
		now.end()
		served += now.served.Load()
		now = next
	}
	close(stop)
	group.Wait()
	if served += now.served.Load(); served != answered.Load() {
		t.Errorf("served %d, answered %d", served, answered.Load())
	}
}

func TestDetachOfAnOldBackend(t *testing.T) {
	l := start(t, nil)
	detachOld := l.Attach(backendFunc(echo))
	detachNew := l.Attach(backendFunc(echo))
	detachOld(front.Unavailable{State: "stopping"})
	if got := ask(t, l, request{method: "GET", path: "/health"}); got.StatusCode != 200 {
		t.Errorf("the old one's end took the new one away: %d", got.StatusCode)
	}
	detachNew(front.Unavailable{State: "backoff"})
	if got := ask(t, l, request{method: "GET", path: "/health"}); got.StatusCode != 503 || !strings.Contains(got.text, "backoff") {
		t.Errorf("got %d %s", got.StatusCode, got.text)
	}
	l.Detach(front.Unavailable{State: "failed"})
	if got := ask(t, l, request{method: "GET", path: "/health"}); !strings.Contains(got.text, "failed") {
		t.Errorf("got %d %s", got.StatusCode, got.text)
	}
}

// A request whose backend is swapped while its body arrives goes to the new one.
func TestASwapWhileTheBodyArrives(t *testing.T) {
	l := start(t, nil)
	old := &generation{}
	l.Attach(old)
	c := dial(t, l)
	c.send(t, postHead+"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
	if response, err := http.ReadResponse(c.in, nil); err != nil || response.StatusCode != 100 {
		t.Fatalf("no go-ahead: %v", err)
	}
	l.Attach(backendFunc(echo))
	old.end()
	c.send(t, "hello")
	if got := c.answer(t); got.StatusCode != 200 || !strings.HasSuffix(got.text, "hello") {
		t.Errorf("got %d %s", got.StatusCode, got.text)
	}
}

// A request that its backend does not take any more goes to the one attached in the meantime.
func TestARequestFollowsTheSwap(t *testing.T) {
	l := start(t, nil)
	l.Attach(backendFunc(func(http.ResponseWriter, *http.Request, backend.Inbound) backend.Outcome {
		l.Attach(backendFunc(echo))
		return backend.NotTaken
	}))
	if got := ask(t, l, request{method: "POST", path: "/v1/responses", body: "hello"}); got.StatusCode != 200 || !strings.HasSuffix(got.text, "hello") {
		t.Errorf("got %d %s", got.StatusCode, got.text)
	}
	l.Attach(backendFunc(func(http.ResponseWriter, *http.Request, backend.Inbound) backend.Outcome {
		l.Detach(front.Unavailable{State: "stopping"})
		return backend.NotTaken
	}))
	if got := ask(t, l, request{method: "GET", path: "/health"}); got.StatusCode != 503 || !strings.Contains(got.text, "stopping") {
		t.Errorf("got %d %s", got.StatusCode, got.text)
	}
}
