package api

import (
	"math"
	"slices"

	"innkeeper/adapters/apiserver/api/store"
	"innkeeper/adapters/lib/replay"
	"innkeeper/adapters/sdk"
)

// attempt is the answer to a request with an Idempotency-Key: it is put together here, whoever still waits for it, and goes
// from here to those who do.
type attempt struct {
	app       *app
	key       store.Key
	requestID string // of the request that came first, for the log

	waiting []client   // who waits for an answer that has not begun
	log     replay.Log // the frames of an answer that is a stream
	memory  reservation

	claimed bool // the key is in the store
	stream  bool // the answer is an event stream, which was begun
	ended   bool
	lost    bool // a stream too long to be kept
}

var _ responder = (*attempt)(nil)

// maxAnswer is the longest answer that is kept for a key, in bytes: the stream of 30,000 tokens.
const maxAnswer = 8 << 20

// maxAnswers is how many bytes may be in use altogether before answers are no longer kept: new requests are refused long
// before, but those that run still grow.
const maxAnswers = maxMemory * 3 / 2

// attempt lets a handler answer a request whose key is free.
func (c *call) attempt(name string, request []byte, handle func(*call)) {
	a := c.app
	t := &attempt{app: a, requestID: c.x.RequestID, waiting: []client{{c}}, memory: a.memory.reserve(0)}
	t.key.ID, t.key.Request = name, request
	if !t.claim() { // the other generation was quicker
		c.handle(c)
		return
	}
	t.log.Keep, t.log.OnLeave = true, t.release
	a.attempts[name] = t
	handle(&call{app: a, x: c.x, to: t, handle: handle})
	if !t.ended && !t.stream {
		t.await(client{c})
	}
}

// claim takes the key in the database. A database that fails costs the client the replay, not the answer.
func (t *attempt) claim() bool {
	key, claimed, err := t.app.store.ClaimKey(t.key.ID, t.key.Request)
	if err != nil {
		t.app.storeFailed("key not stored", t.requestID, err)
		return true
	}
	if claimed {
		t.key, t.claimed = key, true
	}
	return claimed
}

// join lets another request with the same key share the answer.
func (t *attempt) join(c *call, request []byte) {
	switch {
	case !t.key.Same(request):
		c.refuse(keyConflict())
	case t.lost:
		c.refuse(keyTooLarge())
	case t.stream:
		c.extra = replayedHeader
		t.app.follow(client{c}, &t.log, 0, "")
	default:
		c.extra = replayedHeader
		t.waiting = append(t.waiting, client{c})
		t.await(client{c})
	}
}

// await takes care of a client that leaves before the answer has begun. The work goes on.
func (t *attempt) await(c client) {
	c.watch(nil, func() {
		t.waiting = slices.DeleteFunc(t.waiting, func(other client) bool { return other == c })
	})
}

// respond implements responder. Only a success is kept.
func (t *attempt) respond(status int, headers sdk.Header, body []byte) {
	if status/100 == 2 {
		t.keep(status, body)
	} else {
		t.forget()
	}
	for _, c := range t.waiting {
		c.respond(status, headers, body)
	}
	t.close()
}

// begin implements responder.
func (t *attempt) begin() {
	t.stream = true
	waiting := t.waiting
	t.waiting = nil
	for _, c := range waiting {
		t.app.follow(c, &t.log, 0, "")
	}
}

// write implements responder. Nobody has to wait: who reads slowly does so from the log.
func (t *attempt) write(frames []byte) error {
	t.log.Append(frames)
	if t.memory.Resize(t.log.Size()); t.log.Size() > maxAnswer || t.app.memory.used > maxAnswers {
		t.lost, t.log.Keep, t.log.Slack = true, false, sendLimit
	}
	t.log.Send()
	t.memory.Resize(t.log.Size())
	return nil
}

// send implements responder.
func (t *attempt) send(frames []byte) bool { return t.write(frames) == nil }

// end implements responder.
func (t *attempt) end(failed bool) {
	if failed {
		t.forget()
	} else {
		t.keep(200, t.log.Held())
	}
	t.close()
}

// abort implements responder: there will be no answer.
func (t *attempt) abort() {
	t.forget()
	for _, c := range t.waiting {
		c.abort()
	}
	t.close()
}

// watch implements responder: a stream is always written to, and the work goes on whoever leaves.
func (t *attempt) watch(_, _ func()) {}

// pass implements responder. The predecessor takes the key for itself.
func (t *attempt) pass() error {
	t.forget()
	err := t.waiting[0].pass()
	if passed(err) {
		t.close()
	} else {
		t.claim() // the request is this instance's after all
	}
	return err
}

// keep stores the answer. A database that fails costs the client the replay, not the answer.
func (t *attempt) keep(status int, answer []byte) {
	switch {
	case !t.claimed:
		return
	case t.lost || len(answer) > maxAnswer:
		answer = nil
	case answer == nil:
		answer = []byte{}
	}
	if err := t.app.store.AnswerKey(t.key, status, t.stream, answer); err != nil {
		t.app.storeFailed("answer not stored", t.requestID, err)
	}
}

// forget makes the key free again.
func (t *attempt) forget() {
	if !t.claimed {
		return
	}
	t.claimed = false
	if err := t.app.store.ForgetKey(t.key); err != nil {
		t.app.storeFailed("key not removed", t.requestID, err)
	}
}

// close ends the attempt. Readers of a stream may still be behind: what they lack stays until the last of them is through.
func (t *attempt) close() {
	t.ended, t.waiting = true, nil
	delete(t.app.attempts, t.key.ID)
	t.log.Keep, t.log.Slack = false, math.MaxInt
	t.log.End()
	t.release()
}

// release gives back the memory that nobody needs.
func (t *attempt) release() { t.memory.Resize(t.log.Size()) }
