package front_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"innkeeper/runtime/front"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/limits"
)

const getHealth = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"

// named is a backend that answers with its name, and whether the request came back to it.
func named(name string) backendFunc {
	return func(w http.ResponseWriter, _ *http.Request, in backend.Inbound) backend.Outcome {
		text := name
		if in.Passed {
			text += ", passed"
		}
		_, _ = w.Write([]byte(text))
		return backend.Answered
	}
}

// outcomes is a backend that has the next outcome each time, and notes what it was given.
type outcomes struct {
	next []backend.Outcome
	seen []bool // whether the request was passed
}

func (o *outcomes) Serve(_ http.ResponseWriter, _ *http.Request, in backend.Inbound) backend.Outcome {
	o.seen = append(o.seen, in.Passed)
	outcome := o.next[0]
	o.next = o.next[min(1, len(o.next)-1):]
	return outcome
}

func TestRequestsWaitForTheNextBackend(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site, network *memory) {
		hold := front.Unavailable{State: "starting", Reason: "hand-over", Hold: 5 * time.Second}
		s.Detach(hold)
		c := network.dial()
		got := make(chan answer, 1)
		call := func() {
			c.send(t, getHealth)
			got <- c.answer(t)
		}
		start := time.Now()
		go call()
		time.Sleep(4 * time.Second)
		s.Attach(named("next"))
		if a := <-got; a.text != "next" || time.Since(start) != 4*time.Second {
			t.Errorf("got %q after %v", a.text, time.Since(start))
		}

		s.Detach(hold)
		start = time.Now()
		go call()
		time.Sleep(3 * time.Second)
		s.Detach(hold) // told again, it does not begin anew
		if a := <-got; a.StatusCode != 503 || time.Since(start) != hold.Hold {
			t.Errorf("got %d after %v", a.StatusCode, time.Since(start))
		}

		go call()
		time.Sleep(time.Second)
		s.Detach(front.Unavailable{State: "backoff"})
		if a := <-got; a.StatusCode != 503 || !strings.Contains(a.text, "backoff") {
			t.Errorf("told that there will be none: %d %s", a.StatusCode, a.text)
		}
	})
}

func TestTheNumberOfThoseThatWaitIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site, network *memory) {
		s.Detach(front.Unavailable{State: "starting", Hold: time.Hour})
		var answered, refused atomic.Int64
		var group sync.WaitGroup
		for range limits.HTTPHeld + 7 {
			group.Go(func() {
				c := network.dial()
				c.send(t, getKeyed)
				if c.answer(t).StatusCode == 503 {
					refused.Add(1)
				} else {
					answered.Add(1)
				}
				_ = c.Close()
			})
		}
		synctest.Wait()
		if refused.Load() != 7 || answered.Load() != 0 {
			t.Errorf("%d refused, %d answered", refused.Load(), answered.Load())
		}
		s.Attach(backendFunc(echo))
		group.Wait()
		if answered.Load() != limits.HTTPHeld {
			t.Errorf("%d answered", answered.Load())
		}
	})
}

// Some of the places are there for requests with the key only.
func TestThoseThatWaitLeaveRoomForTheKey(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site, network *memory) {
		s.Detach(front.Unavailable{State: "starting", Hold: time.Hour})
		for range limits.HTTPHeld {
			c := network.dial()
			c.send(t, getHealth)
			go c.closed()
		}
		synctest.Wait()
		c := network.dial()
		c.send(t, getKeyed)
		synctest.Wait()
		s.Attach(backendFunc(echo))
		if got := c.answer(t); got.StatusCode != 200 {
			t.Errorf("got %d", got.StatusCode)
		}
		_ = c.Close()
	})
}

