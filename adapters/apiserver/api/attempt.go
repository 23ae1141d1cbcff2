package api

import (
	"slices"

	"innkeeper/adapters/apiserver/api/work"
	"innkeeper/adapters/lib/openai"
	"innkeeper/adapters/sdk"
)

// attempt is the answer to a request with an Idempotency-Key: it is put together here, whoever still waits for it, and goes
// from here to those who do. The handler of the request does not know: it answers the exchange that it was given, and what
// it answers ends up here (see app.recording).
type attempt struct {
	app     *app
	name    string
	key     work.Key
	origin  *sdk.Exchange // what the handler answers
	readers []*reader

	claimed bool   // the key is in the store
	stream  bool   // the answer is an event stream, which was begun
	body    []byte // what was answered so far
	ended   bool
	failed  bool // a stream that ended with an error
	lost    bool // a stream too long to be kept, of which body is the last part
}

// maxRecord is the longest answer that is kept for a key, in bytes: the stream of 30,000 tokens.
const maxRecord = 8 << 20

// maxRecords is how many bytes may be held altogether before answers are no longer recorded: new requests are refused long
// before, but those that run still grow.
const maxRecords = maxHeld * 3 / 2

// attempt lets a handler answer a request whose key is new.
func (a *app) attempt(x *sdk.Exchange, name string, key work.Key, handle func(*sdk.Exchange)) {
	t := &attempt{app: a, name: name, key: key, origin: x, readers: []*reader{{x: x}}}
	a.attempts[x], a.keys[name] = t, t
	handle(x)
	switch {
	case t.ended:
	case x.Ended(): // its body could not be read
		t.close()
	default:
		t.watch(t.readers[0])
		if err := a.work.PutKey(name, key, nil); err != nil {
			a.workFailed("key not stored", x.RequestID, err)
		}
		t.claimed = true
	}
}

// recording is the attempt that takes what is answered to this exchange; nil if the client gets it directly.
func (a *app) recording(x *sdk.Exchange) *attempt {
	if len(a.attempts) == 0 {
		return nil
	}
	return a.attempts[x]
}

// rejoin lets another request with the same key share the answer.
func (t *attempt) rejoin(x *sdk.Exchange, request []byte) {
	switch {
	case !t.key.Same(request):
		t.app.refuse(x, keyConflict())
	case t.lost:
		t.app.refuse(x, keyTooLarge())
	default:
		t.join(x, replayedHeader)
	}
}

// join adds a reader, who gets what was said so far, and the rest as it comes.
func (t *attempt) join(x *sdk.Exchange, headers string) {
	r := &reader{x: x, headers: headers}
	t.readers = append(t.readers, r)
	t.watch(r)
	if t.stream {
		t.pump(r)
	}
}

// watch takes care of a reader that leaves. The work goes on.
func (t *attempt) watch(r *reader) {
	r.x.OnWritable(func() { t.pump(r) })
	r.x.OnGone(func() {
		r.x.Abort()
		t.drop(r)
	})
}

// respond is the answer in one piece. Only a success is kept.
func (t *attempt) respond(status int, headers string, body []byte) {
	t.ended = true
	if status/100 == 2 {
		t.key.Status = status
		t.keep(body)
	} else {
		t.forget()
	}
	for _, r := range t.readers {
		t.app.give(r.x, status, headers+r.headers, body)
	}
	t.readers = nil
	t.close()
}

// begin makes the answer an event stream.
func (t *attempt) begin() {
	t.stream = true
	t.pumpAll()
}

// write adds frames to the stream.
func (t *attempt) write(frames []byte) {
	t.body = append(t.body, frames...)
	t.app.held += len(frames)
	t.lost = t.lost || len(t.body) > maxRecord || t.app.held > maxRecords
	t.pumpAll()
	if t.lost {
		t.trim()
	}
}

// trim drops what everybody has read of an answer that is not kept, and everybody who is too far behind.
func (t *attempt) trim() {
	read := len(t.body)
	for _, r := range slices.Clone(t.readers) {
		if len(t.body)-r.at > sendLimit {
			r.x.Abort()
			t.drop(r)
			continue
		}
		read = min(read, r.at)
	}
	for _, r := range t.readers {
		r.at -= read
	}
	t.body = append(t.body[:0], t.body[read:]...)
	t.app.held -= read
}

// end is the end of the stream. One that ended with an error can be tried again.
func (t *attempt) end() {
	t.ended = true
	if t.failed {
		t.forget()
	} else {
		t.key.Status, t.key.Stream = 200, true
		t.keep(t.body)
	}
	t.pumpAll()
	t.close()
}

// keep stores the answer. A store that fails costs the client the replay, not the answer.
func (t *attempt) keep(body []byte) {
	t.key.State = work.KeyAnswered
	if t.lost || len(body) > maxRecord {
		t.key.State, body = work.KeyTooLarge, nil
	}
	if err := t.app.work.PutKey(t.name, t.key, body); err != nil {
		t.app.workFailed("answer not stored", t.origin.RequestID, err)
	}
}

// forget makes the key free again.
func (t *attempt) forget() {
	if !t.claimed {
		return
	}
	if err := t.app.work.RemoveKey(t.name); err != nil {
		t.app.workFailed("key not removed", t.origin.RequestID, err)
	}
}

// close ends the attempt. Readers of a stream may still be behind; what they read stays until the last of them is through.
func (t *attempt) close() {
	delete(t.app.attempts, t.origin)
	delete(t.app.keys, t.name)
	t.release()
}

func (t *attempt) drop(r *reader) {
	if i := slices.Index(t.readers, r); i >= 0 {
		t.readers = slices.Delete(t.readers, i, i+1)
	}
	t.release()
}

// release lets go of the text once nobody needs it.
func (t *attempt) release() {
	if t.ended && len(t.readers) == 0 {
		t.app.held -= len(t.body)
		t.body = nil
	}
}

func (t *attempt) pumpAll() {
	for _, r := range slices.Clone(t.readers) {
		t.pump(r)
	}
}

// pump gives a reader of the stream what it takes now. What is left follows when it reads on.
func (t *attempt) pump(r *reader) {
	if !t.stream {
		return
	}
	r.begin()
	for r.at < len(t.body) {
		piece := openai.WholeFrames(t.body[r.at:], framesBytes)
		if wait, err := r.write(piece); wait {
			return
		} else if err != nil {
			t.drop(r)
			return
		}
		r.at += len(piece)
	}
	if t.ended {
		r.end()
		t.drop(r)
	}
}
