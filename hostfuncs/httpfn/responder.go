package httpfn

import (
	"net/http"
	"strconv"
	"time"

	"innkeeper/runtime/front/backend"
)

// responder is the goroutine in Serve: the only writer to the client.
type responder struct {
	ex        *exchange
	r         *http.Request
	w         http.ResponseWriter
	keepAlive keepAlive
	client    *client // nil unless the exchange became a WebSocket
}

func (r *responder) flush() error { return http.NewResponseController(r.w).Flush() }

func (r *responder) leave() {
	r.keepAlive.stop()
	r.client.stop()
	r.ex.leave()
}

// respond waits for what the guest does and does it to the client.
func (r *responder) respond() backend.Outcome {
	gone := r.r.Context().Done()
	for {
		select {
		case <-r.ex.wake:
			if outcome, over := r.work(); over {
				return outcome
			}
		case <-r.keepAlive.due():
			if r.comment() != nil {
				return backend.Cut
			}
		case <-r.client.over():
			return backend.Answered // the client has closed, or is gone
		case <-gone:
			// Cut, although nobody may be there to see it: a client that has only closed its sending side must not take
			// what it got for a whole answer.
			return backend.Cut
		}
	}
}

// work does all there is to do; over reports whether the exchange has ended.
func (r *responder) work() (outcome backend.Outcome, over bool) {
	for {
		j := r.ex.next()
		switch j.state {
		case stateOpen:
			return 0, false
		case stateAborted, stateTorn:
			if r.client != nil {
				r.client.drop(j.state == stateTorn)
				return backend.Answered, true
			}
			if j.state == stateTorn && j.begin {
				return backend.Unanswered, true
			}
			return backend.Cut, true
		case stateUnseen:
			return backend.NotTaken, true
		case stateOverdue:
			return backend.Overdue, true
		case statePassed:
			return backend.Passed, true
		case stateWhole:
			return r.whole(j), true
		}
		if !j.begin && j.data == nil && j.state == stateStreaming {
			return 0, false
		}
		if j.ws != nil {
			if outcome, over := r.messages(j); over {
				return outcome, true
			}
			continue
		}
		if r.piece(j) != nil {
			return backend.Cut, true
		}
		if j.state == stateEnded { // ends are final: nothing was added since next looked
			return backend.Answered, true
		}
	}
}

// serverCounts is the size up to which the HTTP server finds out the length of an answer's body by itself, in bytes.
const serverCounts = 2 << 10

// whole writes an answer in one piece. The HTTP server sends it when Serve returns.
func (r *responder) whole(j job) backend.Outcome {
	head := r.w.Header()
	apply(head, j.fields)
	if j.status == http.StatusUpgradeRequired { // guests may not set what is between two neighbours
		head["Upgrade"], head["Connection"] = []string{"websocket"}, []string{"Upgrade"}
	}
	var data []byte
	if j.data != nil {
		data = j.data.data
	}
	if hasLength(j.status) && (j.silent || len(data) > serverCounts) {
		head["Content-Length"] = []string{strconv.Itoa(len(data))}
	}
	r.w.WriteHeader(j.status)
	var err error
	if !j.silent && len(data) > 0 {
		_, err = r.w.Write(data)
	}
	r.ex.landed()
	r.ex.f.putBuffer(j.data)
	if err != nil {
		return backend.Cut
	}
	return backend.Answered
}

// hasLength reports whether an answer of that status says how long its body is.
// https://www.rfc-editor.org/rfc/rfc9110#name-content-length
func hasLength(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// piece writes the head if it is still to come, and all data that waits, in one write. Then it flushes, except at the end:
// there the HTTP server's own last write follows at once.
func (r *responder) piece(j job) (err error) {
	if j.begin {
		apply(r.w.Header(), j.fields)
		r.w.WriteHeader(j.status)
		if !j.silent && eventStream(j.fields) {
			r.keepAlive.start(r.ex.f.keepAlive())
		}
	}
	if j.data != nil {
		_, err = r.w.Write(j.data.data)
		r.keepAlive.wrote(j.data.data)
		defer r.ex.f.putBuffer(j.data)
	}
	if err == nil && j.state != stateEnded {
		err = r.flush()
	}
	r.ex.landed()
	return err
}

// comment keeps a silent event stream alive.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes
func (r *responder) comment() error {
	if !r.keepAlive.silent(time.Now()) {
		return nil
	}
	if _, err := r.w.Write([]byte(": keep-alive\n\n")); err != nil {
		return err
	}
	return r.flush()
}