// A site that is closed lets those go that wait.
func TestCloseDoesNotWaitForThoseThatWait(t *testing.T) {
	inBubble(t, func(t *testing.T, s *site, network *memory) {
		s.Detach(front.Unavailable{State: "starting", Hold: time.Hour})
		c := network.dial()
		got := make(chan answer, 1)
		go func() {
			c.send(t, getHealth)
			got <- c.answer(t)
		}()
		synctest.Wait()
		start := time.Now()
		if err := s.Close(t.Context()); err != nil || time.Since(start) != 0 {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if a := <-got; a.StatusCode != 503 {
			t.Errorf("got %d", a.StatusCode)
		}
	})
}

func TestWhoIsAskedForARequest(t *testing.T) {
	s := start(t, nil)
	ask := func(want string) {
		t.Helper()
		if got := ask(t, s, request{method: "POST", path: "/v1/responses", body: "x"}); got.text != want && !strings.HasPrefix(got.Status, want) {
			t.Errorf("got %d %q, want %s", got.StatusCode, got.text, want)
		}
	}
	full := &outcomes{next: []backend.Outcome{backend.NotTaken}}
	s.Attach(full)
	if ask("503"); len(full.seen) != 1 {
		t.Errorf("one that takes nothing, and has no successor, was asked %d times", len(full.seen))
	}

	detachOld := s.Attach(named("old"))
	successor := &outcomes{next: []backend.Outcome{backend.Passed}}
	detachNew := s.Attach(successor)
	ask("old, passed")

	// The predecessor is over: it is the successor's again, which may pass it once more, but not for ever.
	detachOld(front.Unavailable{})
	successor.seen = nil
	ask("503")
	if n := len(successor.seen); n < 2 || n > 10 {
		t.Errorf("asked %d times", n)
	}
	for _, passed := range successor.seen {
		if passed {
			t.Error("the successor got a request as if it came back")
		}
	}

	// The predecessor does not take it: it comes back to the successor.
	old := &outcomes{next: []backend.Outcome{backend.NotTaken}}
	detachNew(front.Unavailable{})
	s.Attach(old)
	given := false
	s.Attach(backendFunc(func(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome {
		if !given {
			given = true
			return backend.Passed
		}
		return named("new")(w, r, in)
	}))
	ask("new")
	if len(old.seen) != 1 || !old.seen[0] {
		t.Errorf("the predecessor was asked %v", old.seen)
	}
}

// One that was passed by a backend which is not the newest any more begins with the newest: the predecessor is then the one that
// passed it.
func TestPassedByOneThatWasReplaced(t *testing.T) {
	s := start(t, nil)
	s.Attach(named("first"))
	s.Attach(backendFunc(func(_ http.ResponseWriter, _ *http.Request, in backend.Inbound) backend.Outcome {
		if in.Passed {
			t.Error("it got back what it had passed itself")
		}
		s.Attach(named("third"))
		return backend.Passed
	}))
	if got := ask(t, s, request{method: "GET", path: "/health"}); got.text != "third" {
		t.Errorf("got %q", got.text)
	}
}

// The predecessor's end does not touch its successor, and a third generation makes the second one the predecessor.
func TestThreeGenerations(t *testing.T) {
	s := start(t, nil)
	first := s.Attach(named("first"))
	second := s.Attach(named("second"))
	passing := backendFunc(func(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome {
		return backend.Passed
	})
	third := s.Attach(passing)
	if got := ask(t, s, request{method: "GET", path: "/health"}); got.text != "second, passed" {
		t.Errorf("got %q", got.text)
	}
	first(front.Unavailable{})
	if got := ask(t, s, request{method: "GET", path: "/health"}); got.text != "second, passed" {
		t.Errorf("after the first one's end: %q", got.text)
	}
	third(front.Unavailable{State: "backoff"})
	if got := ask(t, s, request{method: "GET", path: "/health"}); got.StatusCode != 503 {
		t.Errorf("new work reached the predecessor: %d %q", got.StatusCode, got.text)
	}
	s.Attach(passing)
	if got := ask(t, s, request{method: "GET", path: "/health"}); got.text != "second, passed" {
		t.Errorf("the predecessor outlives a successor that failed: %q", got.text)
	}
	second(front.Unavailable{})
}

// Generations follow each other while every request is passed: whichever predecessor ends in between, each is answered once.
func TestPassingWhileGenerationsChange(t *testing.T) {
	s := start(t, nil)
	var lives sync.Map // of *passer
	var alive atomic.Pointer[passer]
	stop := make(chan struct{})
	var group sync.WaitGroup
	var answered atomic.Int64
	begin := func() *passer {
		g := &passer{before: alive.Load(), lives: &lives}
		lives.Store(g, true)
		alive.Store(g)
		return g
	}
	now := begin()
	detach := s.Attach(now)
	for range 8 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got := ask(t, s, request{method: "POST", path: "/v1/responses", body: "x"}); got.StatusCode != 200 {
					t.Errorf("got %d %s", got.StatusCode, got.text)
					return
				}
				answered.Add(1)
			}
		})
	}
	for range 200 {
		for seen := answered.Load(); answered.Load() == seen && !t.Failed(); { // each generation gets some work
		}
		next := begin()
		before, detachBefore := now, detach
		now, detach = next, s.Attach(next)
		for seen := answered.Load(); answered.Load() == seen && !t.Failed(); {
		}
		lives.Delete(before)
		before.end()
		detachBefore(front.Unavailable{})
	}
	close(stop)
	group.Wait()
}

// passer is a generation that passes every request while its predecessor lives.
type passer struct {
	generation
	before *passer
	lives  *sync.Map
}

func (p *passer) Serve(w http.ResponseWriter, r *http.Request, in backend.Inbound) backend.Outcome {
	if _, lives := p.lives.Load(p.before); lives && !in.Passed {
		return backend.Passed
	}
	return p.generation.Serve(w, r, in)
}
