package httpfn

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"innkeeper/adapters/abi"
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
	stateTorn                   // the instance is over
)

// exchange is one request and its answer. The guest's calls and the goroutine in Serve meet here.
type exchange struct {
	f    *Family
	wake chan struct{} // holds a token when there may be something for Serve to do

	mu       sync.Mutex
	done     chan struct{} // closed when Serve uses the exchange no more; nil while nobody waits for that
	request  *http.Request
	body     []byte
	w        http.ResponseWriter // while Serve is in
	state    state
	status   int
	fields   []field
	out      *buffer     // waits for Serve; nil if nothing does
	socket   bool        // a WebSocket: every piece is a message
	protocol string      // of a WebSocket: the subprotocol chosen
	ends     []int       // of a WebSocket: where each message in out ends
	cut      func()      // of a WebSocket: ends whatever the connection does
	mute     func()      // of a WebSocket: ends the wait of a message for the guest; nil before it is open
	cutting  *time.Timer // calls cut; nil unless the exchange is torn
	flying   int         // bytes that Serve is writing
	silent   bool        // the answer has no body: HEAD, 204, 304
	starved  bool        // the guest got EAGAIN and waits for EventHTTPWritable
	entered  bool        // Serve carries it, or did
	begun    bool        // Serve has started to write
	left     bool        // Serve uses the exchange no more; the client left if the guest has not ended it
	closed   bool        // the handle is closed
}

func newExchange(f *Family, r *http.Request, body []byte) *exchange {
	return &exchange{f: f, wake: make(chan struct{}, 1), request: r, body: body}
}

func (ex *exchange) signal() {
	select {
	case ex.wake <- struct{}{}:
	default:
	}
}

// close books the end of the handle. The caller holds ex.mu.
func (ex *exchange) close() {
	if !ex.closed && ex.entered {
		ex.f.count(-1)
	}
	ex.closed = true
	if ex.mute != nil {
		ex.mute() // before the mailbox forgets the handle, so that nothing comes after that
	}
}

// enter says that Serve carries the exchange from now on; false if the handle was closed in the meantime.
func (ex *exchange) enter(w http.ResponseWriter) bool {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	if ex.closed {
		return false
	}
	ex.w, ex.entered = w, true
	ex.f.count(1)
	return true
}

// leave is the last that Serve does with the exchange. The guest hears of it with an event if it still has the handle.
func (ex *exchange) leave(id uint32) {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	ex.left = true
	if ex.cutting != nil {
		ex.cutting.Stop()
	}
	ex.f.waiting.Add(-int64(ex.pending()))
	ex.f.putBuffer(ex.out)
	ex.request, ex.body, ex.w, ex.out, ex.ends, ex.flying = nil, nil, nil, nil, nil, 0
	if !ex.closed {
		_ = ex.f.cfg.Mailbox.Post(abi.EventHTTPGone, id, nil) // sealed: the instance is over and needs no telling
	}
	if ex.done != nil {
		close(ex.done)
	}
}

// pending is how many bytes the client has not taken yet. The caller holds ex.mu.
func (ex *exchange) pending() int {
	if ex.out == nil {
		return ex.flying
	}
	return ex.flying + len(ex.out.data)
}

// push puts a copy of data behind what waits. The caller holds ex.mu.
func (ex *exchange) push(data []byte) {
	if len(data) == 0 {
		return
	}
	if ex.out == nil {
		ex.out = ex.f.getBuffer()
	}
	ex.out.data = append(ex.out.data, data...)
	if ex.socket {
		ex.ends = append(ex.ends, len(ex.out.data))
	}
	ex.f.waiting.Add(int64(len(data)))
}

// room says whether a piece of a stream can wait, too. The caller holds ex.mu.
func (ex *exchange) room(n int) abi.Errno {
	pending := ex.pending()
	crowded := ex.f.waiting.Load()+int64(n) > ex.f.cfg.AnswersBytes
	switch {
	case pending > 0 && (crowded || pending+n > ex.f.cfg.HighWater):
		ex.starved = true
		return abi.EAGAIN
	case pending == 0 && crowded && n > ex.f.cfg.HighWater:
		return abi.ENOMEM // nothing is on its way whose arrival could wake the guest
	}
	return abi.OK
}

// landed books bytes as written, and tells a starved guest once half of the room is free.
func (ex *exchange) landed(id uint32) {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	ex.f.waiting.Add(-int64(ex.flying))
	ex.flying = 0
	if ex.starved && !ex.closed && ex.pending() <= ex.f.cfg.HighWater/2 {
		ex.starved = false
		_ = ex.f.cfg.Mailbox.Post(abi.EventHTTPWritable, id, nil) // sealed: the instance is over
	}
}

// CloseHandle takes the exchange from an instance that is over, and waits until its goroutine uses it no more. What was not
// answered is left to the listener; a stream is cut.
func (ex *exchange) CloseHandle(ctx context.Context) error {
	done := ex.tear()
	if done == nil {
		return nil
	}
	ex.signal()
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
		return nil // the guest has ended it; the rest is between the listener and the client
	}
	ex.close()
	ex.state = stateTorn
	if ex.left || !ex.entered {
		return nil
	}
	switch {
	case ex.begun && ex.socket:
		// Lets a write go on that waits for the client, after the moment that a close frame may take.
		ex.cutting = time.AfterFunc(dropGrace, ex.cutSocket)
	case ex.begun:
		// Lets a write go on that waits for the client. Nobody else uses the deadline, and the connection is to be closed.
		_ = http.NewResponseController(ex.w).SetWriteDeadline(time.Unix(1, 0))
	}
	ex.done = make(chan struct{})
	return ex.done
}

// cutSocket ends whatever the connection of a WebSocket does.
func (ex *exchange) cutSocket() {
	ex.mu.Lock()
	cut := ex.cut
	ex.mu.Unlock()
	if cut != nil {
		cut()
	}
}
