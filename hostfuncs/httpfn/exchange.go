package httpfn

import (
	"container/list"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/front/backend"
	"innkeeper/runtime/ledger"
)

// state is how far an answer is, from the guest's side.
type state uint8

const (
	stateOpen      state = iota // nothing was answered
	stateWhole                  // answered in one piece; the handle is closed
	stateStreaming              // begun
	stateEnded                  // the stream has all its data; the handle is closed
	stateAborted                // the guest gave up; the handle is closed
	statePassed                 // for the predecessor to answer; the handle is closed
	stateOverdue                // nothing was answered in time; the host does that
	stateTorn                   // the instance is over
	stateUnseen                 // the instance is over, and the guest never learned of the request
)

// exchange is one request and its answer. The guest's calls and the goroutine in Serve meet here.
type exchange struct {
	f    *Family
	wake chan struct{} // holds a token when there may be something for Serve to do
	due  deadline      // guarded by the family's mutex

	hungry *list.Element // among those that wait for room in the budgets; guarded by the family's, as is wants
	wants  int64         // bytes

	mu       sync.Mutex
	id       uint32
	state    state
	done     chan struct{} // closed when Serve uses the exchange no more; nil while nobody waits for that
	request  *http.Request
	body     []byte
	w        http.ResponseWriter // while Serve is in
	status   int
	fields   []field
	out      *buffer    // waits for Serve; nil if nothing does
	booked   int        // what out is charged
	flying   int        // what Serve is writing is charged
	ws       *webSocket // nil unless the exchange became one
	keyed    bool       // the request carries the key
	silent   bool       // the answer has no body: HEAD, 204, 304
	promised int64      // bytes of room that the guest was told of and has not come for
	starved  bool       // the guest got EAGAIN and waits for EventHTTPWritable
	entered  bool       // Serve carries it, or did
	begun    bool       // Serve has started to write
	gone     bool       // nothing of the guest reaches the client any more: it left, or the host answers
	left     bool       // Serve uses the exchange no more
	closed   bool       // the handle is closed
}

func newExchange(f *Family, r *http.Request, in backend.Inbound) *exchange {
	return &exchange{f: f, wake: make(chan struct{}, 1), request: r, body: in.Body, keyed: in.Keyed}
}

func (ex *exchange) signal() {
	select {
	case ex.wake <- struct{}{}:
	default:
	}
}

// close books the end of the handle. The caller holds ex.mu.
func (ex *exchange) close() {
	ex.closed = true
	ex.f.forget(ex)
	ex.f.sate(ex)
	ex.redeem()
	ex.ws.mute() // before the mailbox forgets the handle, so that nothing comes after that
}

// enter says that Serve carries the exchange from now on; false if the handle was closed in the meantime.
func (ex *exchange) enter(id uint32, w http.ResponseWriter) bool {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	if ex.closed {
		return false
	}
	ex.id, ex.w, ex.entered = id, w, true
	ex.f.expect(ex)
	return true
}

// leave is the last that Serve does with the exchange. The guest hears of it with an event if it still has the handle, which
// it may end for a while yet.
func (ex *exchange) leave() {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	ex.gone, ex.left = true, true
	ex.ws.leave()
	ex.f.sate(ex)
	ex.redeem()
	ex.f.waiting.Give(int64(ex.pending()))
	ex.f.putBuffer(ex.out)
	ex.request, ex.body, ex.w, ex.out, ex.booked, ex.flying = nil, nil, nil, nil, 0, 0
	if !ex.closed {
		_ = ex.f.cfg.Mailbox.Post(abi.EventHTTPGone, ex.id, nil) // sealed: the instance is over and needs no telling
		ex.f.outlive(ex)
	}
	if ex.done != nil {
		close(ex.done)
	}
}

// expire takes the exchange from a guest that has not begun an answer in time.
func (ex *exchange) expire() {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	if ex.state == stateOpen && !ex.gone {
		ex.state, ex.gone = stateOverdue, true
		ex.signal()
	}
}

// abandon closes the handle of a guest that has not ended an exchange without a client. What the mailbox has of it stays
// there: the guest may not have heard yet that the client is gone.
func (ex *exchange) abandon() {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	if !ex.closed {
		ex.close()
		ex.f.cfg.Ledger.Retire(ex.id)
	}
}

var _ ledger.Ender = (*exchange)(nil)

// EndHandle takes the exchange from an instance that is over. What was not answered is left to the front; a stream is cut.
func (ex *exchange) EndHandle(context.Context) { ex.tear() }

// CloseHandle waits until its goroutine uses the exchange no more.
func (ex *exchange) CloseHandle(ctx context.Context) error {
	done := ex.tear()
	if done == nil {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("exchange is still being written: %w", context.Cause(ctx))
	}
}

// tear ends the exchange and returns what to wait for, nil if Serve is not in.
func (ex *exchange) tear() <-chan struct{} {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	if ex.closed {
		return ex.done // nil if the guest has ended it: the rest is between the front and the client
	}
	ex.close()
	if ex.state = stateTorn; ex.f.cfg.Mailbox.Unseen(ex.id) {
		ex.state = stateUnseen
	}
	if ex.left || !ex.entered {
		return nil
	}
	switch {
	case ex.begun && ex.ws != nil:
		ex.ws.cutSoon()
	case ex.begun:
		// Lets a write go on that waits for the client. Nobody else uses the deadline, and the connection is to be closed.
		_ = http.NewResponseController(ex.w).SetWriteDeadline(time.Unix(1, 0))
	}
	ex.done = make(chan struct{})
	ex.signal()
	return ex.done
}
