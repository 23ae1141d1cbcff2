package httpfn

import (
	"net/http"
	"strconv"
	"time"

	"innkeeper/runtime/front/backend"
)

// carrier is the goroutine in Serve: the only writer to the client.
type carrier struct {
	ex     *exchange
	id     uint32
	r      *http.Request
	w      http.ResponseWriter
	pulse  pulse
	socket *socket // nil unless the exchange became a WebSocket
}

func (c *carrier) flush() error { return http.NewResponseController(c.w).Flush() }

func (c *carrier) leave() {
	c.pulse.stop()
	c.socket.stop()
	c.ex.leave(c.id)
}

// carry waits for what the guest does and does it to the client.
func (c *carrier) carry() backend.Outcome {
	gone := c.r.Context().Done()
	for {
		select {
		case <-c.ex.wake:
			if outcome, over := c.work(); over {
				return outcome
			}
		case <-c.pulse.due():
			if c.beat() != nil {
				return backend.Cut
			}
		case <-c.socket.over():
			return backend.Answered // the client has closed, or is gone
		case <-gone:
			// Cut, although nobody may be there to see it: a client that has only closed its sending side must not take
			// what it got for a whole answer.
			return backend.Cut
		}
	}
}

// job is what Serve has to do next.
type job struct {
	state  state
	begin  bool // the head is to be written
	status int
	fields []field
	data   *buffer // nil if nothing waits
	silent bool
	socket bool
	ends   []int // of a WebSocket: where each message in data ends
}

// next takes what waits.
func (ex *exchange) next() job {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	j := job{state: ex.state, status: ex.status, fields: ex.fields, silent: ex.silent, socket: ex.socket}
	switch ex.state {
	case stateWhole, stateStreaming, stateEnded:
		j.begin = !ex.begun
		ex.begun = true
		j.data, ex.out = ex.out, nil
		j.ends, ex.ends = ex.ends, nil
		if j.data != nil {
			ex.flying = len(j.data.data)
		}
	case stateTorn:
		j.begin = !ex.begun
	}
	return j
}

// work does all there is to do; over tells that the exchange has ended.
func (c *carrier) work() (outcome backend.Outcome, over bool) {
	for {
		j := c.ex.next()
		switch j.state {
		case stateOpen:
			return 0, false
		case stateAborted, stateTorn:
			if c.socket != nil {
				c.socket.drop(j.state == stateTorn)
				return backend.Answered, true
			}
			if j.state == stateTorn && j.begin {
				return backend.Unanswered, true
			}
			return backend.Cut, true
		case statePassed:
			return backend.Passed, true
		case stateWhole:
			return c.whole(j), true
		}
		if !j.begin && j.data == nil && j.state == stateStreaming {
			return 0, false
		}
		if j.socket {
			if outcome, over := c.messages(j); over {
				return outcome, true
			}
			continue
		}
		if c.piece(j) != nil {
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
func (c *carrier) whole(j job) backend.Outcome {
	head := c.w.Header()
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
	c.w.WriteHeader(j.status)
	var err error
	if !j.silent && len(data) > 0 {
		_, err = c.w.Write(data)
	}
	c.ex.landed(c.id)
	c.ex.f.putBuffer(j.data)
	if err != nil {
		return backend.Cut
	}
	return backend.Answered
}

// hasLength tells whether an answer of that status says how long its body is.
// https://www.rfc-editor.org/rfc/rfc9110#name-content-length
func hasLength(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// piece writes the head if it is still to come, and all data that waits, in one write. Then it flushes, except at the end:
// there the HTTP server's own last write follows at once.
func (c *carrier) piece(j job) (err error) {
	if j.begin {
		apply(c.w.Header(), j.fields)
		c.w.WriteHeader(j.status)
		if !j.silent && eventStream(j.fields) {
			c.pulse.start(c.ex.f.cfg.KeepAlive)
		}
	}
	if j.data != nil {
		_, err = c.w.Write(j.data.data)
		c.pulse.wrote(j.data.data)
		defer c.ex.f.putBuffer(j.data)
	}
	if err == nil && j.state != stateEnded {
		err = c.flush()
	}
	c.ex.landed(c.id)
	return err
}

// beat writes a comment into a silent event stream.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes
func (c *carrier) beat() error {
	if !c.pulse.silent(time.Now()) {
		return nil
	}
	if _, err := c.w.Write([]byte(": keep-alive\n\n")); err != nil {
		return err
	}
	return c.flush()
}
