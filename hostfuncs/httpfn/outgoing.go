package httpfn

import (
	"net/http"

	"innkeeper/adapters/abi"
)

// endBytes is what it takes to know where a message of a WebSocket ends, in bytes.
const endBytes = 16

// cost is what a piece takes while it waits. The caller holds ex.mu.
func (ex *exchange) cost(n int) int {
	if ex.ws != nil {
		return n + endBytes
	}
	return n
}

// pending is what the client has not taken yet. The caller holds ex.mu.
func (ex *exchange) pending() int { return ex.flying + ex.booked }

// push puts a copy of data, which was charged, behind what waits. The caller holds ex.mu.
func (ex *exchange) push(data []byte) {
	if len(data) == 0 {
		return
	}
	if ex.out == nil {
		ex.out = ex.f.getBuffer()
	}
	ex.out.data = append(ex.out.data, data...)
	if ex.ws != nil {
		ex.ws.ends = append(ex.ws.ends, len(ex.out.data))
	}
	ex.booked += ex.cost(len(data))
}

// firstPiece is the largest piece of a stream that goes past the budgets, in bytes: every answer makes progress where nothing of it
// waits, and all of them together stay near the budgets.
const firstPiece = 4 << 10

// room charges a piece of a stream, if it can wait, too. A guest that gets EAGAIN hears when there is room. The caller holds ex.mu.
func (ex *exchange) room(n int) abi.Errno {
	ex.redeem()
	pending := ex.pending()
	cost := int64(ex.cost(n))
	switch {
	case (pending == 0 || pending+n <= ex.f.cfg.HighWater) && ex.f.waiting.TakeFor(ex.keyed, cost):
		return abi.OK
	case pending > 0:
		ex.starved = true
		return abi.EAGAIN
	case n > ex.f.cfg.HighWater:
		return abi.ENOMEM // nothing is on its way whose arrival could wake the guest
	}
	if n <= firstPiece {
		ex.f.waiting.Force(cost)
		return abi.OK
	}
	ex.starved = true
	ex.f.hunger(ex, cost)
	if !ex.f.waiting.TakeFor(ex.keyed, cost) {
		return abi.EAGAIN
	}
	ex.starved = false
	ex.f.sate(ex)
	return abi.OK
}

// landed books bytes as written, and tells a starved guest once half of the room is free.
func (ex *exchange) landed() {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	if ex.flying == 0 {
		return // it was a head
	}
	ex.f.waiting.Give(int64(ex.flying))
	ex.flying = 0
	if ex.starved && !ex.closed && ex.pending() <= ex.f.cfg.HighWater/2 {
		ex.starved = false
		_ = ex.f.cfg.Mailbox.PostLevel(abi.EventHTTPWritable, ex.id, nil) // sealed: the instance is over
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
	ws     *webSocket // nil unless the exchange became one
	ends   []int      // of a WebSocket: where each message in data ends
}

// next takes what waits.
func (ex *exchange) next() job {
	ex.mu.Lock()
	defer ex.mu.Unlock()
	j := job{state: ex.state, status: ex.status, fields: ex.fields, silent: ex.silent, ws: ex.ws}
	switch ex.state {
	case stateWhole, stateStreaming, stateEnded:
		j.begin = !ex.begun
		ex.begun = true
		j.data, ex.out = ex.out, nil
		if ex.ws != nil {
			j.ends, ex.ws.ends = ex.ws.ends, nil
		}
		ex.flying, ex.booked = ex.booked, 0
	case stateTorn:
		j.begin = !ex.begun
	}
	return j
}

// head takes status and headers of an answer. The caller holds ex.mu.
func (ex *exchange) head(status uint32, headers []byte) abi.Errno {
	switch {
	case ex.state != stateOpen:
		return abi.EEXIST
	case status < 200 || status > 599:
		return abi.EINVAL
	case len(headers) > ex.f.cfg.HeaderBytes:
		return abi.EMSGSIZE
	}
	fields, errno := parseHeaders(headers)
	if errno != abi.OK {
		return errno
	}
	ex.status, ex.fields = int(status), fields
	ex.silent = ex.request.Method == http.MethodHead || !hasLength(ex.status)
	return abi.OK
}
