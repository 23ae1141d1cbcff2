package httpfn_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/httpfn"
	"innkeeper/runtime/front/backend"
)

// serve brings a request and gives its outcome.
func (h *harness) serve(in backend.Inbound) <-chan backend.Outcome {
	outcome := make(chan backend.Outcome, 1)
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodGet, "/", nil)
	go func() { outcome <- h.f.Serve(httptest.NewRecorder(), r, in) }()
	return outcome
}

func TestPass(t *testing.T) {
	var lives atomic.Bool
	h := newHarness(t, func(cfg *httpfn.Config) { cfg.Predecessor = lives.Load })
	outcome := h.serve(backend.Inbound{})
	exchange := h.next(abi.EventHTTPRequest).handle
	h.check("without a predecessor", h.f.Pass(exchange), abi.ENOENT)
	lives.Store(true)
	h.check("with one", h.f.Pass(exchange), abi.OK)
	if got := <-outcome; got != backend.Passed {
		t.Errorf("outcome %d", got)
	}
	h.check("again", h.f.Pass(exchange), abi.EBADF)
	h.none()

	outcome = h.serve(backend.Inbound{})
	exchange = h.next(abi.EventHTTPRequest).handle
	h.check("begin", h.f.Begin(exchange, 200, nil), abi.OK)
	h.check("after the begin", h.f.Pass(exchange), abi.EEXIST)
	h.check("end", h.f.End(exchange), abi.OK)
	if got := <-outcome; got != backend.Answered {
		t.Errorf("outcome %d", got)
	}
}

func TestPassWhenTheClientHasLeft(t *testing.T) {
	h := newHarness(t, func(cfg *httpfn.Config) { cfg.Predecessor = func() bool { return true } })
	c, exchange := h.call(get)
	_ = c.Close()
	h.next(abi.EventHTTPGone)
	h.check("pass", h.f.Pass(exchange), abi.EPIPE)
	h.check("the handle is closed", h.f.Pass(exchange), abi.EBADF)
}

func TestPassWithoutAPredecessorAtAll(t *testing.T) {
	h := newHarness(t, nil)
	_, exchange := h.call(get)
	h.check("pass", h.f.Pass(exchange), abi.ENOENT)
	h.check("the handle is open", h.f.Respond(exchange, 200, nil, nil), abi.OK)
}

// An instance that takes no new requests still takes those that its successor gives back.
func TestWhatIsPassedReachesADrainingInstance(t *testing.T) {
	h := newHarness(t, nil)
	h.box.RefuseNew()
	if got := <-h.serve(backend.Inbound{}); got != backend.NotTaken {
		t.Errorf("a new request: outcome %d", got)
	}
	outcome := h.serve(backend.Inbound{Passed: true})
	h.check("respond", h.f.Respond(h.next(abi.EventHTTPRequest).handle, 200, nil, nil), abi.OK)
	if got := <-outcome; got != backend.Answered {
		t.Errorf("outcome %d", got)
	}
}

// A request that waited in the mailbox when its instance ended was seen by nobody, so another instance may have it. That is how a
// successor gets back what it passed on in the moment in which its predecessor ended.
func TestARequestThatTheGuestNeverSawIsNotTaken(t *testing.T) {
	h := newHarness(t, nil)
	seen := h.serve(backend.Inbound{})
	h.next(abi.EventHTTPRequest)
	unseen := []<-chan backend.Outcome{h.serve(backend.Inbound{}), h.serve(backend.Inbound{Passed: true})}
	for h.ledger.Open() < 3 || !h.box.Waiting() {
		runtime.Gosched()
	}
	h.tearDown()
	if got := <-seen; got != backend.Unanswered {
		t.Errorf("a request that the guest may have acted on: outcome %d", got)
	}
	for _, outcome := range unseen {
		if got := <-outcome; got != backend.NotTaken {
			t.Errorf("a request that it never saw: outcome %d", got)
		}
	}
}
